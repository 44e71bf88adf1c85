"""What is said of an event: the ticket as it stands at the first attempt, kept so that every later attempt says the same."""

from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from storage.ticket_views import COLUMNS, Document, article, event, ticket


async def kept(session: AsyncSession, delivery: int) -> Document | None:
    """What an attempt before said."""
    found: Document | None = await session.scalar(_KEPT, {"id": delivery})
    return found


async def keep(session: AsyncSession, delivery: int, payload: Document) -> None:
    await session.execute(_KEEP, {"id": delivery, "payload": payload})


async def told_of(session: AsyncSession, event_id: int) -> tuple[Document, Document, Document | None] | None:
    """An event, its ticket as it stands now, and the article that came with it; None where it is gone."""
    found = (await session.execute(_EVENT, {"id": event_id})).first()
    if found is None:
        return None
    about = (await session.execute(_TICKET, {"number": found.ticket})).one()
    written = None
    if found.kind in ARTICLES:
        given = {"event": found.id, "ticket": found.ticket, "into": about.merged_into, "kind": ARTICLES[found.kind]}
        written = (await session.execute(_ARTICLE, given)).first()
    return event(found), ticket(about), None if written is None else article(written)


ARTICLES: Final[dict[str, str]] = {
    "created": "client_message",
    "client_replied": "client_message",
    "replied": "agent_reply",
    "note_added": "note",
}
"""Kinds of events that come with an article, and that article's."""

_KEPT: Final = text("SELECT payload FROM webhook_deliveries WHERE id = :id").columns(payload=JSONB)
_KEEP: Final = text("UPDATE webhook_deliveries SET payload = :payload WHERE id = :id").bindparams(bindparam("payload", type_=JSONB))
_EVENT: Final = text("SELECT id, ticket, kind, actor_role, actor, data, inbound_id, at FROM ticket_events WHERE id = :id")
_TICKET: Final = text(f"SELECT {COLUMNS} FROM tickets t JOIN clients c ON c.id = t.client_id WHERE t.number = :number")  # noqa: S608

# An article and its event are of one transaction, and so of one time; of several the n-th event's is the n-th. A merger takes articles
# with it, and leaves events where they were.
_ARTICLE: Final = text("""
    SELECT a.*, (SELECT coalesce(jsonb_agg(jsonb_build_object('filename', filename, 'content_type', content_type, 'size', size,
        'sha256', encode(sha256, 'hex'), 'inline', inline, 'content_id', content_id) ORDER BY id), '[]')
        FROM attachments WHERE article_id = a.id) AS attachments
    FROM ticket_events e JOIN articles a ON a.created_at = e.at AND a.ticket IN (:ticket, CAST(:into AS bigint)) AND a.kind = :kind
    WHERE e.id = :event ORDER BY a.id
    OFFSET (SELECT count(*) FROM ticket_events b JOIN ticket_events e ON e.id = :event
        WHERE b.ticket = e.ticket AND b.at = e.at AND b.kind = e.kind AND b.id < e.id)
    LIMIT 1
""")
