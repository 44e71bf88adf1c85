"""Who may knock, and what is scanned: everything of it is off until `[screening]` of the configuration says otherwise.

`policy` holds what is asked for · `look` asks DNS about a peer while it talks (its name, and lists by `listed`) · `greylist` has
strangers come back · `scanners/` speak with spamd, rspamd and clamd · `conclude` (pure) says what follows from what was found ·
`screener.Screener` is the one that sessions ask, and a `Visit` of it is one peer's · `unasked` is the door for fetched and piped mail.

Nothing here raises for what DNS, a scanner or the database does: whatever is away finds nothing, or defers where the policy says so.
"""
