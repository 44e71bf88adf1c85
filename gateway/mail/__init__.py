"""From raw bytes to a `Message`: everything that the bytes alone can tell. PURE: no I/O, clock, database or settings.

`parse_message(content, ours)` is the door; `message.py` shows the value that comes out. `parsing` calls it inside its child,
`explain` directly.
"""
