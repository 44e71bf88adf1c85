"""The pages over HTTP: `app` assembles them, `health` says whether we live and take mail, `queues` measures what waits.

`server` runs it all on sockets that the supervisor bound.
"""
