"""Lists of tickets: filtered, ordered, a page at a time from where the last one ended, and counted; and what a search finds, ranked.

Searching reads the newest tickets that have the words, up to `MOST`, ranks those, and says when there may be more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.ticket_lists import Departments, Nobody, Order, Position, TicketFilter
from storage.ticket_views import COLUMNS, Document, ticket

COMMON: Final = 5000
"""Tickets that have what is searched for: from so many on, the newest of them are soon found."""
MOST: Final = 1000
"""Tickets that a search ranks, and counts."""
TEXT: Final = 6000
"""Characters of an article that are looked through for where it says what was searched for."""
ARTICLES: Final = 12
"""Of a ticket, likewise: the newest, and the first."""


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` are tickets in CONTRACT's shape, each with `waiting_since`. `newer` and `older` are where the pages before and after begin;
    None where there is none."""

    rows: Sequence[Document]
    newer: Position | None = None
    older: Position | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of tickets by status and gateway. `capped`: there are more than were counted."""

    cells: Sequence[tuple[str, str | None, int]] = field(default=())
    capped: bool = False

    def by_status(self, gateway: str | None = None) -> dict[str, int]:
        return summed((status, n) for status, address, n in self.cells if gateway in (None, address))

    def by_gateway(self, statuses: Sequence[str] | None = None) -> dict[str, int]:
        return summed((address, n) for status, address, n in self.cells if address is not None and (statuses is None or status in statuses))


def summed(pairs: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, n in pairs:
        total[name] = total.get(name, 0) + n
    return total


async def planned_anew(session: AsyncSession) -> None:
    """For this transaction: one plan for all filters, as PostgreSQL keeps for a statement that it has seen five times, is ten times slower
    than each filter's own."""
    await session.execute(PLANNED_ANEW)


async def list_page(
    session: AsyncSession, asked: TicketFilter, order: Order = Order.UPDATED, at: Position | None = None, limit: int = 50
) -> Page:
    """The first page, or the one next to `at`. With `Order.RANK` as by number: nothing is searched for."""
    by, descending = ORDERS[order]
    back = at is not None and at.back
    conditions, given = where(asked)
    conditions += ["t.client_waiting_since IS NOT NULL"] if order is Order.WAITING else []
    if at is not None:
        conditions.append(f"({by}, t.number) {'<' if descending != back else '>'} (:by, :at)")
        given |= {"by": int(at.by) if by == "t.number" and not hasattr(at.by, "year") else at.by, "at": at.number}
    way = "DESC" if descending != back else "ASC"
    statement = (
        f"SELECT {COLUMNS}, t.client_waiting_since, {by} AS by FROM tickets t JOIN clients c ON c.id = t.client_id "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY {by} {way}, t.number {way} LIMIT :limit"
    )
    rows = list(await session.execute(text(statement), given | {"limit": limit + 1}))
    return page_of(rows, at, limit)


async def search_page(
    session: AsyncSession,
    asked: TicketFilter,
    query: str,
    *,
    common: bool,
    first: int | None = None,
    at: Position | None = None,
    limit: int = 50,
) -> Page:
    """What fits best comes first, before it the ticket of the number `first`. `query` is a `tsquery` in PostgreSQL's notation; `common` is
    what `is_common` says of it."""
    conditions, given = where(asked)
    back = at is not None and at.back
    beyond = "true" if at is None else f"(rank, number) {'>' if back else '<'} (:by, :at)"
    given |= {"query": query, "first": first or 0, "most": MOST, "limit": limit + 1}
    given |= {} if at is None else {"by": float(at.by), "at": at.number}  # type: ignore[arg-type]
    way = "ASC" if back else "DESC"
    written = {"where": " AND ".join(conditions), "beyond": beyond, "way": way, "newest": newest(common=common)}
    return page_of(list(await session.execute(text(SEARCH.format(columns=COLUMNS, **written)), given)), at, limit)


def page_of(rows: list[Any], at: Position | None, limit: int) -> Page:
    """Of rows in the order in which they were read: away from `at`, one more than asked for where there are more."""
    more, rows = len(rows) > limit, rows[:limit]
    back = at is not None and at.back
    if back:
        rows.reverse()
    first, last = (Position(rows[0].by, rows[0].number, back=True), Position(rows[-1].by, rows[-1].number)) if rows else (None, None)
    newer = first if (more if back else at is not None) else None
    older = last if (back or more) else None
    return Page([ticket(row) | {"waiting_since": row.client_waiting_since} for row in rows], newer, older)


async def counts(session: AsyncSession, asked: TicketFilter) -> Counts:
    """Of all that the rest of the filter allows: its statuses and its gateway are not looked at."""
    conditions, given = where(asked.of_any_status)
    return Counts([tuple(row) for row in await session.execute(grouped(COUNTS, conditions), given)])


async def search_counts(session: AsyncSession, asked: TicketFilter, query: str, *, common: bool) -> Counts:
    """The same of what a search finds, up to `MOST`."""
    conditions, given = where(asked.of_any_status)
    statement = text(SEARCH_COUNTS.format(where=" AND ".join(conditions), newest=newest(common=common)))
    cells = [tuple(row) for row in await session.execute(statement, given | {"query": query, "most": MOST + 1})]
    return Counts(cells, capped=sum(n for *_, n in cells) > MOST)


async def is_common(session: AsyncSession, query: str) -> bool:
    """Whether so many tickets have what is searched for that reading them from the newest on soon finds enough. PostgreSQL cannot foresee
    which words meet, and would read all tickets for two common words that never do."""
    return bool(await session.scalar(IS_COMMON, {"query": query, "common": COMMON}))


def newest(*, common: bool) -> str:
    """What found tickets are ordered by. There is no index to read them in the order of a sum: those are looked up by their words first."""
    return "s.ticket" if common else "s.ticket + 0"


def grouped(statement: str, conditions: Sequence[str]) -> TextClause:
    return text(statement.format(where=" AND ".join(conditions)))


async def texts_of(session: AsyncSession, numbers: Sequence[int]) -> dict[int, list[str]]:
    """What articles of these tickets say, for showing where a search found something: the newest first, then the very first one."""
    found: dict[int, list[str]] = {}
    for row in await session.execute(TEXTS, {"numbers": list(numbers), "articles": ARTICLES, "most": TEXT}):
        found.setdefault(row.ticket, []).append(row.text)
    return found


async def tags(session: AsyncSession, seen: Departments | None, limit: int = 200) -> list[str]:
    """Those in use on tickets that may be seen, by name."""
    conditions, given = where(TicketFilter(seen=seen))
    return list((await session.execute(grouped(TAGS, conditions), given | {"limit": limit})).scalars())


async def has_any(session: AsyncSession, seen: Departments, client: int) -> bool:
    """Whether the client has a ticket that may be seen."""
    conditions, given = where(TicketFilter(seen=seen, client=client))
    return bool(await session.scalar(grouped("SELECT EXISTS (SELECT FROM tickets t WHERE {where})", conditions), given))


def where(asked: TicketFilter, *, merged: bool = False) -> tuple[list[str], dict[str, Any]]:
    """Conditions on `tickets t`, and their parameters. `merged`: whether those that were merged into others are meant, too."""
    conditions, given = ["true" if merged else "t.merged_into IS NULL"], dict[str, Any]()
    for name, departments in (("seen", asked.seen), ("departments", asked.departments)):
        if departments is not None:
            conditions.append(of_departments(name, departments, given))
    if asked.statuses is not None:
        conditions.append("t.status = ANY(CAST(:statuses AS text[]))")
        given["statuses"] = [str(each) for each in asked.statuses]
    match asked.assignee:
        case None:
            pass
        case Nobody(agents):
            conditions.append("(t.assignee IS NULL OR t.assignee <> ALL(CAST(:agents AS text[])))")
            given["agents"] = list(agents)
        case address:
            conditions.append("t.assignee = :assignee")
            given["assignee"] = address
    for name, condition in EQUAL.items():
        if (value := getattr(asked, name)) is not None:
            conditions.append(condition)
            given[name] = value
    return conditions, given


def of_departments(name: str, departments: Departments, given: dict[str, Any]) -> str:
    given[name] = list(departments.keys)
    mine = f"t.department = ANY(CAST(:{name} AS text[]))"
    if departments.known is None:
        return mine
    given[f"{name}_known"] = list(departments.known)
    return f"({mine} OR t.department <> ALL(CAST(:{name}_known AS text[])))"


EQUAL: Final = {
    "tag": "t.number IN (SELECT ticket FROM ticket_tags WHERE key = lower(:tag))",
    "client": "t.client_id = :client",
    "gateway": "t.gateway = :gateway",
    "updated_since": "t.updated_at >= :updated_since",
}
ORDERS: Final = {
    Order.UPDATED: ("t.updated_at", True),
    Order.NUMBER: ("t.number", True),
    Order.RANK: ("t.number", True),
    Order.WAITING: ("t.client_waiting_since", False),
}
"""What a list is ordered by, and whether the greatest comes first."""

# Weights of D, C, B, A; 1: a long ticket has more words of any kind.
SEARCH: Final = """
    WITH found AS MATERIALIZED (
        SELECT t.number, s.words FROM ticket_search s JOIN tickets t ON t.number = s.ticket
        WHERE s.words @@ CAST(:query AS tsquery) AND {where} ORDER BY {newest} DESC LIMIT :most
    ), ranked AS (
        SELECT number, CASE WHEN number = :first THEN 2 ELSE ts_rank('{{0.1, 0.3, 0.6, 1.0}}', words, CAST(:query AS tsquery), 1) END
            ::float8 AS rank FROM found
    ), page AS (
        SELECT number, rank FROM ranked WHERE {beyond} ORDER BY rank {way}, number {way} LIMIT :limit
    )
    SELECT {columns}, t.client_waiting_since, page.rank AS by
    FROM page JOIN tickets t ON t.number = page.number JOIN clients c ON c.id = t.client_id ORDER BY page.rank {way}, page.number {way}
"""
IS_COMMON: Final = text(
    "SELECT count(*) >= :common FROM (SELECT FROM ticket_search WHERE words @@ CAST(:query AS tsquery) LIMIT :common) AS found"
)
PLANNED_ANEW: Final = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
COUNTS: Final = "SELECT t.status, t.gateway, count(*) FROM tickets t WHERE {where} GROUP BY t.status, t.gateway"
SEARCH_COUNTS: Final = """
    SELECT status, gateway, count(*) FROM (
        SELECT t.status, t.gateway FROM ticket_search s JOIN tickets t ON t.number = s.ticket
        WHERE s.words @@ CAST(:query AS tsquery) AND {where} ORDER BY {newest} DESC LIMIT :most
    ) AS found GROUP BY status, gateway
"""
# From one tag to the next by the index: there are few tags, and very many tickets that have one.
TAGS: Final = """
    WITH RECURSIVE one (key) AS (
        (SELECT key FROM ticket_tags ORDER BY key LIMIT 1)
        UNION ALL SELECT (SELECT g.key FROM ticket_tags g WHERE g.key > one.key ORDER BY g.key LIMIT 1) FROM one WHERE one.key IS NOT NULL
    )
    SELECT used.tag FROM (SELECT key FROM one WHERE key IS NOT NULL LIMIT 2000) AS known, LATERAL (
        SELECT g.tag FROM ticket_tags g JOIN tickets t ON t.number = g.ticket WHERE g.key = known.key AND {where} LIMIT 1
    ) AS used LIMIT :limit
"""
TEXTS: Final = text("""
    SELECT a.ticket, left(a.text, :most) AS text FROM unnest(CAST(:numbers AS bigint[])) AS asked (number), LATERAL (
        (SELECT id, ticket, text FROM articles WHERE ticket = asked.number ORDER BY id DESC LIMIT :articles)
        UNION (SELECT id, ticket, text FROM articles WHERE ticket = asked.number ORDER BY id LIMIT 1)
    ) AS a ORDER BY a.ticket, a.id DESC
""")
