"""How mail gets in: the SMTP and LMTP dialogue, pipe delivery, and the one door that they share.

`service.serve_smtp` listens on sockets that the supervisor bound · `entrance` lets connections in, by limits, by what balancers say of them
(`proxy_header`, pure) and under TLS · `session`, `protocol` and `lmtp` hold the dialogue (aiosmtpd subclassed), with
`path`, `data_reader` and `replies` as its pure parts and `limits` as its bounds · `smtp` answers for the desk: which recipients
(`recipients`, pure) and what becomes of a message · `accept.Acceptor` makes envelope and content durable, and is called by `stdin` too.

Called by `app` (listener role) and `cli` (inject). Errors become replies here and go no further; the peer never reads their text.
"""
