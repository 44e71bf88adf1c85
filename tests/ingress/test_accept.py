"""The one door: durable, together, each answered only after its commit; and what happens when the database does not go along."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.ingress.accept import SLOW_SECONDS, Acceptor, Also, redelivery_key
from gateway.ingress.content import Content
from storage import engine as storage_engine
from storage import inbound
from tests.ingress.conftest import HOSTNAME, Listen
from tests.ingress.gate import Gate, gate_to
from tests.waiting import PATIENCE, locks_awaited, until

Sessions = async_sessionmaker[AsyncSession]
PEER = Peer(Entry.SMTP, "192.0.2.1", 12345, "client.test")


def envelope(number: int = 0, *recipients: str, reverse_path: str = "ann@client.test") -> Envelope:
    return Envelope(reverse_path, recipients or ("support@example.com",), PEER, trace_id=f"trace-{number}")


@pytest_asyncio.fixture
async def gate(database_url: str) -> AsyncIterator[Gate]:
    async with gate_to(database_url) as gate:
        yield gate


@pytest_asyncio.fixture
async def gated(gate: Gate) -> AsyncIterator[Sessions]:
    """Sessions whose way to the database leads through the gate."""
    engine = storage_engine.connect(gate.url, pool_size=2)
    yield storage_engine.sessions(engine)
    gate.unblock()
    await engine.dispose()


async def connected(sessions: Sessions) -> None:
    """Opens a connection, so that the first commit has not that to do as well."""
    async with sessions() as session:
        await session.execute(text("SELECT 1"))


async def kept(sessions: Sessions) -> list[inbound.Inbound]:
    async with sessions() as session:
        return (await inbound.list_inbound(session))[::-1]


async def test_what_is_kept_is_our_stamp_and_every_octet_of_the_content(sessions: Sessions) -> None:
    woken: list[str] = []
    acceptor = Acceptor(sessions, HOSTNAME, woken.append, clock=lambda: datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC))
    octets = b"Subject: Hi\r\n\r\n" + bytes(range(1, 256))
    inbound_id = await acceptor.accept_message(envelope(7, "support@example.com", "r@example.com"), Content.of(octets))
    async with sessions() as session:
        content = await inbound.content_of(session, inbound_id)
        row = await inbound.show(session, inbound_id)
    assert content == (
        b"Return-Path: <ann@client.test>\r\n"
        b"Received: from client.test ([192.0.2.1])\r\n"
        b"\tby mx.example.com with ESMTP id trace-7;\r\n"
        b"\tSun, 01 Mar 2026 09:05:07 +0000\r\n" + octets
    )
    assert row is not None
    assert (row.recipients, row.size, row.trace_id) == (("support@example.com", "r@example.com"), len(content), "trace-7")
    assert row.peer == {"address": "192.0.2.1", "port": 12345, "helo": "client.test", "tls": None}
    assert woken == ["inbound"]


async def test_messages_that_wait_together_share_a_commit_and_keep_their_own_content(sessions: Sessions) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None, writers=1)
    octets = [b"Subject: %d\r\n\r\n" % number for number in range(100)]
    ids = await asyncio.gather(*(acceptor.accept_message(envelope(number), Content.of(each)) for number, each in enumerate(octets)))
    assert acceptor.commits <= 2
    assert acceptor.accepted == 100
    async with sessions() as session:
        for number, inbound_id in enumerate(ids):
            row = await inbound.show(session, inbound_id)
            content = await inbound.content_of(session, inbound_id)
            assert row is not None
            assert row.trace_id == f"trace-{number}"
            assert content is not None
            assert content.endswith(octets[number])


async def test_who_waits_behind_a_commit_that_hangs_is_taken_by_another_writer(sessions: Sessions) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None)
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def hang(_: AsyncSession) -> None:
        begun.set()
        await go_on.wait()

    hanging = asyncio.create_task(acceptor.accept_message(envelope(0), Content.of(b"x"), hang))
    await begun.wait()
    # They come at once, and nobody after them.
    ids = await asyncio.gather(*(acceptor.accept_message(envelope(n), Content.of(b"x")) for n in range(1, 6)))
    assert (len(set(ids)), acceptor.commits, hanging.done()) == (5, 1, False)
    go_on.set()
    assert await hanging not in ids


async def test_one_writer_is_enough_while_commits_are_quick(sessions: Sessions) -> None:
    await connected(sessions)
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None, group_messages=1, writers=8)
    at_once = most = 0

    async def look(session: AsyncSession) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await session.execute(text("SELECT 1"))
        at_once -= 1

    began = time.monotonic()
    await asyncio.gather(*(acceptor.accept_message(envelope(n), Content.of(b"x"), look) for n in range(3)))
    took = time.monotonic() - began
    assert acceptor.commits == 3
    assert most == 1 or took > SLOW_SECONDS


async def test_a_group_is_bounded_in_octets_and_in_messages(sessions: Sessions) -> None:
    by_octets = Acceptor(sessions, HOSTNAME, lambda _: None, writers=1, group_octets=1000)
    await asyncio.gather(*(by_octets.accept_message(envelope(n), Content.of(b"x" * 400)) for n in range(6)))
    assert by_octets.commits == 3
    by_messages = Acceptor(sessions, HOSTNAME, lambda _: None, writers=1, group_messages=2)
    await asyncio.gather(*(by_messages.accept_message(envelope(n), Content.of(b"x")) for n in range(6)))
    assert by_messages.commits == 3
    huge = Acceptor(sessions, HOSTNAME, lambda _: None, group_octets=10)
    assert await huge.accept_message(envelope(), Content.of(b"x" * 400))


async def test_small_messages_do_not_wait_for_large_ones(sessions: Sessions) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None, large_octets=1000, group_octets=1000)
    may_end = asyncio.Event()

    async def accept(number: int, size: int, also: Also | None = None) -> int:
        return await acceptor.accept_message(envelope(number), Content.of(b"x" * size), also)

    async def not_yet(_session: AsyncSession) -> None:
        await may_end.wait()

    large = [asyncio.create_task(accept(number, 2000, not_yet)) for number in range(6)]
    assert len(set(await asyncio.gather(*(accept(number, 10) for number in range(6, 12))))) == 6
    assert not any(each.done() for each in large)
    may_end.set()
    assert len(set(await asyncio.gather(*large))) == 6


LARGE = 400_000


async def test_large_ones_that_get_on_wait_longer_than_one_commit_may_take(gate: Gate, gated: Sessions, sessions: Sessions) -> None:
    # So that the slow ones have not the types to look up as well, which takes many a turn.
    await Acceptor(gated, HOSTNAME, lambda _: None, large_octets=1000).accept_message(envelope(), Content.of(b"x" * LARGE))
    acceptor = Acceptor(gated, HOSTNAME, lambda _: None, large_octets=1000, commit_seconds=4)
    began = time.monotonic()

    async def slow_down() -> None:
        while True:
            gate.block()
            await asyncio.sleep(0.06)
            gate.unblock()
            await asyncio.sleep(0)

    hindering = asyncio.create_task(slow_down())
    try:
        ids = await asyncio.gather(*(acceptor.accept_message(envelope(n), Content.of(b"%c" % n * LARGE)) for n in range(50)))
    finally:
        hindering.cancel()
    assert time.monotonic() - began > 4
    async with sessions() as session:
        contents = await inbound.contents_of(session, ids)
    assert [contents[each][-LARGE:] for each in ids] == [b"%c" % n * LARGE for n in range(50)]


async def test_large_ones_that_do_not_get_on_are_given_up_as_small_ones_are(gate: Gate, gated: Sessions) -> None:
    await connected(gated)
    acceptor = Acceptor(gated, HOSTNAME, lambda _: None, large_octets=1000, commit_seconds=1)
    gate.block()
    began = time.monotonic()
    outcomes = await asyncio.gather(
        *(acceptor.accept_message(envelope(n), Content.of(b"x" * 20 * LARGE)) for n in range(3)), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [TimeoutError] * 3
    assert time.monotonic() - began < 5, "and not after the six seconds that those who get on may take"
    gate.unblock()
    await acceptor.aclose()


async def test_a_connection_lost_in_the_middle_of_a_large_one_holds_up_nobody(
    gate: Gate, gated: Sessions, sessions: Sessions, engine: AsyncEngine
) -> None:
    acceptor = Acceptor(gated, HOSTNAME, lambda _: None, large_octets=1000, commit_seconds=30)
    await acceptor.accept_message(envelope(0), Content.of(b"x" * LARGE))
    async with engine.begin() as lock:
        # Far more than sockets and buffers take: the writer waits for room in its socket when the connection goes.
        await lock.execute(text("LOCK TABLE inbound_contents"))
        caught = asyncio.create_task(acceptor.accept_message(envelope(1), Content.of(b"x" * 100 * LARGE)))
        await locks_awaited(engine)
        await asyncio.sleep(0.2)
        assert not caught.done()
        await gate.shut()
        await gate.open()
        await lock.rollback()
    async with asyncio.timeout(25):  # less than it would have for a commit
        outcome, _ = await asyncio.gather(caught, acceptor.accept_message(envelope(2), Content.of(b"y" * LARGE)), return_exceptions=True)
    assert isinstance(outcome, Exception)
    assert storage_engine.database_away(outcome)
    assert [row.trace_id for row in await kept(sessions)] == ["trace-0", "trace-2"]


@pytest.mark.parametrize("size", [10, LARGE])
async def test_what_is_written_with_a_message_is_kept_with_it_or_neither_is(sessions: Sessions, size: int) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None, large_octets=1000)

    async def note(session: AsyncSession) -> None:
        await session.execute(text("CREATE TABLE noted ()"))

    await acceptor.accept_message(envelope(0), Content.of(b"x" * size), note)
    with pytest.raises(DBAPIError, match="noted"):
        await acceptor.accept_message(envelope(1), Content.of(b"x" * size), note)
    assert [row.trace_id for row in await kept(sessions)] == ["trace-0"]


async def test_who_comes_as_a_writer_goes_is_written_all_the_same(sessions: Sessions) -> None:
    """In the turn of the event loop in which the writer has found nothing more to do."""
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: later(), writers=1)
    came: list[asyncio.Task[int]] = []

    def later() -> None:
        if len(came) < 20:
            came.append(asyncio.create_task(accept(len(came) % 4)))

    async def accept(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await acceptor.accept_message(envelope(len(came)), Content.of(b"x"))

    later()
    await until(lambda: len(came) == 20 and all(each.done() for each in came))
    assert len(await kept(sessions)) == 20


async def test_one_that_cannot_be_kept_does_not_spoil_the_others(sessions: Sessions) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None, writers=1)
    unkeepable = envelope(3, reverse_path="nul\0@client.test")
    envelopes = [unkeepable if number == 3 else envelope(number) for number in range(6)]
    outcomes = await asyncio.gather(*(acceptor.accept_message(each, Content.of(b"x")) for each in envelopes), return_exceptions=True)
    assert [isinstance(outcome, int) for outcome in outcomes] == [True, True, True, False, True, True]
    assert sorted(row.trace_id for row in await kept(sessions)) == [f"trace-{number}" for number in (0, 1, 2, 4, 5)]
    assert (acceptor.accepted, acceptor.failed) == (5, 1)


async def test_a_caller_that_is_cancelled_does_not_stop_the_commit(sessions: Sessions, engine: AsyncEngine) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None)
    async with engine.begin() as lock:
        await lock.execute(text("LOCK TABLE inbound_messages"))
        caller = asyncio.create_task(acceptor.accept_message(envelope(), Content.of(b"x")))
        await locks_awaited(engine)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await lock.rollback()
    await acceptor.aclose()
    assert len(await kept(sessions)) == 1


async def test_a_client_that_disconnects_during_the_commit_leaves_its_message(listen: Listen, engine: AsyncEngine) -> None:
    listener = await listen()
    async with engine.begin() as lock:
        await lock.execute(text("LOCK TABLE inbound_messages"))
        async with listener.client() as client:
            await client.hello()
            await client.envelope()
            await client.say("DATA")
            client.send(b"Subject: Hi\r\n\r\n.\r\n")
            await locks_awaited(engine)
            client.writer.transport.abort()
        await asyncio.sleep(0.1)
        await lock.rollback()
    await until(lambda: not listener.service.connections)
    assert len(await listener.kept()) == 1


async def test_a_commit_that_takes_too_long_is_451_and_the_next_message_is_kept(listen: Listen, gate: Gate, gated: Sessions) -> None:
    await connected(gated)
    listener = await listen(acceptor=Acceptor(gated, HOSTNAME, lambda _: None, commit_seconds=0.5))
    async with listener.client() as client:
        await client.hello()
        gate.block()
        began = time.monotonic()
        assert await client.message() == "451 4.3.0 Temporary failure, try again later"
        assert time.monotonic() - began < 5
        gate.unblock()
        async with asyncio.timeout(PATIENCE):
            while (await client.message()).startswith("451"):
                await asyncio.sleep(0.05)
    assert listener.service.tally.messages_accepted == 1


async def test_a_database_that_is_down_is_451_and_when_it_is_back_250(listen: Listen, gate: Gate, gated: Sessions) -> None:
    listener = await listen(acceptor=Acceptor(gated, HOSTNAME, lambda _: None))
    async with listener.client() as client:
        await client.hello()
        assert (await client.message(b"Subject: 1\r\n\r\n.\r\n")).startswith("250")
        await gate.shut()
        began = time.monotonic()
        assert await client.message(b"Subject: 2\r\n\r\n.\r\n") == "451 4.3.0 Temporary failure, try again later"
        assert time.monotonic() - began < 8, "and not only when the time of a commit is over"
        await gate.open()
        assert (await client.message(b"Subject: 3\r\n\r\n.\r\n")).startswith("250")
    assert len(await listener.kept()) == 2


async def test_messages_that_were_given_up_are_not_kept_afterwards(gate: Gate, gated: Sessions, sessions: Sessions) -> None:
    await connected(gated)
    acceptor = Acceptor(gated, HOSTNAME, lambda _: None, writers=1, commit_seconds=0.5)
    gate.block()
    begun = asyncio.gather(*(acceptor.accept_message(envelope(1), Content.of(b"x")) for _ in range(3)), return_exceptions=True)
    await until(lambda: acceptor._small.writers and not acceptor._small.queue)
    waiting = asyncio.gather(*(acceptor.accept_message(envelope(2), Content.of(b"x")) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in [*await begun, *await waiting]] == [TimeoutError] * 6
    gate.unblock()
    await acceptor.aclose()
    # The first ones may have been kept, for their commit was under way; that of the others was never begun.
    assert "trace-2" not in {row.trace_id for row in await kept(sessions)}


async def test_large_content_comes_back_whole_from_its_file(listen: Listen) -> None:
    listener = await listen()
    body = b"".join(b"%07d %s\r\n" % (number, b"x" * 66) for number in range(60_000))
    async with listener.client() as client:
        await client.hello()
        assert (await client.message(b"Subject: Large\r\n\r\n" + body + b".\r\n")).startswith("250")
    content = await listener.content()
    assert hashlib.sha256(content).digest() == hashlib.sha256(b"Subject: Large\r\n\r\n" + body).digest()


async def test_no_text_of_an_exception_reaches_the_peer(listen: Listen, sessions: Sessions, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE inbound_messages ADD CONSTRAINT secret_of_ours CHECK (size < 0) NOT VALID"))
    listener = await listen()
    async with listener.client() as client:
        await client.hello()
        assert await client.message() == "451 4.3.0 Temporary failure, try again later"
        assert await client.say("NOOP") == "250 2.0.0 Ok"


def test_the_redelivery_key_is_of_content_reverse_path_and_recipients() -> None:
    digest = hashlib.sha256(b"content").digest()
    key = redelivery_key(envelope(1, "a@x.test", "b@x.test"), digest)
    assert key == redelivery_key(envelope(2, "b@x.test", "a@x.test", "a@x.test"), digest)
    others = [
        redelivery_key(envelope(1, "a@x.test"), digest),
        redelivery_key(envelope(1, "a@x.test", "b@x.test", reverse_path=""), digest),
        redelivery_key(envelope(1, "a@x.test", "b@x.test"), hashlib.sha256(b"other").digest()),
    ]
    assert len({key, *others}) == 4


@given(st.lists(st.text(max_size=4), min_size=2, max_size=4, unique=True), st.data())
def test_the_redelivery_key_tells_fields_apart(fields: list[str], data: st.DataObject) -> None:
    """However the same characters are spread over the fields."""
    other = data.draw(st.permutations(fields))
    one, two = (Envelope(each[0], tuple(each[1:]), PEER) for each in (fields, other))
    same = (one.reverse_path, sorted(one.recipients)) == (two.reverse_path, sorted(two.recipients))
    assert (redelivery_key(one, b"") == redelivery_key(two, b"")) is same


async def test_redelivery_of_the_same_octets_has_the_same_key(listen: Listen) -> None:
    listener = await listen()
    for _ in range(2):
        async with listener.client() as client:
            await client.hello()
            await client.message()
    async with listener.sessions() as session:
        keys = (await session.execute(text("SELECT DISTINCT redelivery_key FROM inbound_messages"))).scalars().all()
    assert len(keys) == 1
