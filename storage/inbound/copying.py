"""Raw bytes as rows in the binary format of PostgreSQL's COPY, which tells a value's length before its octets: they may come in pieces."""

import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

COLUMNS = ("inbound_id", "received_at", "content")

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)  # no flags, no extension
_ROW = struct.Struct("!hiqiqi")  # the number of values; length and value of the first two, length of the third
_END = struct.pack("!h", -1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A row; its content is `size` octets, `pieces` together."""

    inbound_id: int
    received_at: datetime
    size: int
    pieces: Callable[[], AsyncIterator[bytes]]


async def table_of(rows: Sequence[Piecewise]) -> AsyncIterator[bytes]:
    """What COPY is given. Raises ValueError where the pieces are not `size` octets: PostgreSQL would misread what follows."""
    yield _SIGNATURE
    for row in rows:
        microseconds = (row.received_at - _EPOCH) // timedelta(microseconds=1)
        yield _ROW.pack(3, 8, row.inbound_id, 8, microseconds, row.size)
        sent = 0
        async for piece in row.pieces():
            sent += len(piece)
            if sent > row.size:
                break
            yield piece
        if sent != row.size:
            raise ValueError(f"content of {row.size} octets came as {sent}")
    yield _END
