"""Tables and statements on PostgreSQL. Imports `gateway.domain` alone; its functions take a session and never commit.

`engine` connects, `embedded` runs a private server, `models` has a file per aggregate. The other modules hold the named statements that the
rooms above call: `inbound` and `outbox` are the queues, `knowledge` is what the desk asks before it decides, `changes` writes down what it
decided, `ticket_views` reads tickets for people, and the rest is called by what it is about.
"""
