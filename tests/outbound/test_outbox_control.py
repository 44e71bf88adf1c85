"""What an operator does to many letters at once, at the level of its statements."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.states import OutboxState
from storage import outbox
from tests.outbound.letters import make_ticket, new_letter
from tests.outbound.test_outbox import add, run, show

Sessions = async_sessionmaker[AsyncSession]


async def test_several_letters_are_found_retried_and_cancelled_at_once(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        ticket = await make_ticket(session)
    lost, kept, waiting, other = await add(sessions, *(new_letter(ticket=ticket) for _ in range(3)), new_letter())
    await run(sessions, "UPDATE outbox_messages SET state = 'failed' WHERE id IN (:lost, :kept)", lost=lost, kept=kept)
    failed, queued = OutboxState.FAILED, OutboxState.QUEUED
    async with sessions.begin() as session:
        assert await outbox.find(session, [failed]) == [lost, kept]
        assert await outbox.find(session, [failed, queued], ticket=ticket) == [lost, kept, waiting]
        assert await outbox.cancel_all(session, [lost, waiting, 999]) == {lost: "finished", waiting: "done", 999: "absent"}
        assert await outbox.retry_all(session, [kept, lost, lost]) == {kept: "done", lost: "done"}
        assert await outbox.retry_all(session, []) == {}
    assert [(await show(sessions, each)).state for each in (lost, kept, waiting, other)] == [queued, queued, "cancelled", queued]
