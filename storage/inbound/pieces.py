"""Raw bytes as rows of a page each: PostgreSQL puts longer values away in rows of 2 kB, each with an index entry of its own, which takes it
more than twice as long.

A partition's `toast_tuple_target` lets a piece stand where its row is; what is longer is kept all the same, only dearer.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final

PIECE: Final = 8112
"""Octets, the last piece's apart. With the other columns and the header of a row they fill a page of 8 kB."""
STORAGE: Final = "toast_tuple_target = 8160"


def pieces(content: bytes) -> Iterator[bytes]:
    """In order; of no content, one that is empty."""
    if len(content) <= PIECE:
        yield content
        return
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


async def of_equal_length(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[memoryview]]:
    """As `pieces`, of what comes in chunks of any length: those that a chunk completes at once, and in the end the rest."""
    rest, cut = b"", False
    async for chunk in chunks:
        octets, filled = memoryview(chunk), []
        if rest:
            begun = rest + octets[: PIECE - len(rest)]
            octets = octets[len(begun) - len(rest) :]
            if len(begun) < PIECE:
                rest = begun
                continue
            filled.append(memoryview(begun))
        end = len(octets) - len(octets) % PIECE
        filled += [octets[start : start + PIECE] for start in range(0, end, PIECE)]
        rest = bytes(octets[end:])
        if filled:
            yield filled
            cut = True
    if rest or not cut:
        yield [memoryview(rest)]


def whole(found: Iterable[bytes]) -> bytes:
    """Of pieces in order."""
    return b"".join(found)
