"""Accounts of ours at other people's servers: `sasl` says who we are, `tls` sees whom we say it to. `fetch` and `outbound` call it."""
