"""Letters that wait for their time, and what makes them void."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.company import Turn, together


async def cancel_left(session: AsyncSession, ticket: int, status: str) -> None:
    """Delayed letters of a ticket that were asked for by a status it has left. In the transaction that changes the status."""
    await together(session, Turn.VOID, _cancel_all, (ticket, status))


async def _cancel_all(session: AsyncSession, asked: Sequence[tuple[int, str]]) -> Sequence[None]:
    await session.execute(_CANCEL_LEFT, {"tickets": [ticket for ticket, _ in asked], "statuses": [status for _, status in asked]})
    return [None] * len(asked)


_CANCEL_LEFT: Final = text("""
    WITH void AS (
        UPDATE outbox_messages SET state = 'cancelled', last_error = 'the ticket left the status ' || while_status || ' first'
        FROM unnest(CAST(:tickets AS bigint[]), CAST(:statuses AS text[])) AS changed (number, status)
        WHERE ticket = changed.number AND state = 'scheduled' AND while_status IS NOT NULL AND while_status <> changed.status
        RETURNING id
    )
    UPDATE outbox_recipients SET state = 'cancelled', finished_at = now() WHERE state = 'queued' AND outbox_id IN (SELECT id FROM void)
""")
