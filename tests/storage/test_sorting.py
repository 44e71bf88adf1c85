"""Mail that waits for a person: sorted once, whoever sorts it at the same time."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.facts import Assignment
from gateway.domain.states import InboundState
from storage import inbound
from tests.storage.test_inbound import claim, receive

Sessions = async_sessionmaker[AsyncSession]
HELD = "UPDATE inbound_messages SET state = 'held', outcome = 'held', author = 'Eve@x.test', writer = :writer WHERE id = :id"


async def held(sessions: Sessions, *writers: str | None) -> list[int]:
    ids = await receive(sessions, len(writers))
    async with sessions.begin() as session:
        for number, writer in zip(ids, writers, strict=True):
            await session.execute(text(HELD), {"id": number, "writer": writer})
    return ids


async def test_who_wrote_it_is_told_or_else_who_stands_in_from(sessions: Sessions) -> None:
    ids = await held(sessions, "visitor@x.test", "", None)
    async with sessions() as session:
        assert await inbound.held(session) == dict(zip(ids, ("visitor@x.test", "Eve@x.test", "Eve@x.test"), strict=True))


async def test_what_was_assigned_is_claimed_with_what_was_said_of_it(sessions: Sessions) -> None:
    first, second = await held(sessions, "a@x.test", "b@x.test")
    async with sessions.begin() as session:
        found = await inbound.lock_messages(session, [second, first, 999])
        assert [(each.id, each.writer, each.may_be_sorted, each.assignment) for each in found] == [
            (first, "a@x.test", True, None),
            (second, "b@x.test", True, None),
        ]
        await inbound.assign(session, [first], Assignment(7, "sales"))
        await inbound.discard(session, [second], "not wanted")
    [claimed] = await claim(sessions)
    assert (claimed.id, claimed.attempts, claimed.assignment) == (first, 0, Assignment(7, "sales"))
    async with sessions() as session:
        shown = await inbound.show(session, second)
    assert shown is not None
    assert (shown.state, shown.outcome, shown.why) == (InboundState.IGNORED, "discarded", "not wanted")


async def test_of_two_who_assign_at_once_the_second_sees_that_it_is_done(sessions: Sessions) -> None:
    [number] = await held(sessions, "a@x.test")

    async def second() -> list[inbound.Waiting]:
        async with sessions.begin() as session:
            return await inbound.lock_messages(session, [number])

    async with sessions.begin() as session:
        await inbound.lock_messages(session, [number])
        waiting = asyncio.create_task(second())
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done, "it waits for the first"
        await inbound.assign(session, [number], Assignment())
    [found] = await waiting
    assert (found.state, found.may_be_sorted, found.assignment) == (InboundState.QUEUED, False, Assignment())
