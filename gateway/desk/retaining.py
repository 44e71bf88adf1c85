"""What is past its time goes, hour by hour, some at a time. Killed at any moment, the next run goes on."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.audit import Who
from gateway.domain.retention import Retention
from storage import audit, holds, retention, webhooks
from storage.engine import database_away, serialization_conflict
from storage.erasure import tickets

log = structlog.get_logger()

Sessions = async_sessionmaker[AsyncSession]
Batches = Callable[[AsyncSession, holds.Held, int], Awaitable[retention.Batch]]

RETENTION: Final = Who("retention", "deskgate", "schedule")
"""Who takes entries of the audit log away."""
MOST_BATCHES: Final = 100
"""In one run, of each kind: 50,000 messages, which the time of a job is enough for. The next run takes more."""


async def remove_past(sessions: Sessions, terms: Retention) -> dict[str, int]:
    """How many of what; only what there was any of."""
    done = Counter[str]()
    if terms.raw_mail or terms.ignored_mail:

        async def raw(session: AsyncSession, held: holds.Held, after: int) -> retention.Batch:
            return await retention.raw_mail(session, held, terms.raw_mail, terms.ignored_mail, after)

        done["raw_mail"] = await in_batches(sessions, raw)
        done["partitions"] = await drop_weeks(sessions)
    if terms.letters:
        done["letters"] = await remove_bodies(sessions, terms)
    if terms.closed_tickets or terms.spam:
        done["tickets"] = await empty_tickets(sessions, terms)
    if terms.webhooks:

        async def told(session: AsyncSession, held: holds.Held, after: int) -> retention.Batch:
            gone = await webhooks.forget(session, terms.webhooks, held.tickets, retention.BATCH)
            return retention.Batch(gone, after if gone else None)

        done["webhook_deliveries"] = await in_batches(sessions, told)
    if terms.audit:
        done["audit"] = await forget_acts(sessions, terms.audit)
    return {what: count for what, count in done.items() if count}


async def in_batches(sessions: Sessions, batch: Batches, after: int = 0) -> int:
    gone = 0
    for _ in range(MOST_BATCHES):
        async with sessions.begin() as session:
            done = await batch(session, await holds.while_none_is_set(session), after)
        gone += done.gone
        if done.last is None:
            break
        after = done.last
    return gone


async def remove_bodies(sessions: Sessions, terms: Retention) -> int:
    """Goes on where the run before it ended, for letters never stop to be many."""

    async def bodies(session: AsyncSession, held: holds.Held, after: int) -> retention.Batch:
        batch = await retention.bodies(session, held, terms.letters, terms.links, after)
        if batch.last is not None:
            await retention.note_letter(session, batch.last)
        return batch

    async with sessions() as session:
        after = await retention.oldest_letter(session)
    return await in_batches(sessions, bodies, after)


async def forget_acts(sessions: Sessions, days: int) -> int:
    """Of the audit log, which nobody is kept waiting at for long."""
    gone = 0
    for _ in range(MOST_BATCHES):
        async with sessions.begin() as session:
            forgotten = await audit.forget(session, days, RETENTION)
        gone += forgotten
        if not forgotten:
            break
    return gone


async def empty_tickets(sessions: Sessions, terms: Retention) -> int:
    """One transaction each."""
    async with sessions() as session:
        numbers = await retention.ended_tickets(session, await holds.held(session), terms.closed_tickets, terms.spam)
    emptied = 0
    for number in numbers:
        try:
            async with sessions.begin() as session:
                emptied += await emptied_one(session, number, terms)
        except Exception as error:
            if not serialization_conflict(error):
                raise
            log.info("retention_waits", ticket=number)
    return emptied


async def emptied_one(session: AsyncSession, number: int, terms: Retention) -> bool:
    """Not where it was opened again, or put on hold, since it was looked for."""
    held = await holds.while_none_is_set(session)
    if not await retention.is_past(session, held, number, terms.closed_tickets, terms.spam):
        return False
    numbers = [number, *await tickets.merged_into(session, [number])]
    if await tickets.in_hand(session, numbers):
        return False
    await tickets.empty(session, numbers, "retention", {"why": "retention"})
    return True


async def drop_weeks(sessions: Sessions) -> int:
    """Partitions that are empty now."""
    async with sessions() as session:
        weeks = await retention.past_weeks(session)
    dropped = 0
    for each in weeks:
        try:
            async with sessions.begin() as session:
                dropped += await retention.drop_empty(session, each)
        except Exception as error:
            if not database_away(error):
                raise
            # Somebody reads or writes there for long, such as a back-up: the next run tries it again.
            log.info("partition_in_use", partition=each)
            return dropped
    return dropped
