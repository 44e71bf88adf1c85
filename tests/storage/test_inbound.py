"""The inbound queue on real PostgreSQL: leases, fences, counted attempts, and what people are shown of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.states import InboundState
from gateway.domain.verdict import Verdict
from storage import counting, inbound
from storage.inbound import listing, queue

Sessions = async_sessionmaker[AsyncSession]
PEER = Peer(Entry.SMTP, "192.0.2.1", 25, "client.test", "TLSv1.3 X")


def arrival(number: int = 0, content: bytes = b"Subject: Hi\r\n\r\n") -> inbound.Arrival:
    envelope = Envelope(f"{number}@client.test", ("support@example.com", "r@example.com"), PEER, number % 2 == 1, f"trace-{number}")
    return inbound.Arrival(envelope, content, bytes([number]) * 32)


async def receive(sessions: Sessions, count: int = 1) -> list[int]:
    async with sessions.begin() as session:
        return await inbound.receive(session, [arrival(number) for number in range(count)])


async def claim(sessions: Sessions, worker: str = "w1", limit: int = 10, lease: float = 30.0) -> list[inbound.Claimed]:
    async with sessions.begin() as session:
        return await inbound.claim(session, worker, limit, lease)


async def begin(sessions: Sessions, claimed: inbound.Claimed) -> inbound.Claimed:
    async with sessions.begin() as session:
        return await inbound.begin_attempt(session, claimed)


async def shown(sessions: Sessions, inbound_id: int) -> inbound.Inbound:
    async with sessions() as session:
        found = await inbound.show(session, inbound_id)
    assert found is not None
    return found


async def plan(sessions: Sessions, statement: str) -> str:
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        return "\n".join((await session.execute(text(f"EXPLAIN {statement}"))).scalars())


async def test_a_claim_gives_back_the_whole_envelope_and_each_row_once(sessions: Sessions) -> None:
    ids = await receive(sessions, 5)
    first = await claim(sessions, "w1", limit=3)
    second = await claim(sessions, "w2", limit=3)
    assert [each.id for each in first + second] == ids
    assert [each.envelope for each in first] == [arrival(number).envelope for number in range(3)]
    assert (first[1].redelivery_key, first[1].size, first[1].attempts, first[1].trace_id) == (b"\1" * 32, 15, 0, "trace-1")
    assert await claim(sessions) == []
    assert (await shown(sessions, ids[0])).state is InboundState.LEASED


async def test_two_claims_at_once_share_the_rows_without_waiting_for_each_other(sessions: Sessions) -> None:
    ids = await receive(sessions, 6)
    async with sessions.begin() as one, sessions.begin() as two:
        first = await inbound.claim(one, "w1", 3, 30)
        async with asyncio.timeout(20):
            second = await inbound.claim(two, "w2", 3, 30)
    assert sorted(each.id for each in first + second) == ids


async def test_the_longest_due_come_first_and_what_is_not_due_does_not_come(sessions: Sessions) -> None:
    ids = await receive(sessions, 3)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE inbound_messages SET due_at = now() - interval '1 hour' WHERE id = :id"), {"id": ids[2]})
        await session.execute(text("UPDATE inbound_messages SET due_at = now() + interval '1 hour' WHERE id = :id"), {"id": ids[0]})
    assert [each.id for each in await claim(sessions)] == [ids[2], ids[1]]


async def test_an_attempt_is_counted_when_it_begins_and_a_second_beginning_is_fenced(sessions: Sessions) -> None:
    (inbound_id,) = await receive(sessions)
    (claimed,) = await claim(sessions)
    begun = await begin(sessions, claimed)
    assert (begun.attempts, begun.begun, (await shown(sessions, inbound_id)).attempts) == (1, True, 1)
    with pytest.raises(inbound.LeaseLost):
        await begin(sessions, claimed)


async def test_an_expired_lease_returns_the_message_with_its_attempt_and_locks_the_old_worker_out(sessions: Sessions) -> None:
    (inbound_id,) = await receive(sessions)
    (claimed,) = await claim(sessions, lease=0.0)
    begun = await begin(sessions, claimed)
    async with sessions.begin() as session:
        assert await inbound.return_expired(session) == 1
        assert await inbound.return_expired(session) == 0
    (again,) = await claim(sessions, "w2")
    assert (again.id, again.attempts) == (inbound_id, 1)
    assert (await shown(sessions, inbound_id)).error == "the worker died or hung: w1"
    with pytest.raises(inbound.LeaseLost):
        async with sessions.begin() as session:
            await inbound.finish(session, begun, InboundState.DONE, outcome="ticket", why="late")
    assert (await shown(sessions, inbound_id)).state is InboundState.LEASED


async def test_deaths_are_told_from_failures_and_from_the_third_on_the_message_waits_ever_longer(sessions: Sessions) -> None:
    await receive(sessions)
    found = []
    for number in range(6):
        (claimed,) = await claim(sessions, lease=0.0)
        begun = await begin(sessions, claimed)
        async with sessions.begin() as session:
            if number == 1:
                await inbound.defer(session, begun, 0, counted=True, error="no luck")
            else:
                await inbound.return_expired(session)
        async with sessions.begin() as session:
            waits = (await session.execute(text("SELECT extract(epoch FROM due_at - now())::float8 FROM inbound_messages"))).scalar_one()
            await session.execute(text("UPDATE inbound_messages SET due_at = now()"))
        found.append((claimed.deaths, claimed.failures, round(max(0.0, waits))))
    assert found == [(0, 0, 0), (1, 0, 0), (1, 1, 0), (2, 1, 5), (3, 1, 10), (4, 1, 20)]


async def test_a_lease_that_is_renewed_does_not_expire(sessions: Sessions) -> None:
    await receive(sessions, 2)
    first, _ = await claim(sessions, lease=0.0)
    async with sessions.begin() as session:
        await inbound.begin_attempt(session, first, lease_seconds=30)
        assert await inbound.return_expired(session) == 1
    await claim(sessions, lease=0.0)
    async with sessions.begin() as session:
        assert await inbound.extend_leases(session, "w1", 30, [1, 2]) == 2
        assert await inbound.return_expired(session) == 0


async def test_a_claim_whose_answer_was_lost_is_not_renewed_with_the_others_and_comes_back(sessions: Sessions) -> None:
    await receive(sessions, 2)
    known, unknown = await claim(sessions, lease=0.0)
    async with sessions.begin() as session:
        assert await inbound.extend_leases(session, "w1", 30, [known.id]) == 1
        assert await inbound.return_expired(session) == 1
    assert (await shown(sessions, unknown.id)).state is InboundState.QUEUED


async def test_the_same_worker_in_a_later_attempt_is_fenced_from_the_earlier_one(sessions: Sessions) -> None:
    await receive(sessions)
    (claimed,) = await claim(sessions, lease=0.0)
    old = await begin(sessions, claimed)
    async with sessions.begin() as session:
        await inbound.return_expired(session)
    (claimed,) = await claim(sessions)
    await begin(sessions, claimed)
    with pytest.raises(inbound.LeaseLost):
        async with sessions.begin() as session:
            await inbound.finish(session, old, InboundState.DONE, outcome="ticket", why="late")


@pytest.mark.parametrize(("counted", "attempts"), [(True, 1), (False, 0)])
async def test_a_deferred_message_is_due_again_and_counts_as_told(sessions: Sessions, counted: bool, attempts: int) -> None:
    (inbound_id,) = await receive(sessions)
    begun = await begin(sessions, (await claim(sessions))[0])
    async with sessions.begin() as session:
        await inbound.defer(session, begun, 30, counted=counted, error="no\0 luck" * 1000)
    assert await claim(sessions) == []
    async with sessions() as session:
        due_in = await inbound.next_due_in(session)
    assert due_in is not None
    assert 0 < due_in <= 30
    row = await shown(sessions, inbound_id)
    assert (row.state, row.attempts) == (InboundState.QUEUED, attempts)
    assert row.error is not None
    assert (len(row.error), row.error[:7]) == (2000, "no luck")
    async with sessions.begin() as session:
        await session.execute(text("UPDATE inbound_messages SET due_at = due_at - interval '30 s'"))
    async with sessions() as session:
        assert await inbound.next_due_in(session) is None, "it is due"
    assert [each.attempts for each in await claim(sessions)] == [attempts]


async def test_deferring_what_was_never_begun_takes_nothing_back(sessions: Sessions) -> None:
    (inbound_id,) = await receive(sessions)
    (claimed,) = await claim(sessions)
    async with sessions.begin() as session:
        await inbound.defer(session, claimed, 0, counted=False)
    assert (await shown(sessions, inbound_id)).attempts == 0


STATES: list[Literal[InboundState.DONE, InboundState.HELD, InboundState.IGNORED]] = [
    InboundState.DONE,
    InboundState.HELD,
    InboundState.IGNORED,
]


@pytest.mark.parametrize("state", STATES)
async def test_a_finished_message_shows_what_was_decided(
    sessions: Sessions, state: Literal[InboundState.DONE, InboundState.HELD, InboundState.IGNORED]
) -> None:
    (inbound_id,) = await receive(sessions)
    begun = await begin(sessions, (await claim(sessions))[0])
    verdict = Verdict(spf="pass", spf_domain="client.test", dkim="fail", aligned=True, source="peer", reason="SPF passed")
    async with sessions.begin() as session:
        await inbound.finish(
            session,
            begun,
            state,
            outcome="ticket",
            why="no token",
            decision=["routed by To", "new client"],
            verdict=verdict,
            message_id="1@client.test",
            subject="Hi",
            author="ann@client.test",
            kind="message",
        )
    row = await shown(sessions, inbound_id)
    assert (row.state, row.outcome, row.why, row.decision) == (state, "ticket", "no token", ("routed by To", "new client"))
    assert (row.message_id, row.subject, row.author, row.kind) == ("1@client.test", "Hi", "ann@client.test", "message")
    assert (row.spf, row.dkim, row.dmarc, row.arc) == ("pass", "fail", "none", "none")
    assert row.verdict is not None
    assert (row.verdict["aligned"], row.verdict["reason"]) == (True, "SPF passed")
    assert row.finished_at is not None
    assert row.recipients == ("support@example.com", "r@example.com")
    with pytest.raises(inbound.LeaseLost):
        async with sessions.begin() as session:
            await inbound.finish(session, begun, state, outcome="ticket", why="twice")


async def test_a_buried_message_keeps_its_bytes_and_can_be_replayed(sessions: Sessions) -> None:
    (inbound_id,) = await receive(sessions)
    begun = await begin(sessions, (await claim(sessions))[0])
    async with sessions.begin() as session:
        assert not await inbound.replay(session, inbound_id)
        await inbound.bury(session, begun, "parser died")
    row = await shown(sessions, inbound_id)
    assert (row.state, row.error, row.outcome) == (InboundState.BURIED, "parser died", "buried")
    async with sessions.begin() as session:
        assert await inbound.content_of(session, inbound_id) == arrival().content
        assert await inbound.replay(session, inbound_id)
        assert not await inbound.replay(session, inbound_id)
        assert not await inbound.replay(session, inbound_id + 1)
    assert [(each.id, each.attempts) for each in await claim(sessions)] == [(inbound_id, 0)]


async def test_a_worker_that_stops_gives_back_what_it_holds_and_nothing_else(sessions: Sessions) -> None:
    await receive(sessions, 4)
    mine = await claim(sessions, "w1", limit=2)
    await claim(sessions, "w2", limit=2)
    await begin(sessions, mine[0])
    async with sessions.begin() as session:
        assert await inbound.release(session, "w1") == 2
    assert [(each.id, each.attempts) for each in await claim(sessions, "w3")] == [(mine[0].id, 1), (mine[1].id, 0)]


async def test_received_together_is_received_all_or_none(sessions: Sessions) -> None:
    with pytest.raises(OperationalError, match="Unicode escape"):
        async with sessions.begin() as session:
            await inbound.receive(session, [arrival(), inbound.Arrival(Envelope("\0", ("a",), PEER), b"", b"")])
    async with sessions() as session:
        assert (await inbound.counts(session)).by_state[InboundState.QUEUED] == 0


async def test_counts_name_every_state_and_are_exact_while_the_table_is_small(sessions: Sessions) -> None:
    await receive(sessions, 4)
    for claimed in await claim(sessions, limit=2):
        begun = await begin(sessions, claimed)
        async with sessions.begin() as session:
            await inbound.finish(session, begun, InboundState.DONE, outcome="ticket", why="")
    await claim(sessions, limit=1)
    async with sessions() as session:
        counts = await inbound.counts(session)
    assert counts.by_state == {"queued": 1, "leased": 1, "done": 2, "held": 0, "ignored": 0, "buried": 0}
    assert not counts.over_is_estimate


async def test_the_done_of_a_large_table_are_estimated(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "EXACT_BELOW", 0)
    await receive(sessions, 200)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE inbound_messages SET state = 'done' WHERE id > 20"))
        await session.execute(text("ANALYZE inbound_messages"))
        counts = await inbound.counts(session)
    assert counts.over_is_estimate
    assert counts.by_state[InboundState.QUEUED] == 20
    assert 150 <= counts.by_state[InboundState.DONE] <= 210


async def test_the_oldest_waiting_age_is_of_queued_messages(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await inbound.oldest_queued_seconds(session) is None
    await receive(sessions, 2)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE inbound_messages SET received_at = now() - interval '1 hour' WHERE trace_id = 'trace-0'"))
        age = await inbound.oldest_queued_seconds(session)
    assert age is not None
    assert 3600 <= age < 3700


async def test_lists_show_the_latest_first_by_state_and_page(sessions: Sessions) -> None:
    ids = await receive(sessions, 5)
    await claim(sessions, limit=1)
    async with sessions() as session:
        assert [row.id for row in await inbound.list_inbound(session, limit=2)] == ids[:2:-1]
        assert [row.id for row in await inbound.list_inbound(session, before=ids[2])] == ids[1::-1]
        assert [row.id for row in await inbound.list_inbound(session, state=InboundState.LEASED)] == [ids[0]]
        assert await inbound.show(session, ids[4] + 1) is None


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT id FROM inbound_messages WHERE state = 'queued' AND due_at <= now() ORDER BY due_at, id LIMIT 5",
            "ix_inbound_messages_due",
        ),
        (
            "SELECT id FROM inbound_messages WHERE state = 'leased' AND lease_until < now() ORDER BY lease_until",
            "ix_inbound_messages_lease",
        ),
        (counting.WAITING.format(table="inbound_messages", over="done"), "ix_inbound_messages_waiting"),
        (str(queue._NEXT_DUE), "ix_inbound_messages_due"),
        (str(listing._OLDEST), "ix_inbound_messages_waiting"),
    ],
)
async def test_the_queue_is_read_by_indexes_that_leave_the_done_out(sessions: Sessions, statement: str, index: str) -> None:
    assert index in await plan(sessions, statement)


async def test_partitions_are_made_once_ahead_and_take_the_content(sessions: Sessions) -> None:
    (before,) = await receive(sessions)
    async with sessions.begin() as session:
        made = await inbound.ensure_partitions(session, 2)
    assert len(made) == 2  # this week's rows lie in the default partition already
    async with sessions.begin() as session:
        assert await inbound.ensure_partitions(session, 2) == []
        assert await inbound.content_of(session, before) == arrival().content
        week = (await session.execute(text("SELECT date_trunc('week', now() AT TIME ZONE 'UTC')"))).scalar_one() + timedelta(weeks=1)
        assert made[0] == f"inbound_contents_{week:%G_w%V}"
        await session.execute(
            text("INSERT INTO inbound_contents VALUES (99, :at, 'x')"), {"at": week.replace(tzinfo=UTC) + timedelta(days=1)}
        )
        where = await session.scalar(text("SELECT tableoid::regclass::text FROM inbound_contents WHERE inbound_id = 99"))
        storage = await session.scalar(
            text("SELECT attstorage FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attname = 'content'"),
            {"table": made[0]},
        )
    assert where == made[0]
    assert storage in ("e", b"e")


async def test_the_first_partition_of_an_empty_database_is_this_weeks(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        made = await inbound.ensure_partitions(session, 0)
    (inbound_id,) = await receive(sessions)
    async with sessions() as session:
        place = text("SELECT tableoid::regclass::text FROM inbound_contents WHERE inbound_id = :id")
        assert [await session.scalar(place, {"id": inbound_id})] == made
        assert await inbound.content_of(session, inbound_id) == arrival().content


async def test_two_processes_may_make_partitions_at_once(sessions: Sessions) -> None:
    async def ensure() -> list[str]:
        async with sessions.begin() as session:
            return await inbound.ensure_partitions(session, 3)

    both = await asyncio.gather(ensure(), ensure())
    assert sorted(map(len, both)) == [0, 4]


@pytest.mark.parametrize("act", [inbound.bury, lambda session, claimed, why: inbound.defer(session, claimed, 1, counted=True, error=why)])
async def test_nothing_is_done_to_a_row_that_somebody_else_holds(
    sessions: Sessions, act: Callable[[AsyncSession, inbound.Claimed, str], Any]
) -> None:
    await receive(sessions)
    (claimed,) = await claim(sessions, lease=0.0)
    async with sessions.begin() as session:
        await inbound.return_expired(session)
    await claim(sessions, "w2")
    with pytest.raises(inbound.LeaseLost):
        async with sessions.begin() as session:
            await act(session, claimed, "too late")
