"""What letters say: from facts to subject, text and HTML, in the recipient's language. PURE.

`write.write_letter(facts)` is the door; built-in texts stand in `templates/LANGUAGE/NAME.txt`, the first line `Subject: …`. Words of a
message are values in them, never template source.
"""
