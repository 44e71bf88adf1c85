"""Our own reply-above line, however the mail program wrapped, quoted or escaped it, and whether a text names something of ours."""

import re
from html import unescape

from gateway.domain.ours import Ours
from gateway.mail.phrases import REPLY_ABOVE
from gateway.mail.reply.lines import Lines

_NUMBER = re.compile(r"\[#\d+\]")
_MOST_LINES = 5
_LONGEST = 400


def _letters(line: str) -> str:
    return "".join(filter(str.isalpha, unescape(line) if "&" in line else line)).casefold()


_LINES = tuple(_letters(line) for line in REPLY_ABOVE)
_FIRST = tuple({line[0] for line in _LINES})


def find_reply_above(lines: Lines) -> tuple[int, int] | None:
    """Where our line stands: its first line and the one after its last. Only letters are compared, and it must stand alone."""
    for index, raw in enumerate(lines.raw):
        if not raw or len(raw) > _LONGEST or not _may_begin(raw):
            continue
        letters = _letters(raw)
        if letters.startswith(_FIRST):
            end = _end_of_line(lines, index, letters)
            if end:
                return index, end
    return None


def _may_begin(line: str) -> bool:
    """A cheap test that almost every line fails: does its first letter begin one of ours?"""
    return "&" in line or next(filter(str.isalpha, line), " ").casefold().startswith(_FIRST)


def holds_reply_above(text: str) -> bool:
    """Does the text hold our own letter still? A reply that does must not be sent on."""
    return find_reply_above(Lines(text)) is not None


def _end_of_line(lines: Lines, index: int, letters: str) -> int | None:
    for line in _LINES:
        so_far, end = letters, index + 1
        while so_far != line and line.startswith(so_far) and end < min(len(lines), index + _MOST_LINES):
            so_far += _letters(lines.raw[end][:_LONGEST])
            end += 1
        if so_far == line or (so_far.startswith(line) and "#" in lines.raw[index]):
            return end
    return None


def names_ours(text: str, ours: Ours) -> bool:
    """A gateway's address or name, an address at a domain of ours, or a ticket's number in brackets."""
    folded = " ".join(text.casefold().split())
    if _NUMBER.search(folded):
        return True
    domains = (f"@{domain}" for domain in ours.domains)
    return names_address(folded, ours) or any(name and name.casefold() in folded for name in (*domains, *ours.names))


def names_address(text: str, ours: Ours) -> bool:
    """A gateway's address."""
    folded = text.casefold()
    return any(address.removeprefix("*").casefold() in folded for address in ours.addresses)
