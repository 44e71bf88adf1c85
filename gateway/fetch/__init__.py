"""Mail that has to be fetched: IMAP, POP3 and a watched Maildir, all through `ingress.accept`, the one door.

`mailbox` says what the three kinds have in common, and `look` is one look into any of them: list, read, keep, and only then mark.
`imap` (over `imap_dialogue` and the pure `imap_values`), `pop3` and `maildir` are the kinds; `wire` is the connection with its bounds, for
the other end may be hostile; `sasl` logs in; `folders`, `recipient` and `backoff` are pure. Called by `workers.poller`, which holds the
leases.
"""
