"""Letters that wait for their time, and what makes them void."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def cancel_left(session: AsyncSession, ticket: int, status: str) -> None:
    """Delayed letters of a ticket that were asked for by a status it has left. In the transaction that changes the status."""
    await session.execute(_CANCEL_LEFT, {"ticket": ticket, "status": status})


_CANCEL_LEFT: Final = text("""
    WITH void AS (
        UPDATE outbox_messages SET state = 'cancelled', last_error = 'the ticket left the status ' || while_status || ' first'
        WHERE ticket = :ticket AND state = 'scheduled' AND while_status IS NOT NULL AND while_status <> :status
        RETURNING id
    )
    UPDATE outbox_recipients SET state = 'cancelled', finished_at = now() WHERE state = 'queued' AND outbox_id IN (SELECT id FROM void)
""")
