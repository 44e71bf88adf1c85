"""Letters in the hands of senders: their leases, and how attempts end, once.

An attempt is fenced by its number and its sender: what it has to say counts as long as no later attempt began, even after its lease
ran out. Leases go by the database's clock.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Double, Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.letter import Letter
from gateway.domain.states import OutboxState, RecipientState
from storage.driver import Executor, rows
from storage.outbox.announced import remember_announced
from storage.outbox.writing import clean


class LeaseLost(Exception):  # noqa: N818  the name that every queue uses
    """A later attempt has begun, or the letter was ended by somebody else: what this one would record no longer counts."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt says of a recipient. `state` QUEUED with a reply: tried, and to be tried again."""

    recipient_id: int
    state: RecipientState
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnd:
    """The end of one attempt at a letter: `state` QUEUED asks for another one in `retry_in` seconds."""

    letter_id: int
    attempt: int
    worker: str
    state: OutboxState
    settled: tuple[Settled, ...] = ()
    retry_in: float = 0.0
    error: str | None = None
    unanswered: bool = False
    """The final dot was sent and no answer came: counted as a possible duplicate."""
    warned: bool = False
    announced: tuple[bytes, ...] = ()
    """Keys of the ids under which relays said that recipients will see it."""


async def renew(session: AsyncSession, worker: str, held: Sequence[tuple[int, int]], lease: float) -> set[int]:
    """Prolongs leases of (letter id, attempt) pairs; returns the ids that this worker still holds."""
    ids, attempts = zip(*held, strict=True)
    parameters = {"worker": worker, "ids": list(ids), "attempts": list(attempts), "lease": lease}
    return set((await session.execute(_RENEW, parameters)).scalars())


async def settle(session: AsyncSession, letter: Letter, worker: str, settled: Sequence[Settled]) -> None:
    """Records recipients in the middle of an attempt, so that a letter of many copies repeats none. Raises `LeaseLost`."""
    parameters = {"id": letter.id, "attempt": letter.attempts, "worker": worker, "settled": _settled_json(settled)}
    if (await session.execute(_SETTLE, parameters)).one_or_none() is None:
        raise LeaseLost(f"letter {letter.id}, attempt {letter.attempts}")


async def end_attempts(executor: Executor, ends: Sequence[AttemptEnd]) -> set[int]:
    """Records the ends of attempts in one statement; returns the ids of those that counted. The others lost their lease."""
    await remember_announced(executor, [(end.letter_id, key) for end in ends for key in end.announced])
    return {row["id"] for row in await rows(executor, _END, _columns(ends))}


async def end_attempt(session: AsyncSession, end: AttemptEnd) -> None:
    """The same for one; raises `LeaseLost`."""
    if not await end_attempts(session, [end]):
        raise LeaseLost(f"letter {end.letter_id}, attempt {end.attempt}")


async def give_back(session: AsyncSession, worker: str, letter: Letter, *, due_in: float | None = None, error: str | None = None) -> None:
    """Returns a claimed letter whose attempt has not begun, uncounted; due as it was, or in so many seconds. `error` is why, if that is
    worth telling. Nothing happens if the lease is lost."""
    held = {"id": letter.id, "attempt": letter.attempts, "worker": worker}
    await session.execute(_GIVE_BACK, held | {"due_in": due_in, "error": None if error is None else clean(error)})


async def return_expired(session: AsyncSession) -> list[int]:
    """Gives the letters of senders that vanished back to the queue. Each may have been delivered before, and is counted so."""
    return list((await session.execute(_RETURN_EXPIRED)).scalars())


async def promote_scheduled(session: AsyncSession) -> int:
    """Queues the letters whose time has come; returns how many."""
    return len((await session.execute(_PROMOTE)).all())


def _columns(ends: Sequence[AttemptEnd]) -> dict[str, list[Any]]:
    settled = [(end.letter_id, each) for end in ends for each in end.settled]
    return {
        "ids": [end.letter_id for end in ends],
        "attempts": [end.attempt for end in ends],
        "workers": [end.worker for end in ends],
        "states": [end.state for end in ends],
        "retry_in": [end.retry_in for end in ends],
        "errors": [None if end.error is None else clean(end.error) for end in ends],
        "unanswered": [end.unanswered for end in ends],
        "warned": [end.warned for end in ends],
        "delivered": [_delivered(end) for end in ends],
        "of": [letter_id for letter_id, _ in settled],
        "recipients": [each.recipient_id for _, each in settled],
        "recipient_states": [each.state for _, each in settled],
        "replies": [clean(each.reply) for _, each in settled],
    }


def _delivered(end: AttemptEnd) -> bool:
    """To somebody; of those whom an attempt before had reached, none is settled now."""
    return end.state is OutboxState.SENT or any(each.state is RecipientState.SENT for each in end.settled)


def _settled_row(settled: Settled) -> dict[str, Any]:
    return {"id": settled.recipient_id, "state": settled.state, "reply": clean(settled.reply)}


def _settled_json(settled: Sequence[Settled]) -> str:
    return json.dumps([_settled_row(each) for each in settled])


_RENEW: Final = text("""
    UPDATE outbox_messages m SET lease_until = clock_timestamp() + make_interval(secs => :lease)
    FROM unnest(:ids, :attempts) AS held (id, attempt)
    WHERE m.id = held.id AND m.attempts = held.attempt AND m.leased_by = :worker AND m.state = 'leased'
    RETURNING m.id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("attempts", type_=ARRAY(Integer)))

_SETTLE: Final = text("""
    WITH held AS (
        SELECT id FROM outbox_messages
        WHERE id = :id AND attempts = :attempt AND leased_by = :worker AND state IN ('leased', 'queued')
        FOR UPDATE
    ), settled AS (
        UPDATE outbox_recipients r SET state = said.state, reply = said.reply,
            finished_at = CASE WHEN said.state <> 'queued' THEN now() END
        FROM held, jsonb_to_recordset(CAST(:settled AS jsonb)) AS said (id bigint, state text, reply text)
        WHERE r.id = said.id AND r.outbox_id = held.id
    )
    SELECT id FROM held
""").bindparams(bindparam("settled", type_=Text))

# Arrays, not JSON, of which the planner would expect many rows. And CASE keeps it from the index of what is unsent: of a queue that was
# short when the table was last analysed it would read the whole, however long it is by now.
_END: Final = text("""
    WITH input AS (
        SELECT * FROM unnest(:ids, :attempts, :workers, :states, :retry_in, :errors, :unanswered, :warned, :delivered)
            AS attempt (id, attempt, worker, state, retry_in, error, unanswered, warned, delivered)
    ), ended AS (
        UPDATE outbox_messages m SET
            state = input.state,
            lease_until = NULL,
            forced = false,
            due_at = CASE WHEN input.state = 'queued' THEN now() + make_interval(secs => input.retry_in) ELSE m.due_at END,
            last_error = input.error,
            possible_duplicates = m.possible_duplicates + CAST(input.unanswered AS int),
            warned_at = CASE WHEN input.warned THEN coalesce(m.warned_at, now()) ELSE m.warned_at END,
            sent_at = CASE WHEN input.delivered THEN coalesce(m.sent_at, now()) ELSE m.sent_at END
        FROM input
        WHERE m.id = input.id AND m.attempts = input.attempt AND m.leased_by = input.worker
            AND CASE m.state WHEN 'leased' THEN true WHEN 'queued' THEN true ELSE false END
        RETURNING m.id, m.attempts
    ), settled AS (
        UPDATE outbox_recipients r SET state = said.state, reply = said.reply,
            finished_at = CASE WHEN said.state <> 'queued' THEN now() END
        FROM unnest(:of, :recipients, :recipient_states, :replies) AS said (letter, id, state, reply)
        JOIN ended ON ended.id = said.letter
        WHERE r.id = said.id AND r.outbox_id = said.letter
        RETURNING r.id, r.outbox_id, r.state, r.reply, ended.attempts
    ), put_off AS (
        INSERT INTO outbox_attempts (outbox_id, recipient_id, attempt, state, reply)
        SELECT outbox_id, id, attempts, state, reply FROM settled WHERE state = 'queued'
    )
    SELECT id FROM ended
""").bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("ids", "of", "recipients")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("workers", "states", "errors", "recipient_states", "replies")),
    *(bindparam(name, type_=ARRAY(Boolean)) for name in ("unanswered", "warned", "delivered")),
    bindparam("attempts", type_=ARRAY(Integer)),
    bindparam("retry_in", type_=ARRAY(Double)),
)

_GIVE_BACK: Final = text("""
    UPDATE outbox_messages SET state = 'queued', lease_until = NULL, attempts = attempts - 1,
        due_at = coalesce(now() + make_interval(secs => CAST(:due_in AS float8)), due_at),
        last_error = coalesce(CAST(:error AS text), last_error)
    WHERE id = :id AND attempts = :attempt AND leased_by = :worker AND state = 'leased'
""")

# At once the first two times; a letter whose sender vanishes again and again is perhaps the cause, and waits ever longer.
_RETURN_EXPIRED: Final = text("""
    WITH returned AS (
        UPDATE outbox_messages SET state = 'queued', lease_until = NULL, possible_duplicates = possible_duplicates + 1,
            due_at = now() + make_interval(secs => CASE WHEN attempts <= 2 THEN 0 ELSE least(3600, 30 * 2.0 ^ least(attempts - 3, 10)) END),
            last_error = 'the sender that had it vanished during the attempt'
        WHERE id IN (
            SELECT id FROM outbox_messages WHERE state = 'leased' AND lease_until < clock_timestamp()
            ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
        )
        RETURNING id, attempts
    ), vanished AS (
        INSERT INTO outbox_attempts (outbox_id, attempt, state) SELECT id, attempts, 'queued' FROM returned
    )
    SELECT id FROM returned
""")

_PROMOTE: Final = text("""
    UPDATE outbox_messages SET state = 'queued', released_at = now()
    WHERE id IN (
        SELECT id FROM outbox_messages WHERE state = 'scheduled' AND due_at <= now()
        ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    RETURNING id
""")
