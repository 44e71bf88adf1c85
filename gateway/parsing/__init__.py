"""Reading hostile bytes at arm's length: a warm child process parses and verifies; the parent bounds, kills and replaces it.

`parent.Parser` is the door. `child` is what it starts, `wire` is what the two say to each other. Nothing here decides anything:
the work itself is `gateway.mail` and `gateway.auth.verify`, which know nothing of processes.
"""
