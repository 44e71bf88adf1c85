"""Deliveries under lease, and what came of each attempt, fenced by worker and attempt: who lost the lease records nothing.

A webhook that is out of order is left alone as a whole, but for one attempt at a time. Of one ticket's events a later one waits until the
earlier is delivered or given up.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.webhooks import PATIENCE, Delivery

AT_ONCE: Final = 4
"""Attempts at one webhook, of all processes together."""


class LeaseLost(Exception):  # noqa: N818  somebody else has it by now
    """Nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one went: `status` of the answer, None where there was none."""

    status: int | None
    error: str | None
    seconds: float


async def claim(session: AsyncSession, worker: str, names: Collection[str], limit: int, lease: float) -> list[Delivery]:
    """Due deliveries to these webhooks, whose attempt is counted. None on a database that came from elsewhere: the original tells."""
    given = {"worker": worker, "names": list(names), "limit": limit, "lease": lease, "at_once": AT_ONCE, "patience": PATIENCE}
    return [Delivery(**row._mapping) for row in await session.execute(_CLAIM, given)]


async def next_due_in(session: AsyncSession, names: Collection[str]) -> float | None:
    """Seconds until the first that waits for its time, or for its webhook's; what is due by now waits for a place, and is left out."""
    seconds: float | None = await session.scalar(_NEXT_DUE, {"names": list(names)})
    return seconds


async def return_expired(session: AsyncSession) -> list[int]:
    """Deliveries of senders that vanished: the receiver may have had them, and knows them by their message id."""
    return list((await session.execute(_RETURN_EXPIRED)).scalars())


async def give_back(session: AsyncSession, worker: str, delivery: Delivery) -> None:
    """One that was not attempted, uncounted."""
    await session.execute(_GIVE_BACK, _fence(worker, delivery))


async def delivered(session: AsyncSession, worker: str, delivery: Delivery, attempt: Attempt) -> None:
    await _end(session, worker, delivery, attempt, "delivered")
    await session.execute(_WORKS, {"name": delivery.webhook})


async def deferred(session: AsyncSession, worker: str, delivery: Delivery, attempt: Attempt, *, due_in: float, pause: float | None) -> None:
    """`pause`: the webhook is left alone for so many seconds."""
    await _end(session, worker, delivery, attempt, "queued", due_in)
    await _fails(session, delivery, attempt, pause)


async def failed(session: AsyncSession, worker: str, delivery: Delivery, attempt: Attempt) -> None:
    await _end(session, worker, delivery, attempt, "failed")
    await _fails(session, delivery, attempt)


async def disabled(session: AsyncSession, worker: str, delivery: Delivery, attempt: Attempt, why: str) -> bool:
    """Whether it was this that did it. What is queued for the webhook stays, for whoever enables it again."""
    await _end(session, worker, delivery, attempt, "queued")
    await _fails(session, delivery, attempt)
    return (await session.execute(_DISABLE, {"name": delivery.webhook, "why": why})).first() is not None


async def _fails(session: AsyncSession, delivery: Delivery, attempt: Attempt, pause: float | None = None) -> None:
    given = {"name": delivery.webhook, "error": attempt.error, "pause": pause, "failures": delivery.failures + 1}
    await session.execute(_FAILS, given)


async def _end(session: AsyncSession, worker: str, delivery: Delivery, attempt: Attempt, state: str, due_in: float = 0.0) -> None:
    ended = {"state": state, "due_in": due_in, "status": attempt.status, "error": attempt.error, "seconds": attempt.seconds}
    if (await session.execute(_END, _fence(worker, delivery) | ended)).first() is None:
        raise LeaseLost(f"delivery {delivery.id}, attempt {delivery.attempt}")


def _fence(worker: str, delivery: Delivery) -> dict[str, object]:
    return {"id": delivery.id, "attempt": delivery.attempt, "worker": worker}


_OPEN: Final = """
    active AND disabled_at IS NULL AND name = ANY(CAST(:names AS text[]))
    AND NOT EXISTS (SELECT FROM controls WHERE controls.name = 'outbox' AND value @> '{"foreign": true}')
"""
# Those before it of the same ticket, under way or waiting.
_BLOCKED: Final = """
    EXISTS (SELECT FROM webhook_deliveries b
            WHERE b.webhook = d.webhook AND b.ticket = d.ticket AND b.event_id < d.event_id AND b.state IN ('queued', 'leased'))
"""
_CLAIM: Final = text(f"""
    WITH awake AS MATERIALIZED (
        SELECT name, failures, CASE WHEN failures > 0 THEN 1 ELSE CAST(:at_once AS int) END
            - (SELECT count(*) FROM webhook_deliveries l WHERE l.webhook = name AND l.state = 'leased') AS room,
            -- A time in which there was nothing to take is not one in which it took nothing.
            CASE WHEN failing_since > now() - make_interval(secs => :patience) THEN failing_since
                 ELSE greatest(failing_since, (SELECT min(since) FROM webhook_deliveries u
                     WHERE u.webhook = name AND u.state IN ('queued', 'leased') AND failing_since IS NOT NULL)) END AS failing_since
        FROM webhooks WHERE {_OPEN} AND paused_until <= now()
    ), picked AS MATERIALIZED (
        SELECT due.id, awake.failures, awake.failing_since FROM awake CROSS JOIN LATERAL (
            SELECT d.id FROM webhook_deliveries d
            WHERE d.webhook = awake.name AND d.state = 'queued' AND d.due_at <= now() AND NOT {_BLOCKED}
            ORDER BY d.due_at, d.event_id LIMIT greatest(awake.room, 0) FOR UPDATE SKIP LOCKED
        ) AS due LIMIT CAST(:limit AS int)
    ), taken AS (
        UPDATE webhook_deliveries d SET state = 'leased', leased_by = :worker, attempts = attempts + 1,
            lease_until = clock_timestamp() + make_interval(secs => :lease)
        FROM picked WHERE d.id = picked.id
        RETURNING d.*, picked.failures, picked.failing_since
    )
    SELECT id, webhook, message_id, event_id, ticket, attempts AS attempt, failures,
        CAST(extract(epoch FROM now() - since) AS float8) AS age,
        CAST(extract(epoch FROM now() - failing_since) AS float8) AS failing
    FROM taken ORDER BY event_id
""")  # noqa: S608
_NEXT_DUE: Final = text(f"""
    SELECT CAST(extract(epoch FROM min(greatest(h.paused_until, due.due_at)) - now()) AS float8)
    FROM webhooks h CROSS JOIN LATERAL (
        SELECT due_at FROM webhook_deliveries d WHERE d.webhook = h.name AND d.state = 'queued' AND NOT {_BLOCKED}
        ORDER BY due_at, event_id LIMIT 1
    ) AS due WHERE {_OPEN} AND greatest(h.paused_until, due.due_at) > now()
""")  # noqa: S608
_RETURN_EXPIRED: Final = text("""
    UPDATE webhook_deliveries SET state = 'queued', lease_until = NULL, due_at = now(),
        last_error = 'the sender that had it vanished during the attempt'
    WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE state = 'leased' AND lease_until < clock_timestamp()
        ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) RETURNING id
""")
_HELD: Final = "id = :id AND attempts = :attempt AND leased_by = :worker AND state = 'leased'"
_GIVE_BACK: Final = text(f"UPDATE webhook_deliveries SET state = 'queued', lease_until = NULL, attempts = attempts - 1 WHERE {_HELD}")  # noqa: S608
_END: Final = text(f"""
    UPDATE webhook_deliveries SET state = :state, lease_until = NULL, last_status = CAST(:status AS int), last_error = :error,
        last_seconds = :seconds, due_at = now() + make_interval(secs => :due_in),
        finished_at = CASE WHEN :state IN ('delivered', 'failed') THEN now() END
    WHERE {_HELD} RETURNING id
""")  # noqa: S608

# Not at every success: all that is delivered would wait for this one row.
_WORKS: Final = text("""
    UPDATE webhooks SET failures = 0, failing_since = NULL, paused_until = now(), last_success_at = now()
    WHERE name = :name AND (failing_since IS NOT NULL OR failures > 0 OR last_success_at IS NULL
        OR last_success_at < now() - interval '1 second')
""")
_FAILS: Final = text("""
    UPDATE webhooks SET failing_since = coalesce(failing_since, now()), last_failure_at = now(), last_error = :error,
        -- Those that failed side by side failed once.
        failures = CASE WHEN CAST(:pause AS float8) IS NULL THEN failures ELSE greatest(failures, CAST(:failures AS int)) END,
        paused_until = greatest(paused_until, now() + make_interval(secs => coalesce(CAST(:pause AS float8), 0)))
    WHERE name = :name
""")
_DISABLE: Final = text("""
    UPDATE webhooks SET disabled_at = now(), disabled_why = :why WHERE name = :name AND disabled_at IS NULL RETURNING name
""")
