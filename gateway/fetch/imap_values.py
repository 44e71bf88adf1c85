"""Reads what an IMAP server says (RFC 9051 §4, §9). PURE: lines with their literals in, values out."""

import re
from dataclasses import dataclass
from typing import Final

Value = str | bytes | None | list["Value"]
"""An atom, a string (quoted or literal), NIL, a list."""

DEEPEST: Final = 20

_TOKEN = re.compile(rb' *(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<atom>[^ ()"]+))')
_LITERAL = re.compile(rb"\{(\d{1,20})\}\Z")
_STATUS = re.compile(rb"(OK|NO|BAD|BYE|PREAUTH)(?= |\Z)(?: \[([^\]]*)\])? ?(.*)\Z", re.IGNORECASE | re.DOTALL)
_NUMBERED = re.compile(rb"(\d{1,10}) ([A-Za-z]+)(?: |\Z)")


class NonsenseError(ValueError):
    """This is no IMAP."""


@dataclass(frozen=True, slots=True)
class Status:
    """`code` is what stands in brackets: `UIDVALIDITY 3857529045`."""

    condition: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """`* 23 EXISTS`; `values` are what follows the name."""

    name: str
    number: int


def literal_size(line: bytes) -> int | None:
    """Of the literal that this line announces."""
    found = _LITERAL.search(line)
    return None if found is None else int(found[1])


def read_status(line: bytes) -> Status | None:
    found = _STATUS.match(line)
    if found is None:
        return None
    return Status(found[1].decode().upper(), _text(found[2] or b""), _text(found[3]))


def read_numbered(line: bytes) -> Numbered | None:
    found = _NUMBERED.match(line)
    return None if found is None else Numbered(found[2].decode().upper(), int(found[1]))


def read_numbers(line: bytes) -> list[int]:
    """Of `SEARCH 2 84 882`, without the name."""
    words = line.split()
    if not all(each.isdigit() and len(each) <= 10 for each in words):
        raise NonsenseError("a search result that is no list of numbers")
    return list(map(int, words))


def read_values(pieces: list[bytes]) -> list[Value]:
    """`pieces` are lines and, at every second place, the literals between them. Raises NonsenseError."""
    stack: list[list[Value]] = [[]]
    for index, piece in enumerate(pieces):
        if index % 2:
            stack[-1].append(piece)
        else:
            _read_line(_LITERAL.sub(b"", piece) if index + 1 < len(pieces) else piece, stack)
    if len(stack) != 1:
        raise NonsenseError("a list without end")
    return stack[0]


def _read_line(line: bytes, stack: list[list[Value]]) -> None:
    position, end = 0, len(line.rstrip(b" "))
    while position < end:
        token = _TOKEN.match(line, position)
        if token is None:
            raise NonsenseError("a string without end")
        position = token.end()
        match token.lastgroup:
            case "open":
                if len(stack) > DEEPEST:
                    raise NonsenseError("lists nested too deeply")
                inner: list[Value] = []
                stack[-1].append(inner)
                stack.append(inner)
            case "close":
                if len(stack) == 1:
                    raise NonsenseError("the end of a list that never began")
                stack.pop()
            case "quoted":
                stack[-1].append(re.sub(rb"\\(.)", rb"\1", token["quoted"]))
            case _:
                stack[-1].append(None if token["atom"].upper() == b"NIL" else _text(token["atom"]))


def read_attributes(values: list[Value]) -> dict[str, Value]:
    """Of a FETCH response: `[["UID", "7", "RFC822.SIZE", "44827"]]` by name. Raises NonsenseError."""
    if len(values) != 1 or not isinstance(values[0], list) or len(values[0]) % 2:
        raise NonsenseError("a FETCH response without its list")
    names = values[0][::2]
    if not all(isinstance(each, str) for each in names):
        raise NonsenseError("a FETCH response with strange names")
    return {str(name).upper(): value for name, value in zip(names, values[0][1::2], strict=True)}


def read_number(value: Value) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19 else None


def quoted(text: str) -> bytes | None:
    """A quoted string of it; None where only a literal can say it."""
    if not text.isascii() or any(each in text for each in "\r\n\0"):
        return None
    return b'"' + re.sub(r'(["\\])', r"\\\1", text).encode() + b'"'


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
