"""Signed references that ride in addresses, ids and links. PURE.

One codec (`codec`) with a key per purpose; `carriers` puts tokens into reply addresses and Message-IDs and finds them again,
`rating` and `preview` make and read those of links to rate by, and to see letters by.
Whoever holds a token proves what it says and nothing more: who may act on it is decided in `desk`.
"""
