"""Ratings: what the page asks, one rating written down, and their sums."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.language import Language
from gateway.domain.states import Status


@dataclass(frozen=True, slots=True)
class Rated:
    """The latest rating of a ticket. `age`: how long ago, by the database's clock."""

    id: int
    score: int
    comment: str
    link_expires_at: datetime
    created_at: datetime
    age: timedelta


@dataclass(frozen=True, slots=True)
class RatedTicket:
    """`number` is of the ticket that lives on, where it was merged."""

    number: int
    subject: str
    language: Language
    status: Status


@dataclass(frozen=True, slots=True)
class NewRating:
    """`replaces` is the id of the rating that counts no more."""

    ticket: int
    score: int
    level: str
    comment: str
    link_expires_at: datetime
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many ratings of one score, agent, department and month (`2026-11`, in UTC). `level` is the score's name as last given."""

    score: int
    level: str
    agent: str | None
    department: str
    month: str
    count: int


TICKET = text(
    """
    SELECT t.number, t.subject, t.language, t.status FROM tickets t
    WHERE t.number = coalesce((SELECT merged_into FROM tickets WHERE number = :number), :number) AND t.erased_at IS NULL
    """
)
# Ratings stay with the number that they were given under; whoever asks for the ticket that lives on means these too. Their ids follow the
# order in which the ticket was locked; their times do not, being those at which transactions began.
LATEST = text(
    """
    SELECT id, score, comment, link_expires_at, created_at, now() - created_at AS age FROM ratings
    WHERE ticket = ANY(SELECT number FROM tickets WHERE number = :number OR merged_into = :number) ORDER BY id DESC LIMIT 1
    """
)
RECORD = text(
    """
    WITH replaced AS (
        UPDATE ratings SET replaced_at = now() WHERE id = CAST(:replaces AS bigint)
    ), rated AS (
        UPDATE tickets SET rating_score = CAST(:score AS integer), rating_level = CAST(:level AS text),
            rating_comment = CAST(:comment AS text), rated_at = now(), updated_at = now()
        WHERE number = :ticket
    )
    INSERT INTO ratings (ticket, score, level, comment, link_expires_at, agent, department)
    SELECT number, CAST(:score AS integer), CAST(:level AS text), CAST(:comment AS text), CAST(:link_expires_at AS timestamptz),
        assignee, department FROM tickets WHERE number = :ticket
    RETURNING id
    """
)
# Counted by hashing, and named afterwards: sorting a hundred thousand ratings for the last of each level takes a page's whole time.
TALLIES = text(
    """
    WITH counted AS (
        SELECT score, agent, department, date_trunc('month', created_at AT TIME ZONE 'UTC') AS month, count(*) AS count, max(id) AS latest
        FROM ratings
        WHERE replaced_at IS NULL AND (CAST(:since AS timestamptz) IS NULL OR created_at >= CAST(:since AS timestamptz))
          AND (CAST(:departments AS text[]) IS NULL OR department = ANY (CAST(:departments AS text[])))
        GROUP BY score, agent, department, month
    )
    SELECT counted.score, latest.level, counted.agent, counted.department, to_char(counted.month, 'YYYY-MM') AS month, counted.count
    FROM counted JOIN ratings latest ON latest.id = counted.latest
    ORDER BY month, counted.department, counted.agent, counted.score
    """
)


async def rated_ticket(session: AsyncSession, number: int) -> RatedTicket | None:
    """The ticket of this number, or the one that it was merged into."""
    row = (await session.execute(TICKET, {"number": number})).first()
    return RatedTicket(row.number, row.subject, row.language, Status(row.status)) if row is not None else None


async def latest_rating(session: AsyncSession, ticket: int) -> Rated | None:
    row = (await session.execute(LATEST, {"number": ticket})).first()
    return Rated(*row) if row is not None else None


async def record_rating(session: AsyncSession, rating: NewRating) -> int:
    """Writes it down, and on the ticket, which is under lock; returns its id. About whoever has the ticket now."""
    values = {name: getattr(rating, name) for name in NewRating.__slots__}
    found: int = (await session.execute(RECORD, values)).scalar_one()
    return found


async def tallies(session: AsyncSession, since: datetime | None = None, departments: Collection[str] | None = None) -> list[Tally]:
    """What counts, by month, department and agent; replaced ratings do not. None: of all departments."""
    keys = None if departments is None else list(departments)
    return [Tally(*row) for row in await session.execute(TALLIES, {"since": since, "departments": keys})]
