"""Every row of every table, a page at a time, for whatever still names somebody: read off the schema, so that a new table is not missed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Table, Text, and_, cast, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import metadata

PAGE: Final = 5000

APART: Final[Mapping[str, str]] = {
    "inbound_contents": "bytes, which go with their message",
    "blobs": "bytes, looked through by themselves",
    "ticket_search": "triggers take out what is said of a ticket whose words change or go, and it is read anew",
    "client_addresses": "the person's own go last, for an erasure that was interrupted is found by them",
    "audit_log": "holds ids and pseudonyms in place of addresses, and is append-only",
    "audit_head": "holds a digest",
    "configurations": "what the operator wrote into the configuration, without secrets",
    "configuration_events": "names nodes and operators",
    "erasures": "holds pseudonyms",
    "instance": "names this database",
}
"""Tables that are not gone through here, and why."""

Groups = Sequence[tuple[Sequence[str], ...]]
"""What a text must have for a closer look, in lower-case ASCII: one of each tuple's words, for any of the groups."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A table with those of its columns that hold words."""

    table: Table
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.table.primary_key)


@cache
def searched() -> tuple[Searched, ...]:
    found = (Searched(table, tuple(each.name for each in table.c if _holds_words(each.type))) for table in metadata.sorted_tables)
    return tuple(each for each in found if each.words and each.name not in APART)


def _holds_words(kind: Any) -> bool:
    return isinstance(kind, Text | JSONB) or (isinstance(kind, ARRAY) and isinstance(kind.item_type, Text))


async def page_end(session: AsyncSession, of: Searched, after: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The key of the last row of the page after this one; None where there is none left."""
    keys = [of.table.c[each] for each in of.key]
    statement = select(*keys).order_by(*keys).limit(PAGE)
    if after is not None:
        statement = statement.where(tuple_(*keys) > _bound(of, after))
    page = statement.subquery()
    ends = [page.c[each] for each in of.key]
    row = (await session.execute(select(*ends).order_by(*(each.desc() for each in ends)).limit(1))).one_or_none()
    return None if row is None else tuple(row)


async def likely(
    session: AsyncSession, of: Searched, groups: Groups, after: tuple[Any, ...] | None, until: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """Keys of the page's rows that a closer look is due to."""
    keys = [of.table.c[each] for each in of.key]
    statement = select(*keys).where(tuple_(*keys) <= _bound(of, until), _mentions(of, groups)).order_by(*keys)
    if after is not None:
        statement = statement.where(tuple_(*keys) > _bound(of, after))
    return [tuple(row) for row in await session.execute(statement)]


async def of_tickets(session: AsyncSession, of: Searched, groups: Groups, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """The same of rows that hang on these tickets."""
    name = "number" if of.name == "tickets" else "ticket"
    if not numbers or name not in of.table.c:
        return []
    keys = [of.table.c[each] for each in of.key]
    statement = select(*keys).where(of.table.c[name].in_(numbers), _mentions(of, groups)).order_by(*keys)
    return [tuple(row) for row in await session.execute(statement)]


async def words_of(session: AsyncSession, of: Searched, key: tuple[Any, ...]) -> list[Any]:
    """What a row says."""
    row = (await session.execute(select(*(of.table.c[each] for each in of.words)).where(_this(of, key)))).one_or_none()
    return [] if row is None else list(row)


async def ticket_of(session: AsyncSession, of: Searched, key: tuple[Any, ...]) -> int | None:
    """The number of the ticket that a row hangs on, where it is there and hangs on one."""
    name = "number" if of.name == "tickets" else "ticket"
    if name not in of.table.c:
        return None
    number: int | None = (await session.execute(select(of.table.c[name]).where(_this(of, key)))).scalar_one_or_none()
    return number


async def redact(
    session: AsyncSession,
    of: Searched,
    key: tuple[Any, ...],
    without: Callable[[Any], Any],
) -> bool | None:
    """Takes what `without` takes out of the row's words; the row goes where its very key names somebody. True: it is gone; False: it was
    changed; None: there was nothing in it."""
    this = _this(of, key)
    row = (await session.execute(select(*(of.table.c[each] for each in of.words)).where(this).with_for_update())).one_or_none()
    if row is None:
        return None
    before = dict(zip(of.words, row, strict=True))
    changed = {name: new for name, old in before.items() if old is not None and (new := without(old)) != old}
    if not changed:
        return None
    if changed.keys() & set(of.key):
        await session.execute(delete(of.table).where(this))
        return True
    await session.execute(update(of.table).where(this).values(changed))
    return False


def _this(of: Searched, key: tuple[Any, ...]) -> ColumnElement[bool]:
    return and_(*(of.table.c[name] == value for name, value in zip(of.key, key, strict=True)))


def _bound(of: Searched, values: tuple[Any, ...]) -> ColumnElement[Any]:
    return tuple_(*values, types=[of.table.c[each].type for each in of.key])


def _mentions(of: Searched, groups: Groups) -> ColumnElement[bool]:
    return or_(*(_has(_as_text(of.table.c[each]), groups) for each in of.words))


def _as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, ARRAY):
        return func.lower(func.array_to_string(column, "\n"))
    return func.lower(cast(column, Text)) if isinstance(column.type, JSONB) else func.lower(column)


def _has(words: ColumnElement[Any], groups: Groups) -> ColumnElement[bool]:
    return or_(*(and_(*(or_(*(func.strpos(words, each) > 0 for each in part)) for part in group)) for group in groups))
