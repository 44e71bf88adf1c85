"""Message ids (RFC 5322 §3.6.4), as tolerantly as they are broken. Ids are bare: without angle brackets."""

import re

from gateway.mail.encoded_words import decode_words

MAX_ID = 2048
MAX_IDS = 500
"""Of one References field; the newest, at its end, are kept."""

_BRACKETED = re.compile(r"<([^<>]*)>")
_SPACE = re.compile(r"\s+")
# From a word's beginning alone, for the rest of a long one would be tried from every place in vain.
_BARE = re.compile(r"(?<![^\s<>,;()\"])[^\s<>,;()\"@]++@[^\s<>,;()\"]+")


def normalise_id(text: str) -> str:
    """The form by which ids are compared and remembered: bare, without white space; `""` when nothing is left.

    Case stays: the left side is case-sensitive, and programs quote ids letter by letter.
    """
    bare = _SPACE.sub("", text.replace("\x00", ""))
    if bare.startswith("<"):
        bare = bare[1:].partition(">")[0]
    return bare.strip("<>")[:MAX_ID]


def read_id(value: str) -> str | None:
    """The one id of a Message-ID field: the first in angle brackets, else the first word."""
    found = read_ids(value)
    if found:
        return found[0]
    words = value.split(maxsplit=1)
    return (normalise_id(words[0]) or None) if words else None


def read_ids(value: str) -> tuple[str, ...]:
    """All ids of an In-Reply-To or References field, in order, each once; phrases and comments between them are skipped.

    RFC 2047 §5 allows no encoded word in an id, but Python's email package makes them of ids that exceed a line.
    """
    value = decode_words(value)
    candidates = _BRACKETED.findall(value) or _BARE.findall(value)
    if not candidates and value.lstrip().startswith("<"):
        candidates = [value]
    ids = dict.fromkeys(each for each in map(normalise_id, candidates) if each)
    return tuple(ids)[-MAX_IDS:]
