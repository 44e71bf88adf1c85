"""What an operator sees of the outbox; no count here reads all the letters that were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import TextualSelect

from gateway.domain.states import OutboxState
from gateway.domain.visible import Visible
from storage.counting import Counts, count_by_state
from storage.visible import of_ticket, ticket_seen


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter without its body, under the names of `outbox show`. `recipients` are dictionaries of address, state and reply."""

    id: int
    state: OutboxState
    kind: str
    ticket: int | None
    reverse_path: str
    recipients: list[dict[str, Any]]
    message_id: str
    subject: str
    attempts: int
    next_attempt_at: datetime | None
    """None unless it waits for an attempt."""
    expires_at: datetime
    last_error: str | None
    possible_duplicates: int
    created_at: datetime
    sent_at: datetime | None
    trace_id: str
    destination: str
    """`relay`, or `smtp:ADDRESS` for the server of a From address."""
    body_removed_at: datetime | None
    """When retention took its text and files."""


@dataclass(frozen=True, slots=True)
class Filter:
    """None: any. `to` is one recipient's address, in whatever letters. `open`: neither sent nor cancelled."""

    state: OutboxState | None = None
    ticket: int | None = None
    kind: str | None = None
    to: str | None = None
    destination: str | None = None
    open: bool = False


async def show(session: AsyncSession, letter_id: int, sees: Visible | None = None) -> Outgoing | None:
    """None as well where it is not among what `sees` allows."""
    row = (
        await session.execute(_select(f"m.id = :id AND {ticket_seen(sees, 'm.ticket')}"), {"id": letter_id} | of_ticket(sees))
    ).one_or_none()
    return None if row is None else _outgoing(row)


async def list_outbox(
    session: AsyncSession,
    wanted: Filter | None = None,
    *,
    limit: int = 100,
    before: int | None = None,
    after: int | None = None,
    sees: Visible | None = None,
) -> list[Outgoing]:
    """The latest first. `before` is the id to go on from, `after` the one to go back from: those nearest to it."""
    given = {name: value for name in _CONDITIONS if (value := getattr(wanted or Filter(), name)) is not None}
    given |= {name: value for name, value in (("before", before), ("after", after)) if value is not None}
    conditions = [(_CONDITIONS | _PAGES)[name] for name in given] + [ticket_seen(sees, "m.ticket")]
    if wanted is not None and wanted.state is not None:
        # One of an enumeration, and written out for the partial indexes' sake.
        conditions.append(f"m.state = '{OutboxState(wanted.state)}'")
    if wanted is not None and wanted.open:
        conditions.append("m.state <> 'sent' AND m.state <> 'cancelled'")
    statement = _select(f"{' AND '.join(conditions)} ORDER BY m.id {'ASC' if after is not None else 'DESC'} LIMIT :limit")
    found = [_outgoing(row) for row in await session.execute(statement, given | of_ticket(sees) | {"limit": limit})]
    return found[::-1] if after is not None else found


async def waiting_counts(session: AsyncSession, sees: Visible | None = None) -> dict[OutboxState, int]:
    """Of every state but `sent`."""
    rows = await session.execute(text(_WAITING_COUNTS.format(seen=ticket_seen(sees, "m.ticket"))), of_ticket(sees))
    return {each: 0 for each in OutboxState if each is not OutboxState.SENT} | {OutboxState(row.state): row.n for row in rows}


async def states(session: AsyncSession, letter_ids: Sequence[int], sees: Visible | None = None) -> dict[int, str]:
    """Of those that there are."""
    found = await session.execute(text(_STATES.format(seen=ticket_seen(sees, "m.ticket"))), {"ids": list(letter_ids)} | of_ticket(sees))
    return {row.id: row.state for row in found}


async def counts(session: AsyncSession) -> Counts[OutboxState]:
    return await count_by_state(session, "outbox_messages", OutboxState, OutboxState.SENT)


async def oldest_queued_seconds(session: AsyncSession) -> float | None:
    """For how long the most overdue letter has been due; None when none is."""
    seconds: float | None = await session.scalar(_OLDEST)
    return seconds


def _outgoing(row: Any) -> Outgoing:
    values = row._asdict()
    return Outgoing(**values | {"state": OutboxState(values["state"]), "recipients": values["recipients"] or []})


_CONDITIONS: Final = {
    "ticket": "m.ticket = :ticket",
    "kind": "m.kind = :kind",
    "to": "m.id IN (SELECT outbox_id FROM outbox_recipients WHERE lower(address) = lower(:to))",
    "destination": "m.destination = :destination",
}

_FIELDS: Final = """
    m.id, m.state, m.kind, m.ticket, m.reverse_path, m.message_id, m.subject, m.attempts, m.expires_at, m.last_error,
    m.possible_duplicates, m.created_at, m.sent_at, m.trace_id, m.destination, m.body_removed_at,
    CASE WHEN m.state IN ('queued', 'scheduled') THEN m.due_at END AS next_attempt_at,
    (SELECT jsonb_agg(jsonb_build_object('address', r.address, 'state', r.state, 'reply', r.reply) ORDER BY r.position)
     FROM outbox_recipients r WHERE r.outbox_id = m.id) AS recipients
"""

_PAGES: Final = {"before": "m.id < :before", "after": "m.id > :after"}


def _select(where: str) -> TextualSelect:
    return text(f"SELECT {_FIELDS} FROM outbox_messages m WHERE {where}").columns(recipients=JSONB)  # noqa: S608


_STATES: Final = "SELECT m.id, m.state FROM outbox_messages m WHERE m.id = ANY(CAST(:ids AS bigint[])) AND {seen}"
_WAITING_COUNTS: Final = "SELECT m.state, count(*) AS n FROM outbox_messages m WHERE m.state <> 'sent' AND {seen} GROUP BY m.state"

_OLDEST: Final = text("""
    SELECT CAST(extract(epoch FROM now() - min(due_at)) AS float8) FROM outbox_messages WHERE state = 'queued' AND due_at <= now()
""")
