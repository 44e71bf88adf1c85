"""A text as lines: where each begins, what it says without quote marks, and how strongly it is marked as a quotation."""

import re
from collections.abc import Mapping
from enum import IntEnum
from itertools import accumulate

_INVISIBLE = {
    ord(c): None for c in "\u00ad\u1427\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
}
_SPACES = {ord(c): " " for c in "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"}
_VISIBLE: Mapping[int, str | None] = {**_INVISIBLE, **_SPACES}
# Most lines have none of these, and to translate one looks up every character of it.
_UNLIKE_WHAT_IS_SEEN = re.compile(f"[{''.join(map(chr, _VISIBLE))}]")
_QUOTE_MARKS = re.compile(r"[ \t]{0,3}>[> \t]*")


# "Thanks On Wed, Apr 4, 2012 at 3:59 PM, anna@example.net wrote:": the line end was lost before the attribution.
_RUN_IN = re.compile(
    r"(?<=[\w.!?)])(?:[^\S\n]*-{2,}[^\S\n]*|[^\S\n]+)"
    r"(?=On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, [^\n]{8,300}(?:wrote|sent):[^\S\n]*$)",
    re.MULTILINE,
)
_LONGEST_RUN_IN = 600
_LONGEST_PLAIN = 20_000
"""No attribution, header or signature is longer; a line is read that far."""
_LONGEST_SEARCHED = 200_000
MAX_LINES = 20_000
"""Lines that are told apart; what stands below them counts as one."""


class Mark(IntEnum):
    """How sure it is that a line is quoted. SOFT needs an attribution beside it; HARD is the mail program's own structure."""

    NONE = 0
    SOFT = 1
    ANGLE = 2
    HARD = 3


class Lines:
    """`text` split at LF, and where an attribution was run into the end of a line. Line i is `text[starts[i]:starts[i + 1]]`, with its LF.

    `plain(i)` is line i without quote marks, invisible characters and outer space.
    """

    __slots__ = ("_plain", "marks", "raw", "starts")

    def __init__(self, text: str) -> None:
        self.raw, self.starts = _split(text)
        self.marks = [Mark.ANGLE if is_angle_quoted(line) else Mark.NONE for line in self.raw]
        self._plain: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.raw)

    def plain(self, index: int) -> str:
        known = self._plain.get(index)
        if known is None:
            known = self._plain[index] = plain(self.raw[index])
        return known

    def is_blank(self, index: int) -> bool:
        raw = self.raw[index]
        return not raw or raw.isspace() or not self.plain(index)

    def below(self, index: int, count: int) -> str:
        return "\n".join(line[:_LONGEST_PLAIN] for line in self.raw[index + 1 : index + 1 + count])

    def next_filled(self, index: int, limit: int) -> int:
        """The first line at or after `index`, before `limit`, that says anything; else `limit`."""
        while index < limit and self.is_blank(index):
            index += 1
        return index


def _split(text: str) -> tuple[list[str], list[int]]:
    raw = text.split("\n", MAX_LINES)
    if not (("wrote:" in text or "sent:" in text) and _RUN_IN.search(text, 0, _LONGEST_SEARCHED)):
        starts = [0, *accumulate(len(line) + 1 for line in raw)]
        starts[-1] = len(text)
        return raw, starts
    lines: list[str] = []
    starts = []
    at = 0
    for line in raw:
        run_in = _RUN_IN.search(line) if len(line) < _LONGEST_RUN_IN else None
        for piece in (line[: run_in.start()], line[run_in.start() :]) if run_in else (line,):
            lines.append(piece)
            starts.append(at)
            at += len(piece)
        at += 1
    return lines, [*starts, len(text)]


def is_angle_quoted(line: str) -> bool:
    """But ">>> >>> http://example.net <<<" is somebody's arrow, not a quotation, nor is GroupWise's attribution, in arrows too."""
    if not line or ">" not in line[:8]:
        return False
    head = line[:8].translate(_INVISIBLE).lstrip(" \t")
    return head.startswith(">") and line[:4].strip() != "" and not line[-200:].rstrip().endswith("<<") and not _is_arrowed(line)


def _is_arrowed(line: str) -> bool:
    return line.startswith(">>> ") and line[-200:].rstrip().endswith(" >>>")


def plain(line: str) -> str:
    line = line[:_LONGEST_PLAIN]
    visible = line.translate(_VISIBLE) if _UNLIKE_WHAT_IS_SEEN.search(line) else line
    marks = _QUOTE_MARKS.match(visible) if not _is_arrowed(visible) else None
    return (visible[marks.end() :] if marks else visible).strip()
