"""Who wrote a message, as far as it can be proven: SPF, DKIM, DMARC and what trusted relays say, brought to one `Verdict`.

`authenticate.authenticate` is the door for one message, `dns.Resolver` the one resolver of a process. The rest is pure: `spf` works on
answers already fetched, `dkim` on keys already fetched (in the parse child), `results` on header fields, `verdict` on all of them.
"""
