"""Raw bytes as rows in the binary format of PostgreSQL's COPY, piece by piece as they come."""

import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storage.inbound.pieces import of_equal_length

COLUMNS = ("inbound_id", "received_at", "piece", "content")

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)  # no flags, no extension
_ROW = struct.Struct("!hiqiqiii")  # the number of values; length and value of the first three, length of the fourth
_END = struct.pack("!h", -1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piecewise:
    """Of one message; its content is `size` octets, `chunks` together."""

    inbound_id: int
    received_at: datetime
    size: int
    chunks: Callable[[], AsyncIterator[bytes]]


async def table_of(messages: Sequence[Piecewise]) -> AsyncIterator[bytes]:
    """What COPY is given. Raises ValueError where the chunks are not `size` octets: a message would be kept that nobody sent."""
    yield _SIGNATURE
    for each in messages:
        microseconds = (each.received_at - _EPOCH) // timedelta(microseconds=1)
        number = sent = 0
        async for some in of_equal_length(each.chunks()):
            rows: list[bytes | memoryview] = []
            for piece in some:
                rows += (_ROW.pack(4, 8, each.inbound_id, 8, microseconds, 4, number, len(piece)), piece)
                number += 1
                sent += len(piece)
            if sent > each.size:
                break
            yield b"".join(rows)
        if sent != each.size:
            raise ValueError(f"content of {each.size} octets came as {sent}")
    yield _END
