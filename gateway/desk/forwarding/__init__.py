"""Whether outside mailboxes forward to us, and what forwarding does to mail (U7, U10, Z5).

`probing` sends probes and tells agents, `decision` knows those that arrive, `report` and `missing` say in words what they show,
`forwarders` know the providers and whom a forward hides, `confirmations` the providers' questions. All but `probing` are pure. `decide`
and `opening` call them, and so do the commands and the worker that look after forwarding.
"""
