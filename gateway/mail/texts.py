"""Decoded bytes of a text part → the text itself: charset, line ends, flowed lines, and HTML's own declaration of its charset."""

import re

from gateway.mail.charsets import clean, codec_of, decode_bytes
from gateway.mail.flowed import unflow
from gateway.mail.mime import Entity

MAX_TEXT = 2 * 1024 * 1024
"""In characters; more than that is cut, and stays in the raw file."""

_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_META_CHARSET = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_RICH_COMMAND = re.compile(r"<(?:param>[^<]*</param|/?[a-z0-9-]{1,40})>", re.IGNORECASE)


def read_text(entity: Entity) -> str:
    """Of a part of any textual type; with LF ends and cleaned."""
    charset = entity.parameter("charset") or None
    raw = entity.content
    if entity.content_type == "text/html" and (charset is None or codec_of(charset) is None):
        charset = _declared_within(raw) or charset
    text = lines(decode_bytes(raw[: 4 * MAX_TEXT], charset)).removeprefix("\ufeff")[: MAX_TEXT + 1]
    if entity.content_type == "text/plain" and entity.parameter("format").lower() == "flowed":
        text = unflow(text, delete_space=entity.parameter("delsp").lower() == "yes")
    if entity.content_type in ("text/enriched", "text/richtext"):
        text = _RICH_COMMAND.sub("", text).replace("<<", "<")
    return text


def lines(text: str) -> str:
    """With LF ends, whatever they were."""
    text = clean(text)
    return _LINE_END.sub("\n", text) if "\r" in text or not text.isascii() or "\x0b" in text or "\x0c" in text else text


def _declared_within(raw: bytes) -> str | None:
    found = _META_CHARSET.search(raw, 0, 2048)
    charset = found[1].decode("ascii") if found is not None else None
    # HTML that says it is UTF-16 in letters we can read is not.
    return charset if charset is None or not charset.lower().startswith("utf-16") else "utf-8"
