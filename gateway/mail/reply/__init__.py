"""Cutting a reply into what was written now, what it quotes and its signature. Nothing is deleted, and when unsure the text is kept.

`cut_reply(text, html, ours)` is the door; `gateway.mail.parse` calls it. `trim_signature(text, cut, earlier)` is a second step for those
who know the author's earlier mail; `holds_reply_above(text)` tells whether a text still holds our own letter. `cutter` decides line by
line, by what the other modules recognise: our own reply-above line (`own`), the HTML's structure (`structure`), header blocks (`headers`),
attributions (`attribution`) and signatures (`signature`, `history`). What mail programs write is in `gateway/mail/phrases/`.
"""

from gateway.mail.reply.cut import Cut, Span
from gateway.mail.reply.cutter import cut_reply
from gateway.mail.reply.history import trim_signature
from gateway.mail.reply.own import holds_reply_above

__all__ = ["Cut", "Span", "cut_reply", "holds_reply_above", "trim_signature"]
