"""The audit log: what operators did and read, each entry chained to the one before it.

Who appends holds the head's row until the transaction ends, so that the chain has no forks. Operators' acts are few, and the entry is the
last that their transaction writes: in the order of locks the head comes after everything else.
"""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.audit import FORGET, START, Access, Act, Entry, Link, Result, Who, entry_of
from storage.models import audit_log

BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """`actor` and `action` count as parts: `dana` finds `dana@staff.test`, and `tickets` what begins with it. `about` are ids by kind, any
    of which will do."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    access: Access | None = None
    result: Result | None = None
    about: Sequence[Mapping[str, int | str]] = ()
    before: int | None = None


async def append(session: AsyncSession, act: Act) -> Entry:
    """The act's entry, in the session's transaction; to be the last that it writes."""
    head = (await session.execute(_HEAD)).one()
    entry = entry_of(act, Link(head.id, head.digest), head.now)
    await session.execute(_APPEND, _values(entry))
    return entry


async def listed(session: AsyncSession, wanted: Filter, limit: int) -> list[Entry]:
    """The latest first."""
    found = await session.execute(_matching(wanted).order_by(audit_log.c.id.desc()).limit(limit))
    return [_entry(row) for row in found]


async def walk(session: AsyncSession, after: int = 0, batch: int = BATCH) -> AsyncIterator[list[Entry]]:
    """Every entry after that id, the oldest first, some at a time."""
    while True:
        rows = await session.execute(select(audit_log).where(audit_log.c.id > after).order_by(audit_log.c.id).limit(batch))
        entries = [_entry(row) for row in rows]
        if not entries:
            return
        yield entries
        after = entries[-1].id


async def head(session: AsyncSession) -> Link | None:
    """The last entry, as it was noted when it was written; None where somebody took the note away."""
    row = (await session.execute(text("SELECT id, digest FROM audit_head"))).one_or_none()
    return None if row is None else Link(row.id, row.digest)


async def beginning(session: AsyncSession) -> Link:
    """What the first entry follows: nothing, or the last one that retention took away, as the log itself says."""
    row = (await session.execute(_FORGOTTEN)).one_or_none()
    return START if row is None else Link(int(row.through), bytes.fromhex(row.digest))


async def forget(session: AsyncSession, days: int, who: Who, limit: int = 2_000) -> int:
    """Takes away the oldest entries, those of more than so many days ago; returns how many. The log says so in an entry of its own, which
    the chain goes on from."""
    await session.execute(_HEAD)
    last = (await session.execute(_LAST_OF_OLD, {"days": days, "limit": limit})).one_or_none()
    if last is None:
        return 0
    details = {"through": last.id, "digest": last.digest.hex(), "entries": last.entries, "days": days}
    await append(session, Act(who, FORGET, Access.CHANGE, Result.DONE, details=details))
    await session.execute(_FORGET, {"through": last.id})
    return int(last.entries)


def _matching(wanted: Filter) -> Select[Any]:
    statement = select(audit_log)
    if wanted.before is not None:
        statement = statement.where(audit_log.c.id < wanted.before)
    if wanted.since is not None:
        statement = statement.where(audit_log.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit_log.c.at < wanted.until)
    if wanted.actor is not None:
        statement = statement.where(
            or_(
                audit_log.c.actor.icontains(wanted.actor, autoescape=True),
                audit_log.c.account.icontains(wanted.actor, autoescape=True),
            )
        )
    if wanted.action is not None:
        exact = audit_log.c.action == wanted.action
        statement = statement.where(or_(exact, audit_log.c.action.startswith(f"{wanted.action}.", autoescape=True)))
    if wanted.access is not None:
        statement = statement.where(audit_log.c.access == wanted.access)
    if wanted.result is not None:
        statement = statement.where(audit_log.c.result == wanted.result)
    if wanted.about:
        each = [audit_log.c.about.contains({kind: [number]}) for one in wanted.about for kind, number in one.items()]
        statement = statement.where(or_(*each))
    return statement


def _values(entry: Entry) -> dict[str, Any]:
    columns: Collection[str] = Entry.__dataclass_fields__
    values = {name: getattr(entry, name) for name in columns}
    return values | {name: json.dumps(values[name], ensure_ascii=False) for name in ("about", "changes", "details")}


def _entry(row: Row[Any]) -> Entry:
    return Entry(**row._asdict())


# Clocks may be set back, times of entries are not.
_HEAD: Final = text("""
    SELECT id, digest, greatest(clock_timestamp(), (SELECT at FROM audit_log WHERE audit_log.id = audit_head.id)) AS now
    FROM audit_head FOR UPDATE
""")

_APPEND: Final = text("""
    WITH moved AS (UPDATE audit_head SET id = :id, digest = :digest)
    INSERT INTO audit_log (id, at, actor, account, origin, action, access, result, why, about, changes, details, previous, digest)
    VALUES (:id, :at, :actor, :account, :origin, :action, :access, :result, CAST(:why AS text), CAST(:about AS jsonb),
            CAST(:changes AS jsonb), CAST(:details AS jsonb), :previous, :digest)
""")

_FORGOTTEN: Final = text("""
    SELECT details ->> 'through' AS through, details ->> 'digest' AS digest FROM audit_log WHERE action = 'audit.forget'
    ORDER BY id DESC LIMIT 1
""")

# Times grow with ids, so that the old ones are the first ones.
_LAST_OF_OLD: Final = text("""
    WITH old AS (
        SELECT id, digest FROM audit_log WHERE at < now() - make_interval(days => :days) ORDER BY id LIMIT :limit
    )
    SELECT id, digest, count(*) OVER () AS entries FROM old ORDER BY id DESC LIMIT 1
""")

_FORGET: Final = text("DELETE FROM audit_log WHERE id <= :through")
