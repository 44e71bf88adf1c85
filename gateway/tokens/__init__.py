"""Signed references that ride in addresses, ids and links. PURE.

One codec (`codec`) with a key per purpose; `carriers` puts tokens into reply addresses and Message-IDs and finds them again,
`rating` and `preview` make and read those of links to rate by, and to see letters by; `verification` those that prove a From address,
`probe` the mark of a probe. `masking` blots reply tokens out of what goes on to a client.
Whoever holds a token proves what it says and nothing more: who may act on it is decided in `desk`.
"""
