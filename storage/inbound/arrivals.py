"""Makes arrived messages durable and reads their raw bytes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from gateway.domain.envelope import Envelope
from storage.inbound.copying import COLUMNS, Piecewise, table_of
from storage.inbound.pieces import pieces, whole
from storage.models import inbound_contents, inbound_messages


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it will be kept. `redelivery_key` is equal for two deliveries of the same message by the same peer's queue."""

    envelope: Envelope
    content: bytes
    redelivery_key: bytes


@dataclass(frozen=True, slots=True)
class LargeArrival:
    """One whose content is never whole in memory: `chunks` are `size` octets together. They are read once an attempt."""

    envelope: Envelope
    size: int
    chunks: Callable[[], AsyncIterator[bytes]]
    redelivery_key: bytes


# One statement and one round trip however many messages share the commit; its text never changes, so it is prepared once.
# The ids come first because RETURNING promises no order.
_ARRIVED = """
    WITH arrived AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('inbound_messages', 'id')) AS id, arrival.*
        FROM ROWS FROM (
            jsonb_to_recordset($1::jsonb) AS (
                reverse_path text, recipients text[], smtputf8 boolean, entry text, peer jsonb, screening jsonb, size integer, trace_id text
            ),
            unnest($2::bytea[])
        ) WITH ORDINALITY AS arrival (reverse_path, recipients, smtputf8, entry, peer, screening, size, trace_id, key, n)
    ), messages AS (
        INSERT INTO inbound_messages (id, reverse_path, recipients, smtputf8, entry, peer, screening, size, trace_id, redelivery_key)
        SELECT id, reverse_path, recipients, smtputf8, entry, peer, screening, size, trace_id, key FROM arrived
    )"""
# The pieces are unnested where they are written: in FROM, large ones would go through a temporary file.
_CONTENTS = """
    , contents AS (
        INSERT INTO inbound_contents (inbound_id, received_at, piece, content)
        SELECT ids[n], now(), piece, content
        FROM (SELECT array_agg(id ORDER BY n) AS ids FROM arrived) AS numbered,
            (SELECT unnest($3::int[]) AS n, unnest($4::int[]) AS piece, unnest($5::bytea[]) AS content) AS cut
    )"""
_IDS = " SELECT id, now() AS received_at FROM arrived ORDER BY n"
_RECEIVE = _ARRIVED + _CONTENTS + _IDS
_RECEIVE_LARGE = _ARRIVED + _IDS


async def receive(session: AsyncSession, arrivals: Sequence[Arrival]) -> list[int]:
    """Queues the messages, all of them or none, and returns their ids in order.

    Committed when it returns: the statement runs on the driver's own connection, where SQLAlchemy begins no transaction, so it is one by
    itself. That costs one round trip in place of three, and a fifth less time a message. After other statements it joins their transaction.
    """
    return await _receive(await _driver(await session.connection()), arrivals)


async def receive_alone(engine: AsyncEngine, arrivals: Sequence[Arrival]) -> list[int]:
    """As `receive`, where nothing else is written with it: a session around the one statement would cost more than that."""
    async with engine.connect() as connection:
        return await _receive(await _driver(connection), arrivals)


async def _receive(driver: Any, arrivals: Sequence[Arrival]) -> list[int]:
    rows = json.dumps([_row(each.envelope, len(each.content)) for each in arrivals])
    keys = [each.redelivery_key for each in arrivals]
    cut = [(n, number, piece) for n, each in enumerate(arrivals, 1) for number, piece in enumerate(pieces(each.content))]
    try:
        found = await driver.fetch(_RECEIVE, rows, keys, *map(list, zip(*cut, strict=True)))
    except asyncio.CancelledError:
        # Its answer may still come, or never; the pool must not hand this connection out again.
        driver.terminate()
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # As statements through SQLAlchemy fail, but without the row, which has addresses and tokens in it.
        raise OperationalError("receive", None, error) from error
    return [record["id"] for record in found]


async def receive_large(session: AsyncSession, arrivals: Sequence[LargeArrival]) -> list[int]:
    """As `receive`, content by content and chunk by chunk, in the session's transaction: the caller commits.

    What a parameter of a statement costs several times over in memory, and the event loop a turn in proportion, COPY takes bit by bit.
    """
    rows = json.dumps([_row(each.envelope, each.size) for each in arrivals])
    keys = [each.redelivery_key for each in arrivals]
    connection = await session.connection()
    found = (await connection.exec_driver_sql(_RECEIVE_LARGE, (rows, keys))).all()
    contents = [Piecewise(row.id, row.received_at, each.size, each.chunks) for row, each in zip(found, arrivals, strict=True)]
    driver = await _driver(connection)
    try:
        await _copy(driver, table_of(contents))
    except asyncio.CancelledError:
        driver.terminate()
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise OperationalError("receive", None, error) from error
    return [row.id for row in found]


async def _driver(connection: AsyncConnection) -> Any:
    """asyncpg's connection."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    return driver


async def _copy(driver: Any, table: AsyncIterator[bytes]) -> None:
    """Ends when the connection does, too: asyncpg 0.32 waits on for the room in a socket that there will never be."""
    lost = asyncio.get_running_loop().create_future()

    def lose(_driver: object) -> None:
        if not lost.done():
            lost.set_result(None)

    copying = asyncio.create_task(driver.copy_to_table(inbound_contents.name, source=table, columns=COLUMNS, format="binary"))
    driver.add_termination_listener(lose)
    try:
        await asyncio.wait((copying, lost), return_when=asyncio.FIRST_COMPLETED)
        if not copying.done():
            raise asyncpg.ConnectionDoesNotExistError("the connection was lost while content went over it")
        copying.result()
    finally:
        driver.remove_termination_listener(lose)
        copying.cancel()
        await asyncio.gather(copying, return_exceptions=True)


async def content_of(session: AsyncSession, inbound_id: int) -> bytes | None:
    """The raw bytes as they are kept; None when there is no such message, or its bytes are past retention."""
    return (await contents_of(session, [inbound_id])).get(inbound_id)


async def contents_of(session: AsyncSession, inbound_ids: Sequence[int]) -> dict[int, bytes]:
    """The raw bytes of several messages, by id; those past retention are missing."""
    found: dict[int, list[bytes]] = {}
    for row in await session.execute(_PIECES, {"ids": list(inbound_ids)}):
        found.setdefault(row.id, []).append(row.content)
    return {number: whole(its) for number, its in found.items()}


# Both columns of the partitions' key, so that one partition is read and not all.
_PIECES = (
    select(inbound_messages.c.id, inbound_contents.c.content)
    .join(
        inbound_contents,
        (inbound_contents.c.inbound_id == inbound_messages.c.id) & (inbound_contents.c.received_at == inbound_messages.c.received_at),
    )
    .where(inbound_messages.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(inbound_messages.c.id, inbound_contents.c.piece)
)


def _row(envelope: Envelope, size: int) -> dict[str, Any]:
    peer = envelope.peer
    return {
        "reverse_path": envelope.reverse_path,
        "recipients": envelope.recipients,
        "smtputf8": envelope.smtputf8,
        "entry": peer.entry,
        "peer": {"address": peer.address, "port": peer.port, "helo": peer.helo, "tls": peer.tls}
        | {name: value for name, value in (("mailbox", peer.mailbox), ("host", peer.host), ("seconds", peer.seconds)) if value is not None},
        "screening": None if envelope.screening is None else asdict(envelope.screening),
        "size": size,
        "trace_id": envelope.trace_id,
    }
