"""Compressed RTF (MS-OXRTFCP), in which Outlook keeps the text of its messages."""

import struct

_COMPRESSED, _RAW = 0x75465A4C, 0x414C454D
_HEADER = 16
_WINDOW = 4096
_MOST = 8 * 1024 * 1024
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress_rtf(data: bytes) -> bytes:
    """`b""` for what is no compressed RTF; damaged input gives what can be read of it, at most 8 MiB."""
    if len(data) < _HEADER:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _RAW:
        return data[_HEADER : _HEADER + size]
    return _decompress(data, min(size, _MOST)) if kind == _COMPRESSED else b""


def _decompress(data: bytes, size: int) -> bytes:
    """Runs of eight tokens behind a byte of flags: a letter as it is, or a place in the window and a length."""
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b" "))
    write = len(_DICTIONARY)
    out = bytearray()
    position = _HEADER
    while position < len(data) and len(out) < size:
        flags = data[position]
        position += 1
        for bit in range(8):
            if flags >> bit & 1:
                if position + 2 > len(data):
                    return bytes(out)
                token = data[position] << 8 | data[position + 1]
                position += 2
                offset, length = token >> 4, (token & 15) + 2
                if offset == write % _WINDOW:
                    return bytes(out[:size])  # the end is a reference to itself
                copied = [(offset + step) % _WINDOW for step in range(length)]
            elif position < len(data):
                copied = [-1]
            else:
                return bytes(out)
            for source in copied:
                byte = data[position] if source < 0 else window[source]
                out.append(byte)
                window[write % _WINDOW] = byte
                write += 1
            position += copied[0] < 0
    return bytes(out[:size])
