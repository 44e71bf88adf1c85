"""Files that stand within the text of a message, as before MIME: uuencoded ones and yEnc."""

import re
from dataclasses import dataclass

from gateway.mail.charsets import decode_bytes
from gateway.mail.transfer import uu_line

_MOST_FILES = 50
_UU_BEGIN = re.compile(rb"^begin(?: |\t)[0-7]{3,4} ([^\r\n]{1,255})\r?\n(?=[ -`]{1,90}\r?\n)", re.MULTILINE)
_UU_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)
_Y_BEGIN = re.compile(rb"^=ybegin (?:[^\r\n]*? )?name=([^\r\n]{1,255})\r?\n(?:=ypart [^\r\n]*\n)?", re.MULTILINE)
_Y_END = re.compile(rb"^=yend\b[^\n]*\n?", re.MULTILINE)
_UNSHIFTED = bytes((byte - 42) % 256 for byte in range(256))
_Y_ESCAPED = re.compile(rb"=(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """`name` is as it stood there."""

    name: str
    content: bytes


def take_enclosed(raw: bytes) -> tuple[bytes, tuple[Enclosed, ...]]:
    """The text without the files, and the files. What begins like a file and never ends stays text."""
    if b"begin" not in raw:
        return raw, ()
    files: list[Enclosed] = []
    kept: list[bytes] = []
    position = 0
    for begin, end, decode in ((_UU_BEGIN, _UU_END, _uudecoded), (_Y_BEGIN, _Y_END, _ydecoded)):
        while len(files) < _MOST_FILES and (start := begin.search(raw, position)) and (stop := end.search(raw, start.end())):
            files.append(Enclosed(decode_bytes(start[1].strip()), decode(raw[start.end() : stop.start()])))
            kept.append(raw[position : start.start()])
            position = stop.end()
        raw, kept, position = b"".join([*kept, raw[position:]]), [], 0
    return raw, tuple(files)


def _uudecoded(lines: bytes) -> bytes:
    return b"".join(uu_line(line.rstrip(b"\r")) for line in lines.split(b"\n"))


def _ydecoded(lines: bytes) -> bytes:
    joined = lines.replace(b"\r", b"").replace(b"\n", b"")
    unescaped = _Y_ESCAPED.sub(lambda escape: bytes(((escape[1][0] - 64) % 256,)), joined)
    return unescaped.translate(_UNSHIFTED)
