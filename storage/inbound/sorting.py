"""What a person does with mail that waits for one: it is somebody's, or nobody's."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.facts import Assignment
from gateway.domain.states import InboundState
from gateway.domain.visible import Visible
from storage.visible import inbound_seen, of_inbound

WITHOUT_EFFECT: Final = (InboundState.HELD, InboundState.IGNORED, InboundState.BURIED)
"""What may still be sorted; the rest is done, or somebody is at it."""
DISCARDED: Final = "discarded"
"""The outcome of what a person wanted nothing to come of."""

_HELD = """
    SELECT id, coalesce(nullif(writer, ''), author, '') AS writer FROM inbound_messages WHERE state = 'held' AND {seen} ORDER BY id
"""
_LOCK = """
    SELECT id, state, outcome, ticket, assigned, raw_removed_at IS NOT NULL AS without_bytes,
        coalesce(author, '') AS author, coalesce(nullif(writer, ''), author, '') AS writer
    FROM inbound_messages
    WHERE id = ANY(CAST(:ids AS bigint[])) AND {seen} ORDER BY id FOR UPDATE
"""
_ASSIGN = text(
    """
    UPDATE inbound_messages SET state = 'queued', assigned = CAST(:assigned AS jsonb), due_at = now(), attempts = 0, error = NULL,
        finished_at = NULL
    WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)
_DISCARD = text(
    """
    UPDATE inbound_messages SET state = 'ignored', outcome = 'discarded', why = :why, error = NULL, finished_at = now()
    WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message under lock. `author` is the address of From, `writer` the one that it counts as written from; `assignment` is what a
    person said of it before."""

    id: int
    state: InboundState
    outcome: str | None
    ticket: int | None
    author: str
    writer: str
    assignment: Assignment | None
    without_bytes: bool = False
    """They are past retention, or somebody was erased."""

    @property
    def may_be_sorted(self) -> bool:
        return self.state in WITHOUT_EFFECT and not self.without_bytes


async def held(session: AsyncSession, sees: Visible | None = None) -> dict[int, str]:
    """All that waits for a person, and who wrote it."""
    return {row.id: row.writer for row in await session.execute(text(_HELD.format(seen=inbound_seen(sees))), of_inbound(sees))}


async def lock_messages(session: AsyncSession, ids: Sequence[int], sees: Visible | None = None) -> list[Waiting]:
    """Those that there are, in order; whoever sorts them at the same time waits."""
    given = {"ids": sorted(set(ids))} | of_inbound(sees)
    return [_waiting(row) for row in await session.execute(text(_LOCK.format(seen=inbound_seen(sees))), given)]


def _waiting(row: Row[Any]) -> Waiting:
    assignment = Assignment(**row.assigned) if row.assigned is not None else None
    return Waiting(row.id, InboundState(row.state), row.outcome, row.ticket, row.author, row.writer, assignment, row.without_bytes)


async def assign(session: AsyncSession, ids: Sequence[int], assignment: Assignment) -> None:
    """Queues them once more, to be decided on as what they were said to be. They are under lock, and without effect."""
    await session.execute(_ASSIGN, {"ids": list(ids), "assigned": json.dumps(asdict(assignment))})


async def discard(session: AsyncSession, ids: Sequence[int], why: str) -> None:
    """Settles them without any effect; their bytes stay. They are under lock, and without effect."""
    await session.execute(_DISCARD, {"ids": list(ids), "why": why})
