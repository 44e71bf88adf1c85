"""Compressed RTF (MS-OXRTFCP), in which Outlook keeps the text of its messages."""

import struct

MAX_RTF = 2 * 1024 * 1024
"""In bytes; more than that is cut."""

_HEADER = struct.Struct("<IIII")
"""Sizes of what follows, compressed and not; the kind; a checksum, which is not looked at."""
_COMPRESSED, _RAW = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the window holds at first, so that even short texts have something to refer to."""


def decompress_rtf(data: bytes) -> bytes:
    """`b""` for what is no compressed RTF; damaged input gives what can be read of it."""
    if len(data) < _HEADER.size:
        return b""
    _, size, kind, _ = _HEADER.unpack_from(data)
    match kind:
        case _ if kind == _RAW:
            return data[_HEADER.size : _HEADER.size + min(size, MAX_RTF)]
        case _ if kind == _COMPRESSED:
            return _decompress(data, min(size, MAX_RTF))
        case _:
            return b""


def _decompress(data: bytes, size: int) -> bytes:
    """Runs of eight tokens behind a byte of flags: a letter as it is, or a place in the window and a length.

    What was written stays in one buffer, whose last 4 KiB are the window; so a place becomes a distance back from its end.
    """
    buffer = bytearray(_WINDOW - len(_DICTIONARY)) + _DICTIONARY
    end = _WINDOW + size
    position = _HEADER.size
    while position < len(data) and len(buffer) < end:
        flags = data[position]
        position += 1
        for bit in range(8):
            if not flags >> bit & 1:
                buffer += data[position : position + 1]
                position += 1
                continue
            token = int.from_bytes(data[position : position + 2], "big")
            position += 2
            # The window's own position is where the dictionary ended, and goes round.
            distance = (len(buffer) + len(_DICTIONARY) - (token >> 4)) % _WINDOW
            if position > len(data) or not distance:  # the end is a reference to the place itself
                return bytes(buffer[_WINDOW:end])
            length = (token & 15) + 2
            start = len(buffer) - distance
            copied = buffer[start : start + length]
            while len(copied) < length:  # it reaches into what it writes itself
                copied += copied[: length - len(copied)]
            buffer += copied
    return bytes(buffer[_WINDOW:end])
