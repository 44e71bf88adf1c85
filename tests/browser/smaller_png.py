"""Screenshots for the documents: as a browser writes them they have 24 bits a pixel, of which pages like ours need 8."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 256
Colour = tuple[int, int, int]


def smaller(png: bytes) -> bytes:
    """With a palette of the colours that are seen most; others, at the edges of letters, become the nearest of those."""
    width, rows = pixels(png)
    counted = Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in counted.most_common(MOST)]
    numbers = {colour: nearest(colour, palette) for colour in counted} | {colour: number for number, colour in enumerate(palette)}
    lines = b"".join(b"\0" + bytes(numbers[colour] for colour in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in palette)
    return SIGNATURE + b"".join(
        chunk(*each) for each in ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    )


def nearest(colour: Colour, palette: list[Colour]) -> int:
    return min(range(len(palette)), key=lambda number: sum((a - b) ** 2 for a, b in zip(colour, palette[number], strict=True)))


def pixels(png: bytes) -> tuple[int, list[list[Colour]]]:
    """Of 24 bits without interlacing, which is what a screenshot is; PNG (ISO/IEC 15948) §9.2 has the filters."""
    found = list(chunks(png))
    width, height, *form = struct.unpack(">IIBBBBB", found[0][1])
    assert form == [8, 2, 0, 0, 0], form
    raw = zlib.decompress(b"".join(data for kind, data in found if kind == b"IDAT"))
    span, before, rows = width * 3, bytearray(width * 3), []
    for y in range(height):
        at = y * (span + 1)
        before = unfiltered(raw[at], bytearray(raw[at + 1 : at + 1 + span]), before)
        rows.append(list(zip(before[0::3], before[1::3], before[2::3], strict=True)))
    return width, rows


def unfiltered(kind: int, line: bytearray, above: bytearray) -> bytearray:
    for x in range(len(line)) if kind else ():
        left, corner = (line[x - 3], above[x - 3]) if x >= 3 else (0, 0)
        line[x] = (line[x] + (0, left, above[x], (left + above[x]) // 2, paeth(left, above[x], corner))[kind]) & 255
    return line


def paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
