"""What an operator sees of the inbound rows; no count here reads all the finished ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.states import InboundState
from gateway.domain.visible import Visible
from storage.counting import Counts, count_by_state
from storage.models import inbound_messages
from storage.visible import inbound_seen, of_inbound


@dataclass(frozen=True, slots=True)
class Inbound:
    """A row without its raw bytes. `peer` has address, port, helo and tls; `verdict` is a `Verdict` as JSON, `screening` a
    `Screening`, `assigned` an `Assignment`.
    `writer` is the normalised address that it counts as written from, `configuration` the fingerprint of the one that decided."""

    id: int
    state: InboundState
    due_at: datetime
    received_at: datetime
    finished_at: datetime | None
    attempts: int
    reverse_path: str
    recipients: tuple[str, ...]
    entry: str
    peer: dict[str, Any]
    screening: dict[str, Any] | None
    size: int
    trace_id: str
    message_id: str | None
    subject: str | None
    author: str | None
    kind: str | None
    spf: str | None
    dkim: str | None
    dmarc: str | None
    arc: str | None
    verdict: dict[str, Any] | None
    outcome: str | None
    why: str | None
    decision: tuple[str, ...]
    rule: str | None
    configuration: str | None
    error: str | None
    ticket: int | None
    writer: str | None
    assigned: dict[str, Any] | None
    raw_removed_at: datetime | None
    raw_removed_why: str | None


_SHOWN = [inbound_messages.c[name] for name in Inbound.__dataclass_fields__]

# The lowest id waits longest, and the index of waiting rows finds it at once.
_OLDEST = text("SELECT extract(epoch FROM now() - received_at)::float8 FROM inbound_messages WHERE state = 'queued' ORDER BY id LIMIT 1")


_WAITING_COUNTS = "SELECT state, count(*) AS n FROM inbound_messages WHERE state <> 'done' AND {seen} GROUP BY state"


async def show(session: AsyncSession, inbound_id: int, sees: Visible | None = None) -> Inbound | None:
    """None as well where it is not among what `sees` allows."""
    statement = listed().where(inbound_messages.c.id == inbound_id, text(inbound_seen(sees)))
    row = (await session.execute(statement, of_inbound(sees))).one_or_none()
    return None if row is None else inbound_of(row)


async def list_inbound(
    session: AsyncSession,
    *,
    state: InboundState | None = None,
    limit: int = 100,
    before: int | None = None,
    after: int | None = None,
    writer: str | None = None,
    sees: Visible | None = None,
) -> list[Inbound]:
    """The latest first. `before` is the id to go on from, `after` the one to go back from: those nearest to it. `writer` is a normalised
    address, or `@domain`."""
    ids, columns = inbound_messages.c.id, inbound_messages.c
    statement = listed().order_by(ids.asc() if after is not None else ids.desc()).limit(limit)
    if state is not None:
        # Written out for the partial index's sake.
        statement = statement.where(text(f"state = '{state}'"))
    if before is not None:
        statement = statement.where(ids < before)
    if after is not None:
        statement = statement.where(ids > after)
    if writer is not None:
        known_by = func.lower(func.coalesce(func.nullif(columns.writer, ""), columns.author))
        statement = statement.where(known_by.endswith(writer, autoescape=True) if writer.startswith("@") else known_by == writer)
    if sees is not None:
        statement = statement.where(text(inbound_seen(sees)))
    found = [inbound_of(row) for row in await session.execute(statement, of_inbound(sees))]
    return found[::-1] if after is not None else found


async def waiting_counts(session: AsyncSession, sees: Visible | None = None) -> dict[InboundState, int]:
    """Of every state but `done`."""
    rows = await session.execute(text(_WAITING_COUNTS.format(seen=inbound_seen(sees))), of_inbound(sees))
    return {each: 0 for each in InboundState if each is not InboundState.DONE} | {InboundState(row.state): row.n for row in rows}


async def counts(session: AsyncSession) -> Counts[InboundState]:
    return await count_by_state(session, "inbound_messages", InboundState, InboundState.DONE)


async def oldest_queued_seconds(session: AsyncSession) -> float | None:
    """How long the oldest queued message has been waiting since it arrived; None when none is."""
    seconds: float | None = await session.scalar(_OLDEST)
    return seconds


def listed() -> Select[Any]:
    return select(*_SHOWN)


def inbound_of(row: Any) -> Inbound:
    values = row._asdict()
    return Inbound(
        **values
        | {
            "state": InboundState(values["state"]),
            "recipients": tuple(values["recipients"]),
            "decision": tuple(values["decision"] or ()),
        }
    )
