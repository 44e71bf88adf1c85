"""Files that stand within the text of a message, as before MIME: uuencoded, in base64 behind a `begin` line, and yEnc."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mail.charsets import decode_bytes
from gateway.mail.transfer import decode_base64

_MOST_FILES = 50
_BEGIN = re.compile(
    rb"^(?:begin[ \t]{1,4}[0-7]{3,4}[ \t](?P<uu>[^\r\n]{1,255})"
    rb"|begin-base64[ \t]{1,4}[0-7]{3,4}[ \t](?P<base64>[^\r\n]{1,255})"
    rb"|=ybegin[ \t](?P<yenc>[^\r\n]{1,1000}))\r?\n",
    re.MULTILINE,
)
_UU_LINE = re.compile(rb"[ -`]{1,90}")
_UU_END = re.compile(rb"(?:[ `]?[ \t]*\r?\n){0,3}end[ \t]*(?:\r?\n|\Z)")
_UU_FULL, _UU_MOST = 45, 63
"""Octets of a line as all programs write it, and as the format allows."""
_BASE64 = re.compile(rb"(?:(?!====)[A-Za-z0-9+/=]{1,100}[ \t]*\r?\n)++====[ \t]*(?:\r?\n|\Z)")
_Y_PART = re.compile(rb"=ypart[ \t][^\r\n]*\r?\n")
_Y_END = re.compile(rb"^=yend\b[^\n]*(?:\n|\Z)", re.MULTILINE)
_Y_NAME = re.compile(rb"(?:^|[ \t])name=(.+)")
_Y_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_Y_SHIFTED = bytes((byte - 42) % 256 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Enclosed:
    """`name` is as it stood there."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Found:
    content: bytes
    end: int


def take_enclosed(raw: bytes) -> tuple[bytes, tuple[Enclosed, ...]]:
    """The text without the files, and the files. What merely begins like one stays text. Linear in its size."""
    if b"begin" not in raw:
        return raw, ()
    kept: list[bytes] = []
    files: list[Enclosed] = []
    position = 0
    last_end = raw.rfind(b"\n=yend")
    while len(files) < _MOST_FILES and (file := _next_file(raw, position, last_end)) is not None:
        begin, enclosed, end = file
        kept.append(raw[position:begin])
        files.append(enclosed)
        position = end
    return (b"".join((*kept, raw[position:])), tuple(files)) if files else (raw, ())


def _next_file(raw: bytes, position: int, last_end: int) -> tuple[int, Enclosed, int] | None:
    """Where it begins, itself, and where it ends. Beyond `last_end` no yEnc file ends, so that none is looked for."""
    while begin := _BEGIN.search(raw, position):
        match begin.lastgroup:
            case "uu":
                name, found = begin["uu"], _uuencoded(raw, begin.end())
            case "base64":
                name, found = begin["base64"], _base64(raw, begin.end())
            case _:
                name, found = _yenc_name(begin["yenc"]), _yencoded(raw, begin.end()) if begin.end() <= last_end + 1 else None
        if found is not None:
            return begin.start(), Enclosed(decode_bytes(name.strip(b' \t"')), found.content), found.end
        position = begin.end()
    return None


def _uuencoded(raw: bytes, start: int) -> _Found | None:
    """A block that ends as it should, or was cut off behind a whole line; its last lines may have lost the spaces they ended in."""
    decoded: list[bytes] = []
    whole = full = 0
    position = start
    for line, end in _lines(raw, start):
        size = (line[0] - 32) & 63 if line else 0
        if not size or not _is_uu(line, size):
            break
        needed = 1 + (size + 2) // 3 * 4
        whole += len(line) >= needed
        full += len(line) >= needed and size == _UU_FULL
        decoded.append(binascii.a2b_uu(line[:needed].ljust(needed)))
        position = end
    ended = _UU_END.match(raw, position)
    if not whole or not (ended or full):
        return None
    return _Found(b"".join(decoded), ended.end() if ended else position)


def _is_uu(line: bytes, size: int) -> bool:
    """Some programs leave the last group short, or add a character for a checksum."""
    return _UU_LINE.fullmatch(line) is not None and size <= _UU_MOST and len(line) <= 1 + (size + 2) // 3 * 4 + 2


def _lines(raw: bytes, position: int) -> Iterator[tuple[bytes, int]]:
    while position < len(raw):
        end = raw.find(b"\n", position) + 1 or len(raw)
        yield raw[position:end].rstrip(b"\r\n"), end
        position = end


def _base64(raw: bytes, start: int) -> _Found | None:
    block = _BASE64.match(raw, start)
    return _Found(decode_base64(block[0].rstrip()[:-4]), block.end()) if block is not None else None


def _yenc_name(keywords: bytes) -> bytes:
    """It stands last, and may contain anything."""
    name = _Y_NAME.search(keywords)
    return name[1] if name is not None else b""


def _yencoded(raw: bytes, start: int) -> _Found | None:
    part = _Y_PART.match(raw, start)
    begin = part.end() if part is not None else start
    end = _Y_END.search(raw, begin)
    if end is None:
        return None
    joined = raw[begin : end.start()].replace(b"\r", b"").replace(b"\n", b"")
    unescaped = _Y_ESCAPED.sub(lambda escaped: bytes(((escaped[1][0] - 64) % 256,)), joined)
    return _Found(unescaped.translate(_Y_SHIFTED), end.end())
