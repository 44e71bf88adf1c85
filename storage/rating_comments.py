"""What clients wrote beside their ratings, the newest first, a page at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Comment:
    """`number` and `subject` are of the ticket that lives on, where it was merged."""

    id: int
    number: int
    subject: str
    score: int
    level: str
    comment: str
    agent: str | None
    department: str
    at: datetime


async def comments(
    session: AsyncSession,
    most: int,
    *,
    before: int | None = None,
    since: datetime | None = None,
    departments: Collection[str] | None = None,
    department: str | None = None,
) -> list[Comment]:
    """Of ratings that count, whose comment is not empty; about `department`, if given. With `departments`, only where both the rating is
    about one of them and the ticket is with one of them now: what a client wrote belongs to whoever may read the ticket. `before` is the
    last id of the page before."""
    values = {"most": most, "before": before, "since": since, "department": department}
    keys = None if departments is None else list(departments)
    return [Comment(*row) for row in await session.execute(_COMMENTS, values | {"departments": keys})]


_COMMENTS: Final = text("""
    SELECT r.id, t.number, t.subject, r.score, r.level, r.comment, r.agent, r.department, r.created_at
    FROM ratings r JOIN tickets given ON given.number = r.ticket JOIN tickets t ON t.number = coalesce(given.merged_into, given.number)
    WHERE r.replaced_at IS NULL AND r.comment <> '' AND t.erased_at IS NULL
      AND (CAST(:before AS bigint) IS NULL OR r.id < CAST(:before AS bigint))
      AND (CAST(:since AS timestamptz) IS NULL OR r.created_at >= CAST(:since AS timestamptz))
      AND (CAST(:departments AS text[]) IS NULL
           OR (r.department = ANY (CAST(:departments AS text[])) AND t.department = ANY (CAST(:departments AS text[]))))
      AND (CAST(:department AS text) IS NULL OR r.department = CAST(:department AS text))
    ORDER BY r.id DESC LIMIT :most
""")
