"""Other ends of the wire for tests: `smtp_peer` takes mail and makes every fault on request."""
