"""Who wrote a message, as far as it can be proven: SPF, DKIM, DMARC, ARC and what trusted relays say, brought to one `Verdict`.

`authenticate.authenticate` is the door for one message, `dns.Resolver` the one resolver of a process. The rest is pure: `written` reads
what a message's signatures are and which keys they want; `verify` verifies them with keys already fetched (in the parse child: `dkim` and
`arc`, over `covered` and `keys`); `spf` works on answers already fetched, `results` on header fields, `forwarded` on verified seals, and
`verdict` on all of them.
"""
