"""Lists of tickets and searching them, as the console and the API have it: what somebody asks for, within what they may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.views import ticket_document
from gateway.domain.operators import Operator
from gateway.domain.organisation import Organisation
from gateway.domain.ticket_lists import Departments, Order, Position, TicketFilter, departments_of
from gateway.search import query as queries
from gateway.search import snippet as snippets
from gateway.search.snippet import Piece
from storage import ticket_lists
from storage.search import Stems
from storage.ticket_lists import Counts

STEMS: Final = Stems()
"""Of this process: words' stems do not change."""
LONGEST_SEARCH: Final = queries.LONGEST


@dataclass(frozen=True, slots=True)
class Found:
    """`rows` are in CONTRACT's shape, with `waiting_since`; `subjects` and `snippets`, of a search alone, by ticket number, tell where its
    words stand. `common`: nothing was searched for, because every text has those words."""

    rows: Sequence[dict[str, Any]]
    newer: Position | None = None
    older: Position | None = None
    subjects: Mapping[int, Sequence[Piece]] = field(default_factory=dict)
    snippets: Mapping[int, Sequence[Piece]] = field(default_factory=dict)
    common: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """Ready to be asked: `tsquery` is None where there is nothing to search for. `common`: very many tickets have it."""

    query: queries.Query
    tsquery: str | None
    common: bool = False


def seen_by(operator: Operator, desk: Organisation) -> Departments | None:
    """What the operator may see; None: everything."""
    return None if operator.all_departments else departments_of(operator.departments, desk)


async def search_of(session: AsyncSession, words: str) -> Search | None:
    """Of what somebody typed; None where that is nothing."""
    if not words.strip():
        return None
    query = queries.read(words)
    written = queries.tsquery(query, await STEMS.of(session, query.words_to_stem()))
    if written is None:
        return Search(query, None)
    await ticket_lists.planned_anew(session)
    return Search(query, written, await ticket_lists.is_common(session, written))


async def page(
    session: AsyncSession,
    desk: Organisation,
    asked: TicketFilter,
    order: Order | None = None,
    search: Search | None = None,
    at: Position | None = None,
    limit: int = 50,
) -> Found:
    """The first page, or the one next to `at`, which is `newer` or `older` of a page with the same filter, order and search.

    Without an order, what changed last comes first. A search has no order but its own: what fits best comes first."""
    await ticket_lists.planned_anew(session)
    if search is None:
        found = await ticket_lists.list_page(session, asked, order or Order.UPDATED, at, limit)
        return Found(documents(found.rows, desk), found.newer, found.older)
    if search.tsquery is None:
        return Found((), common=True)
    found = await ticket_lists.search_page(
        session, asked, search.tsquery, common=search.common, first=search.query.number, at=at, limit=limit
    )
    subjects, texts = await shown(session, search, found.rows)
    return Found(documents(found.rows, desk), found.newer, found.older, subjects, texts)


async def counted(session: AsyncSession, asked: TicketFilter, search: Search | None = None) -> Counts:
    """By status and gateway, whichever of those the filter has."""
    await ticket_lists.planned_anew(session)
    if search is None:
        return await ticket_lists.counts(session, asked)
    if search.tsquery is None:
        return Counts()
    return await ticket_lists.search_counts(session, asked, search.tsquery, common=search.common)


def documents(rows: Sequence[dict[str, Any]], desk: Organisation) -> list[dict[str, Any]]:
    return [ticket_document(row, desk) for row in rows]


Pieces = dict[int, Sequence[Piece]]


async def shown(session: AsyncSession, search: Search, rows: Sequence[dict[str, Any]]) -> tuple[Pieces, Pieces]:
    """Subjects and texts of the tickets, with the words told apart."""
    query = search.query
    what = snippets.wanted(query, await STEMS.of(session, query.words_to_stem()))
    texts = await ticket_lists.texts_of(session, [row["number"] for row in rows])
    read = (*(row["subject"] for row in rows), *(each for several in texts.values() for each in several))
    stems = await STEMS.of(session, snippets.words_to_stem(read, what))
    subjects: Pieces = {row["number"]: snippets.marked(row["subject"], what, stems) for row in rows}
    return subjects, {number: best(several, what, stems) for number, several in texts.items()}


def best(texts: Sequence[str], what: snippets.Wanted, stems: Mapping[str, str | None]) -> Sequence[Piece]:
    """Where most of the words stand together, the newest first; else how the newest begins."""
    found = [each for text in texts if (each := snippets.snippet(text, what, stems)) is not None]
    if not found:
        return snippets.beginning(texts[0]) if texts else ()
    return max(found, key=lambda pieces: len({each.text.casefold() for each in pieces if each.found}))
