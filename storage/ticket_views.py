"""Tickets as people and programs read them: rows of a list, and one with its articles and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.company import Turn, together
from storage.notices import notices

COLUMNS = """
    t.number, t.subject, t.status, t.category, t.priority, t.department, t.gateway, t.language, t.assignee, t.related, t.merged_into,
    t.created_at, t.updated_at, t.erased_at, t.rating_score, t.rating_level, t.rating_comment, t.rated_at,
    c.id AS client_id, c.name AS client_name,
    (SELECT coalesce(array_agg(address ORDER BY created_at, key), '{}') FROM client_addresses WHERE client_id = c.id) AS client_addresses,
    (SELECT coalesce(array_agg(address ORDER BY joined_at, key), '{}')
      FROM ticket_participants WHERE ticket = t.number AND part = 'cc') AS cc,
    (SELECT coalesce(array_agg(tag ORDER BY key), '{}') FROM ticket_tags WHERE ticket = t.number) AS tags
"""
LIST = text(
    f"SELECT {COLUMNS} FROM tickets t JOIN clients c ON c.id = t.client_id "  # noqa: S608
    "WHERE (CAST(:status AS text) IS NULL OR t.status = :status) ORDER BY t.number DESC LIMIT :limit"
)
# A merged ticket's number leads to the one that lives on.
SHOW = text(
    f"SELECT {COLUMNS}, (SELECT coalesce(array_agg(number ORDER BY number), '{{}}') FROM tickets WHERE merged_into = t.number) AS merged "  # noqa: S608
    "FROM tickets t JOIN clients c ON c.id = t.client_id "
    "WHERE t.number = coalesce((SELECT merged_into FROM tickets WHERE number = :number), :number)"
)
ARTICLES = text(
    """
    SELECT a.*, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'filename', filename, 'content_type', content_type, 'size', size,
        'sha256', encode(sha256, 'hex'), 'inline', inline, 'content_id', content_id) ORDER BY id), '[]')
        FROM attachments WHERE article_id = a.id) AS attachments
    FROM articles a WHERE ticket = :number ORDER BY id
    """
)
EVENTS = text(
    "SELECT id, kind, actor_role, actor, data, inbound_id, at FROM ticket_events WHERE ticket = ANY(CAST(:numbers AS bigint[])) ORDER BY id"
)
LATEST = text(
    """
    SELECT asked.number, a.text, a.author_name AS name, a.author_address AS address,
        (SELECT array_agg(filename ORDER BY id) FROM attachments WHERE article_id = a.id AND NOT inline) AS files
    FROM unnest(CAST(:numbers AS bigint[])) AS asked (number), LATERAL (
        SELECT * FROM articles WHERE ticket = asked.number AND kind = 'client_message' AND verified AND NOT private
        ORDER BY id DESC LIMIT 1
    ) AS a
    """
)
COUNTS = text("SELECT status, count(*) AS n FROM tickets GROUP BY status")

Document = dict[str, Any]


SETTINGS = text("SELECT status, category, priority, department, assignee FROM tickets WHERE number = :number")


async def list_tickets(session: AsyncSession, status: str | None = None, limit: int = 1000) -> list[Document]:
    """The newest first, without articles and events; in CONTRACT's shape."""
    return [ticket(row) for row in await session.execute(LIST, {"status": status, "limit": limit})]


async def show_ticket(session: AsyncSession, number: int) -> Document | None:
    """The ticket of this number, or the one that it was merged into; `merged` are the numbers that lead to it."""
    row = (await session.execute(SHOW, {"number": number})).first()
    if row is None:
        return None
    numbers = [row.number, *row.merged]
    written = [*await session.execute(ARTICLES, {"number": row.number}), *await notices(session, numbers)]
    articles = [article(each) for each in sorted(written, key=lambda each: (each.created_at, each.id))]
    events = [event(each) for each in await session.execute(EVENTS, {"numbers": numbers})]
    # Where it is from, of a ticket that another desk had.
    imported = next((each["data"]["imported"] for each in events if each["kind"] == "created" and "imported" in each["data"]), None)
    return ticket(row) | {"merged": list(row.merged), "imported": imported, "articles": articles, "events": events}


@dataclass(frozen=True, slots=True)
class LatestMessage:
    text: str
    name: str
    address: str
    files: tuple[str, ...]


async def settings_of(session: AsyncSession, number: int) -> Document:
    """What an operator can set, but for the subject, which is a client's words; empty where there is no such ticket."""
    row = (await session.execute(SETTINGS, {"number": number})).first()
    return {} if row is None else dict(row._mapping)


async def latest_message(session: AsyncSession, number: int) -> LatestMessage | None:
    """What the client wrote last; `files` are the names of what came along."""
    found: LatestMessage | None = await together(session, Turn.LATEST, latest_messages, number)
    return found


async def latest_messages(session: AsyncSession, asked: Sequence[int]) -> list[LatestMessage | None]:
    rows = await session.execute(LATEST, {"numbers": list(asked)})
    found = {row.number: LatestMessage(row.text, row.name, row.address or "", tuple(row.files or ())) for row in rows}
    return [found.get(each) for each in asked]


async def count_by_status(session: AsyncSession) -> dict[str, int]:
    return {row.status: row.n for row in await session.execute(COUNTS)}


def ticket(row: Any) -> Document:
    rating = None
    if row.rated_at is not None:
        rating = {"score": row.rating_score, "level": row.rating_level, "comment": row.rating_comment, "at": row.rated_at}
    names = (
        "number", "subject", "status", "category", "priority", "department", "gateway", "language", "assignee", "related", "merged_into",
        "created_at", "updated_at", "erased_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "client": {"id": row.client_id, "name": row.client_name, "addresses": list(row.client_addresses)},
        "cc": list(row.cc),
        "tags": list(row.tags),
        "rating": rating,
    }


def article(row: Any) -> Document:
    names = (
        "id",
        "kind",
        "message_id",
        "text",
        "html",
        "quoted_text",
        "signature",
        "private",
        "verified",
        "to",
        "cc",
        "attachments",
        "created_at",
    )
    author = {"role": row.author_role, "name": row.author_name, "address": row.author_address}
    return {name: getattr(row, name) for name in names} | {"author": author}


def event(row: Any) -> Document:
    return {"kind": row.kind, "actor": row.actor or row.actor_role, "data": row.data, "at": row.at, "inbound": row.inbound_id}
