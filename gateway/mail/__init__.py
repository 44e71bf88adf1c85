"""From raw bytes to a `Message`: everything that the bytes alone can tell. PURE: no I/O, clock, database or settings.

`parse.parse_message(content, ours)` is the door, and `message` shows the value that comes out; `fallback.raw_message` stands in when the
reading itself died. The way of the bytes: `headers` (bounded, before anything else looks) → `mime` (the tree) → `content` (text and
attachments; `wrapped` opens winmail.dat and uuencode) → `html_text`, `html`, `texts` → `reply`, `kind`, `forward`. Other rooms read
`address` and `ids` too. Everything here is total: any bytes give a value, in time linear in their number; `parsing` runs it where it can be
killed all the same.
"""
