"""The inbound queue: rows are claimed under a lease, each attempt is counted when it begins, and only the lease's holder may end it.

`worker` names one process's life: a restarted process is another worker. Leases run by the database's clock.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Boolean, CursorResult, Double, Row, bindparam, func, literal_column, null, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.facts import Assignment
from gateway.domain.screening import Screening
from gateway.domain.states import InboundState
from gateway.domain.verdict import Verdict
from storage.company import Turn, together
from storage.models import inbound_messages

MAX_ERROR = 2000


class LeaseLost(Exception):  # noqa: N818 (an outcome more than an error)
    """Somebody else has the row by now: whatever was done for it must be rolled back."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row under `worker`'s lease. `attempts` counts this one too once it is `begun`; of those before, `failures` ended in an error."""

    id: int
    worker: str
    attempts: int
    received_at: datetime
    envelope: Envelope
    redelivery_key: bytes
    size: int
    begun: bool = False
    failures: int = 0
    assignment: Assignment | None = None
    """What a person said of it, where it waited for one."""

    @property
    def deaths(self) -> int:
        """Attempts before this one that ended with the process that made them, killed by this message or by somebody else."""
        return self.attempts - self.begun - self.failures

    @property
    def trace_id(self) -> str:
        return self.envelope.trace_id


# `state = 'queued'` is written out: as a parameter it would not match the partial index once the plan is generic.
_CLAIM = text(
    """
    WITH due AS (
        SELECT id, attempts FROM inbound_messages
        WHERE state = 'queued' AND due_at <= now()
        ORDER BY due_at, id
        LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE inbound_messages AS row
    SET state = 'leased', leased_by = :worker, lease_until = now() + make_interval(secs => :lease),
        attempts = CASE WHEN :begin AND row.attempts = 0 THEN 1 ELSE row.attempts END
    FROM due WHERE row.id = due.id
    RETURNING row.id, row.attempts, row.failures, due.attempts = 0 AND :begin AS begun, row.received_at,
              row.due_at, row.reverse_path, row.recipients, row.smtputf8, row.entry, row.peer, row.screening,
              row.trace_id, row.redelivery_key, row.size, row.assigned
    """
).bindparams(bindparam("lease", type_=Double), bindparam("begin", type_=Boolean))

# Written once as text: every message ends here, and composing the statement each time cost as much as running it.
_FINISH = text(
    """
    UPDATE inbound_messages AS row SET state = ended.state, lease_until = NULL, leased_by = NULL, outcome = ended.outcome, why = ended.why,
        decision = ended.decision, ticket = ended.ticket, message_id = ended.message_id, subject = ended.subject, author = ended.author,
        kind = ended.kind, rule = ended.rule, writer = ended.writer, configuration = ended.configuration, error = NULL,
        finished_at = now(), verdict = ended.verdict, spf = ended.verdict ->> 'spf', dkim = ended.verdict ->> 'dkim',
        dmarc = ended.verdict ->> 'dmarc', arc = ended.verdict ->> 'arc'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS ended (
        id bigint, worker text, attempts int, state text, outcome text, why text, decision jsonb, ticket bigint, message_id text,
        subject text, author text, kind text, rule text, writer text, configuration text, verdict jsonb)
    WHERE row.id = ended.id AND row.state = 'leased' AND row.leased_by = ended.worker AND row.attempts = ended.attempts
    RETURNING row.id
    """
)

_NEXT_DUE = text(
    """
    SELECT CAST(extract(epoch FROM due_at - now()) AS float8) FROM inbound_messages
    WHERE state = 'queued' AND due_at > now() ORDER BY due_at, id LIMIT 1
    """
)

# At once the first two times; a message whose worker vanishes again and again is perhaps the cause, and waits ever longer.
_RETURN_EXPIRED = text(
    """
    UPDATE inbound_messages SET state = 'queued', lease_until = NULL, leased_by = NULL, error = 'the worker died or hung: ' || leased_by,
        due_at = CASE WHEN attempts - failures <= 2 THEN due_at
            ELSE now() + make_interval(secs => least(300, 5 * 2.0 ^ least(attempts - failures - 3, 10))) END
    WHERE id IN (
        SELECT id FROM inbound_messages WHERE state = 'leased' AND lease_until < now() ORDER BY lease_until FOR UPDATE SKIP LOCKED
    )
    """
)


async def claim(session: AsyncSession, worker: str, limit: int, lease_seconds: float, *, begin: bool = False) -> list[Claimed]:
    """Leases the rows that have been due longest; commit before working. With `begin` the first attempt of a row that was never tried
    counts from here on; an attempt after another is counted by `begin_attempt`, when its work starts."""
    values = {"limit": limit, "worker": worker, "lease": lease_seconds, "begin": begin}
    found = (await session.execute(_CLAIM, values)).all()
    return [_claimed(row, worker) for row in sorted(found, key=lambda row: (row.due_at, row.id))]


async def next_due_in(session: AsyncSession) -> float | None:
    """Seconds until the next row that waits for its time; None where none does."""
    seconds: float | None = (await session.execute(_NEXT_DUE)).scalar_one_or_none()
    return seconds


async def begin_attempt(session: AsyncSession, claimed: Claimed, lease_seconds: float | None = None) -> Claimed:
    """Counts the attempt; commit it before the work starts, so that work which kills the process counts. May renew the lease."""
    values: dict[str, Any] = {"attempts": claimed.attempts + 1}
    if lease_seconds is not None:
        values["lease_until"] = _in(lease_seconds)
    await _fenced(session, claimed, values)
    return replace(claimed, attempts=claimed.attempts + 1, begun=True)


async def extend_leases(session: AsyncSession, worker: str, seconds: float, ids: Collection[int]) -> int:
    """Renews the leases of what a worker has in hand; returns how many it still holds of them.

    Not of all that is under its name: a claim that was committed, and whose answer was lost with the connection, nobody works on.
    """
    held = select(inbound_messages.c.id).where(*_held_by(worker), inbound_messages.c.id.in_(ids))
    # What is locked is about to end: waiting for one row with others under lock is how deadlocks are made.
    free = held.with_for_update(skip_locked=True).scalar_subquery()
    return await _count(session, update(inbound_messages).where(inbound_messages.c.id.in_(free)).values(lease_until=_in(seconds)))


async def defer(session: AsyncSession, claimed: Claimed, seconds: float, *, counted: bool, error: str | None = None) -> None:
    """Back to the queue, due in `seconds`. Not `counted`: the attempt was nobody's fault (a busy key, a deadlock) and is taken back."""
    taken_back = 1 if claimed.begun and not counted else 0
    values = {
        "attempts": claimed.attempts - taken_back,
        "failures": claimed.failures + (1 if claimed.begun and counted else 0),
        "due_at": _in(seconds),
        **_ended(InboundState.QUEUED),
    }
    await _fenced(session, claimed, values | ({"error": _bounded(error)} if error is not None else {}))


async def finish(
    session: AsyncSession,
    claimed: Claimed,
    state: Literal[InboundState.DONE, InboundState.HELD, InboundState.IGNORED],
    *,
    outcome: str,
    why: str,
    decision: Sequence[str] = (),
    ticket: int | None = None,
    verdict: Verdict | None = None,
    message_id: str | None = None,
    subject: str | None = None,
    author: str | None = None,
    kind: str | None = None,
    rule: str | None = None,
    writer: str | None = None,
    configuration: str | None = None,
) -> None:
    """Ends the row within the transaction that has the message's effects. Raises LeaseLost, and then the effects must not be committed."""
    values = {
        "id": claimed.id,
        "worker": claimed.worker,
        "attempts": claimed.attempts,
        "state": state,
        "outcome": outcome,
        "why": why,
        "decision": list(decision),
        "ticket": ticket,
        "message_id": message_id,
        "subject": subject,
        "author": author,
        "kind": kind,
        "rule": rule,
        "writer": writer,
        "configuration": configuration,
        "verdict": asdict(verdict) if verdict is not None else None,
    }
    ended: bool = await together(session, Turn.ENDED, _finish_all, values)
    if not ended:
        raise _lost(claimed)


async def _finish_all(session: AsyncSession, asked: Sequence[dict[str, Any]]) -> list[bool]:
    ended = set((await session.execute(_FINISH, {"rows": json.dumps(asked, ensure_ascii=False)})).scalars())
    return [each["id"] in ended for each in asked]


async def bury(session: AsyncSession, claimed: Claimed, error: str) -> None:
    """Gives up after the last attempt; the raw bytes stay for `replay`."""
    values = {"error": _bounded(error), "outcome": "buried", "why": "every attempt failed", "finished_at": func.now()}
    await _fenced(session, claimed, values | _ended(InboundState.BURIED))


async def return_expired(session: AsyncSession) -> int:
    """Queues again what dead or hung workers held; returns how many. Attempts that they had begun stay counted."""
    return await _count(session, _RETURN_EXPIRED)


async def release(session: AsyncSession, worker: str) -> int:
    """Queues again what a stopping worker still holds, due as before; returns how many."""
    return await _count(session, update(inbound_messages).where(*_held_by(worker)).values(_ended(InboundState.QUEUED)))


async def replay(session: AsyncSession, inbound_id: int) -> bool:
    """Queues a finished message once more, with all attempts before it; False when it is absent or not finished,
    or its bytes are gone."""
    statement = (
        update(inbound_messages)
        .where(
            inbound_messages.c.id == inbound_id,
            inbound_messages.c.state.not_in([InboundState.QUEUED, InboundState.LEASED]),
            inbound_messages.c.raw_removed_at.is_(None),
        )
        .values(state=InboundState.QUEUED, due_at=func.now(), attempts=0, failures=0, error=None, finished_at=None)
    )
    return await _count(session, statement) == 1


async def _fenced(session: AsyncSession, claimed: Claimed, values: dict[str, Any]) -> None:
    """Changes the row if this worker's lease and attempt still stand."""
    statement = (
        update(inbound_messages)
        .where(inbound_messages.c.id == claimed.id, inbound_messages.c.attempts == claimed.attempts, *_held_by(claimed.worker))
        .values(values)
    )
    if await _count(session, statement) != 1:
        raise _lost(claimed)


def _lost(claimed: Claimed) -> LeaseLost:
    return LeaseLost(f"inbound {claimed.id}: worker {claimed.worker} no longer holds attempt {claimed.attempts}")


async def _count(session: AsyncSession, statement: Any) -> int:
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


def _held_by(worker: str) -> tuple[Any, ...]:
    return literal_column("state") == literal_column("'leased'"), inbound_messages.c.leased_by == worker


def _ended(state: InboundState) -> dict[str, Any]:
    return {"state": state, "lease_until": null(), "leased_by": null()}


def _in(seconds: float) -> Any:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam(None, seconds, Double))


def _bounded(error: str) -> str:
    """PostgreSQL's text takes neither NUL nor lone surrogates, and an exception may quote mail at any length."""
    return error.replace("\0", "").encode("utf-8", "replace").decode()[:MAX_ERROR]


def _claimed(row: Row[Any], worker: str) -> Claimed:
    told = row.peer
    peer = Peer(
        Entry(row.entry), told["address"], told["port"], told["helo"], told["tls"], mailbox=told.get("mailbox"), host=told.get("host")
    )
    envelope = Envelope(row.reverse_path, tuple(row.recipients), peer, row.smtputf8, row.trace_id, screening_of(row.screening))
    return Claimed(
        row.id, worker, row.attempts, row.received_at, envelope, row.redelivery_key, row.size, row.begun, row.failures, _assignment(row)
    )


def screening_of(written: dict[str, Any] | None) -> Screening | None:
    """What a later release adds to it is left to that one."""
    if written is None:
        return None
    return Screening(tuple(written["notes"]), written.get("spam_score"), written.get("hold"), written.get("threat", False))


def _assignment(row: Row[Any]) -> Assignment | None:
    return None if row.assigned is None else Assignment(row.assigned["client_id"], row.assigned["department"])
