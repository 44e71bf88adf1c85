"""What a server says, as replies (RFC 5321 §4.2). Pure. The server is a stranger: every line, every reply and every text has its bound."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LONGEST_REPLY: Final = 64 * 1024
"""Octets of all its lines. RFC 5321 §4.5.3.1.5 has 512 a line; a longer one is no reason to doubt its code."""
MOST_LINES: Final = 200
LONGEST_TEXT: Final = 1000
"""Characters that are kept of a reply."""


class Malformed(Exception):  # noqa: N818  it names a fact
    """Not SMTP; which answer belongs to which command cannot be known any more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` without the codes of its lines, which LF separates; clean of controls, and `LONGEST_TEXT` at most."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        return 200 <= self.code <= 299

    @property
    def status(self) -> str | None:
        """The enhanced status code (RFC 3463), such as `5.1.1`, where one of the reply's class is given."""
        return status_of(self.code, self.text)


class Replies:
    """Makes replies of octets in whatever pieces they come."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._texts: list[bytes] = []
        self._octets = 0

    def take(self, octets: bytes) -> Iterator[Reply]:
        """Those that these octets complete; raises `Malformed`, after which nothing more may be taken."""
        *lines, self._rest = (self._rest + octets).split(b"\n")
        for line in lines:
            if (reply := self._line(line)) is not None:
                yield reply
        if len(self._rest) > LONGEST_REPLY:
            raise Malformed(f"a line of more than {LONGEST_REPLY} octets")

    def _line(self, line: bytes) -> Reply | None:
        if len(line) <= _USUAL and not self._texts and (reply := _whole(line)) is not None:
            return reply
        match = _LINE.fullmatch(line.rstrip(b" \t\r"))
        if match is None:
            raise Malformed(f"no SMTP reply: {cleaned(line[:_SHOWN])}")
        code = int(match[1])
        # RFC 5321 §4.2.1: all lines have one code. Where servers differ in the last digits alone, the last line has the say.
        if self._texts and code // 100 != self._code // 100:
            raise Malformed(f"one reply with the codes {self._code} and {code}")
        self._code = code
        self._octets += len(line)
        self._texts.append(match[3] or b"")
        if len(self._texts) > MOST_LINES or self._octets > LONGEST_REPLY:
            raise Malformed("a reply without end")
        if match[2] == b"-":
            return None
        reply = Reply(code, cleaned(b"\n".join(self._texts)))
        self._texts, self._octets = [], 0
        return reply


@lru_cache(256)
def _whole(line: bytes) -> Reply | None:
    """The reply that it is by itself, as most are; None where it is not. Remembered, for a server says the same of letter after letter."""
    match = _LINE.fullmatch(line.rstrip(b" \t\r"))
    return None if match is None or match[2] == b"-" else Reply(int(match[1]), cleaned(match[3] or b""))


def cleaned(text: bytes | str) -> str:
    """For logs, the outbox and people: no controls but the ends of lines, no lone surrogates, no more than can be read."""
    said = text if isinstance(text, str) else text.decode("utf-8", "replace")
    if len(said) <= LONGEST_TEXT and said.isprintable():
        return said.strip()  # as nearly all are
    lines = [line if line.isprintable() else "".join(each if each.isprintable() else " " for each in line) for line in said.split("\n")]
    told = "\n".join(line.strip() for line in lines)
    return told if len(told) <= LONGEST_TEXT else f"{told[: LONGEST_TEXT - 1]}…"


def status_of(code: int, text: str) -> str | None:
    """RFC 2034: it stands at the beginning, and its class agrees with the code's."""
    found = _STATUS.match(text)
    return found[0] if found is not None and int(found[0][0]) == code // 100 else None


_SHOWN: Final = 80
_USUAL: Final = 200
_LINE: Final = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
