"""Contents that go to PostgreSQL in pieces: kept as the others are, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.states import InboundState
from storage import inbound
from storage.inbound.copying import Piecewise, table_of
from storage.inbound.pieces import PIECE, of_equal_length, pieces

Sessions = async_sessionmaker[AsyncSession]
PEER = Peer(Entry.SMTP, "192.0.2.1", 25, "client.test", "TLSv1.3 X", host="client.test")


def pieces_of(octets: bytes, cut: int) -> Callable[[], AsyncIterator[bytes]]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(octets), cut):
            yield octets[start : start + cut]
            await asyncio.sleep(0)

    return pieces


def envelope(number: int = 0) -> Envelope:
    return Envelope("ann@client.test", ("support@example.com", "r@example.com"), PEER, number % 2 == 1, f"trace-{number}")


def large(octets: bytes, cut: int = 1000, number: int = 0, size: int | None = None) -> inbound.LargeArrival:
    return inbound.LargeArrival(envelope(number), len(octets) if size is None else size, pieces_of(octets, cut), bytes([number]) * 32)


async def receive(sessions: Sessions, arrivals: Sequence[inbound.LargeArrival]) -> list[int]:
    async with sessions.begin() as session:
        return await inbound.receive_large(session, arrivals)


async def test_each_comes_back_octet_by_octet_however_it_was_cut(sessions: Sessions) -> None:
    octets = [bytes(range(256)) * 300, b"", b"\xff\xff" * 5, b"PGCOPY\n\xff\r\n\0" * 9000]
    ids = await receive(
        sessions, [large(each, cut, number) for number, (each, cut) in enumerate(zip(octets, (1, 1, 3, 65536), strict=True))]
    )
    async with sessions() as session:
        assert list((await inbound.contents_of(session, ids)).values()) == octets
        assert [await inbound.content_of(session, each) for each in ids] == octets


async def test_its_row_is_the_one_that_a_small_one_has(sessions: Sessions) -> None:
    octets = b"Subject: Hi\r\n\r\n" * 100
    (as_large,) = await receive(sessions, [large(octets, 700)])
    async with sessions.begin() as session:
        (as_small,) = await inbound.receive(session, [inbound.Arrival(envelope(), octets, bytes(32))])
    rows: list[dict[str, object]] = []
    async with sessions() as session:
        for each in (as_large, as_small):
            rows.append(await session.scalar(text("SELECT to_jsonb(i) FROM inbound_messages i WHERE id = :id"), {"id": each}))
        moments = await session.scalar(
            text("SELECT bool_and(i.received_at = c.received_at) FROM inbound_messages i JOIN inbound_contents c ON c.inbound_id = i.id")
        )
    differing = {name for name, value in rows[0].items() if rows[1][name] != value}
    assert differing <= {"id", "received_at", "due_at"}
    assert moments is True


async def test_pieces_that_are_not_as_many_as_was_said_leave_nothing_and_the_connection_usable(sessions: Sessions) -> None:
    async with sessions() as session:
        with pytest.raises(ValueError, match="content of 7000 octets came as 6000"):
            await inbound.receive_large(session, [large(b"x" * 6000, size=7000)])
        await session.rollback()
        with pytest.raises(ValueError, match="content of 7000 octets came as 8000"):
            await inbound.receive_large(session, [large(b"x" * 8000, size=7000)])
        await session.rollback()
        assert (await inbound.counts(session)).by_state[InboundState.QUEUED] == 0
        assert await session.scalar(text("SELECT count(*) FROM inbound_contents")) == 0


async def test_what_the_database_refuses_fails_like_a_statement_and_leaves_nothing(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("ALTER TABLE inbound_contents ADD CONSTRAINT full_disk CHECK (length(content) < 5000)"))
    with pytest.raises(OperationalError, match="full_disk"):
        await receive(sessions, [large(b"x" * 4000, number=1), large(b"x" * 2_000_000, 50_000, number=2)])
    async with sessions() as session:
        assert (await inbound.counts(session)).by_state[InboundState.QUEUED] == 0
    await receive(sessions, [large(b"x" * 4000, number=1)])


async def test_the_moment_is_told_to_the_microsecond() -> None:
    """Of 2000-01-01 on, as PostgreSQL counts; the partition's key must be the row's."""
    at = datetime(2026, 11, 22, 8, 9, 10, 123457, tzinfo=UTC)
    told = b"".join([each async for each in table_of([Piecewise(258, at, 2, pieces_of(b"ab", 1))])])
    assert told == (
        b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\4"
        b"\0\0\0\x08"
        + (258).to_bytes(8, "big")
        + b"\0\0\0\x08"
        + (848_650_150_123_457).to_bytes(8, "big")
        + b"\0\0\0\4"
        + bytes(4)
        + b"\0\0\0\2ab"
        + b"\xff\xff"
    )


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
@pytest.mark.parametrize("cut", [1, 1000, PIECE, 65_536])
async def test_pieces_are_the_same_however_the_octets_came(size: int, cut: int) -> None:
    octets = bytes(range(251)) * (size // 251 + 1)
    octets = octets[:size]
    whole = list(pieces(octets))
    came = [bytes(each) async for some in of_equal_length(pieces_of(octets, cut)()) for each in some]
    assert came == whole
    assert b"".join(whole) == octets
    assert {len(each) for each in whole[:-1]} <= {PIECE}


async def test_a_piece_stands_where_its_row_is_in_every_partition(sessions: Sessions) -> None:
    """Else it would be put away elsewhere, in smaller pieces with an index of their own."""
    async with sessions.begin() as session:
        await inbound.ensure_partitions(session, 1)
    octets = bytes(range(256)) * 200
    (small, large_one) = await receive(sessions, [large(octets[:4000], number=1), large(octets, number=2)])
    async with sessions.begin() as session:
        (at_once,) = await inbound.receive(session, [inbound.Arrival(envelope(), octets, bytes(32))])
        assert await inbound.contents_of(session, [small, large_one, at_once]) == {
            small: octets[:4000], large_one: octets, at_once: octets
        }  # fmt: skip
        away = await session.scalar(
            text(
                """SELECT sum(pg_relation_size(c.reltoastrelid)) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'inbound_contents'::regclass"""
            )
        )
    assert away == 0
