"""Two tickets become one: what hangs on the source moves, and its number leads to the ticket that lives on.

Ids and letters keep the source's number: whoever asks by one follows `merged_into`, which always names a ticket that lives.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MERGE = text(
    """
    WITH articles AS (
        UPDATE articles SET ticket = :target WHERE ticket = :source
    ), participants AS (
        INSERT INTO ticket_participants (ticket, key, address, name, part)
        SELECT :target, key, address, name,
            CASE WHEN part <> 'requester' THEN part
                 WHEN key IN (SELECT a.key FROM client_addresses a JOIN tickets t ON t.client_id = a.client_id WHERE t.number = :target)
                 THEN 'named' ELSE 'cc' END
          FROM ticket_participants WHERE ticket = :source
        ON CONFLICT (ticket, key) DO UPDATE SET part = excluded.part
            WHERE ticket_participants.part IN ('named', 'stranger') AND excluded.part = 'cc'
    ), tags AS (
        INSERT INTO ticket_tags (ticket, key, tag) SELECT :target, key, tag FROM ticket_tags WHERE ticket = :source ON CONFLICT DO NOTHING
    )
    UPDATE tickets SET merged_into = :target, status = 'closed', updated_at = now(), closed_at = coalesce(closed_at, now())
    WHERE number = :source OR merged_into = :source
    """
)


async def merge_tickets(session: AsyncSession, source: int, target: int) -> None:
    """Both rows are under lock."""
    await session.execute(MERGE, {"source": source, "target": target})
