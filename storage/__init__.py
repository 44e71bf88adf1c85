"""Tables and statements on PostgreSQL. Imports `gateway.domain` alone; its functions take a session and never commit.

`engine` connects, `embedded` runs a private server, `models` has a file per aggregate; `inbound`, `clients`, `tickets` and
`outbox` hold the named statements that the rooms above call.
"""
