"""Letters on their way out: `assemble` makes the bytes, with `headers` for its fields, `lighten` puts links in the place of files that are
too large, `sign` signs; `deliver` (SMTP), `mx` (SMTP to the recipients' own servers) or `directory` (files) hands them over, and `retry`
decides what an answer means and when to try again, from which `attempt` concludes. Of SMTP, `relay` (or `mx`) opens sessions, `connections`
keeps them, and `transaction` speaks in one, over `dialogue`. `workers.sender` and `workers.carrier` are the callers; the command line and
the bench borrow `assemble`, `lighten` and `sign`.
"""
