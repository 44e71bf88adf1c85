"""What waits for people, in three small numbers: each counted no further than to what is worth telling."""

from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.visible import Visible
from storage.visible import inbound_seen, of_inbound, of_ticket, ticket_seen

MOST: Final = 100
"""Of each; that many or more is many."""


async def waiting(session: AsyncSession, sees: Visible | None) -> dict[str, int]:
    """`inbound`: held mail, `tickets`: new ones, `outbox`: letters of this week that did not arrive; as far as one sees them."""
    departments = "true" if sees is None else "department = ANY (CAST(:departments AS text[]))"
    statement = _WAITING.format(inbound=inbound_seen(sees), tickets=departments, outbox=ticket_seen(sees, "m.ticket"), most=MOST)
    values: dict[str, Any] = of_inbound(sees) | of_ticket(sees)
    row = (await session.execute(text(statement), values)).one()
    return dict(row._asdict())


_WAITING: Final = """
    SELECT (SELECT count(*) FROM (SELECT FROM inbound_messages WHERE state = 'held' AND {inbound} LIMIT {most}) AS held) AS inbound,
        (SELECT count(*) FROM (SELECT FROM tickets WHERE status = 'new' AND {tickets} LIMIT {most}) AS fresh) AS tickets,
        (SELECT count(*) FROM (
            SELECT FROM outbox_messages m WHERE state IN ('failed', 'bounced') AND created_at > now() - interval '7 days' AND {outbox}
            LIMIT {most}) AS lost) AS outbox
"""
