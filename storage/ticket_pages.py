"""What pages and doors ask about one ticket, besides the ticket itself: its newest words, one mail's HTML, its client's other tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class OtherTicket:
    number: int
    subject: str
    status: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ArticleHtml:
    """`pictures` are the attachments that it may show within, by their Content-ID."""

    html: str
    department: str
    pictures: tuple[tuple[str, int], ...]


async def newest_words(session: AsyncSession, number: int) -> int | None:
    """The id of the newest article by which somebody spoke to the client or the client to us; None where nobody has."""
    found: int | None = (await session.execute(_NEWEST, {"number": number})).scalar_one()
    return found


async def other_tickets(
    session: AsyncSession, client: int, but: int, departments: Sequence[str] | None, limit: int
) -> tuple[OtherTicket, ...]:
    """Of the same client in these departments (None: all), the newest first, those apart that were merged or erased."""
    values: dict[str, Any] = {"client": client, "but": but, "limit": limit}
    values["departments"] = None if departments is None else list(departments)
    return tuple(OtherTicket(*row) for row in await session.execute(_OTHERS, values))


async def article_html(session: AsyncSession, number: int, article: int) -> ArticleHtml | None:
    """None where this ticket has no such article, or the article no HTML."""
    row = (await session.execute(_HTML, {"number": number, "article": article})).one_or_none()
    return None if row is None else ArticleHtml(row.html, row.department, tuple((name, found) for name, found in row.pictures))


_NEWEST: Final = text("SELECT max(id) FROM articles WHERE ticket = :number AND kind IN ('client_message', 'agent_reply')")
_OTHERS: Final = text("""
    SELECT number, subject, status, updated_at FROM tickets
    WHERE client_id = :client AND number <> :but AND merged_into IS NULL AND erased_at IS NULL
        AND (CAST(:departments AS text[]) IS NULL OR department = ANY (CAST(:departments AS text[])))
    ORDER BY number DESC LIMIT :limit
""")
_HTML: Final = text("""
    SELECT a.html, t.department, (
        SELECT coalesce(jsonb_agg(jsonb_build_array(content_id, id) ORDER BY id), '[]')
        FROM attachments WHERE article_id = a.id AND content_id IS NOT NULL) AS pictures
    FROM articles a JOIN tickets t ON t.number = a.ticket
    WHERE a.ticket = :number AND a.id = :article AND a.html IS NOT NULL
""")
