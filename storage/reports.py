"""What a delivery report changes in the outbox."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MARK = text(
    """
    WITH marked AS (
        UPDATE outbox_recipients SET state = 'bounced', reply = :reply, finished_at = now()
        WHERE outbox_id = :outbox_id AND (CAST(:recipient_id AS bigint) IS NULL OR id = :recipient_id)
    )
    UPDATE outbox_messages SET state = 'bounced', last_error = :reply
    WHERE id = :outbox_id AND state IN ('sent', 'failed') AND NOT EXISTS (
        SELECT FROM outbox_recipients WHERE outbox_id = :outbox_id AND CAST(:recipient_id AS bigint) IS NOT NULL
          AND id <> :recipient_id AND state NOT IN ('bounced', 'failed')
    )
    """
)


async def mark_bounced(session: AsyncSession, outbox_id: int, recipient_id: int | None, reply: str) -> None:
    """The recipient bounced; the letter did, when nobody else got it."""
    await session.execute(MARK, {"outbox_id": outbox_id, "recipient_id": recipient_id, "reply": reply})
