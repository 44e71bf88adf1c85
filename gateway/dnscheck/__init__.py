"""What DNS says of our addresses, and what to publish: MX, SPF, DKIM keys, DMARC and the names of the hosts that send.

Pure but for `ask`: each check works on the answers that are known, and `ask.answered` fetches what a check finds missing, through the one
resolver, until there is nothing. `spf_tree` reads SPF records with what they include, `spf_advice` writes the record to publish; `mx`,
`spf`, `dkim`, `dmarc` and `reverse` each make `Finding`s; `report` puts them together, an address at a time. The command line prints
reports; the schedule asks `alignment` whether From addresses may be used.
"""
