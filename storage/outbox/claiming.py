"""Which letters are due, and taking them under lease: one statement for all destinations, over the heads of their queues alone.

However much waits, a claim reads as many rows as it takes, and a look at what is due next reads one of each queue.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.letter import Letter
from storage.driver import Executor, rows
from storage.outbox.reading import FIELDS, letter_of
from storage.statements import OF_A_KNOWN_KIND


@dataclass(frozen=True, slots=True)
class Share:
    """What a sender takes of one destination's queue: `most` letters, of which `bulk` are not urgent; `forced` of those that a person
    asked to be retried, which pass what holds the others."""

    destination: str
    most: int
    bulk: int
    forced: int


async def claim(executor: Executor, worker: str, shares: Sequence[Share], *, lease: float) -> list[Letter]:
    """Due letters, the more urgent first; their attempt is counted. While sending is held, only those that are forced."""
    columns = zip(*((each.destination, each.most, each.bulk, each.forced) for each in shares), strict=True)
    given = dict(zip(("destinations", "most", "bulk", "forced"), map(list, columns), strict=True))
    return [letter_of(row) for row in await rows(executor, _CLAIM, given | {"worker": worker, "lease": lease})]


async def next_due_in(session: AsyncSession, destinations: Collection[str]) -> float | None:
    """Seconds until the next letter that waits for its time, scheduled or backing off; None where there is none."""
    seconds: float | None = (await session.execute(_NEXT_DUE, {"destinations": list(destinations)})).scalar_one()
    return seconds


async def destinations(session: AsyncSession) -> list[str]:
    """Those that letters are queued for."""
    return list((await session.execute(_DESTINATIONS)).scalars())


HELD: Final = """
    EXISTS (SELECT 1 FROM controls WHERE name = 'outbox' AND (value @> '{"held": true}' OR value @> '{"foreign": true}'))
"""

# Of each destination first what a person wants now; then the urgent; then the others by urgency, in a share of their own, so that they
# never fill every hand. `state` is literal: a parameter would keep the partial index from being used.
_CLAIM: Final = text(f"""
    WITH held AS MATERIALIZED (SELECT {HELD} AS yes), picked AS MATERIALIZED (
        SELECT letter.id FROM unnest(:destinations, :most, :bulk, :forced) AS share (destination, most, bulk, forced)
        CROSS JOIN LATERAL (
            SELECT id FROM (
                SELECT id FROM outbox_messages
                WHERE state = 'queued' AND forced AND destination = share.destination AND due_at <= now() AND {OF_A_KNOWN_KIND}
                ORDER BY id LIMIT share.forced FOR UPDATE SKIP LOCKED
            ) AS wanted_now
            UNION ALL
            SELECT id FROM (
                SELECT id FROM outbox_messages
                WHERE state = 'queued' AND destination = share.destination AND urgency = 0 AND due_at <= now()
                    AND NOT (SELECT yes FROM held) AND {OF_A_KNOWN_KIND}
                ORDER BY due_at, id LIMIT share.most FOR UPDATE SKIP LOCKED
            ) AS urgent
            UNION ALL
            SELECT id FROM (
                SELECT others.id FROM (VALUES (1), (2)) AS level (urgency)
                CROSS JOIN LATERAL (
                    SELECT id FROM outbox_messages
                    WHERE state = 'queued' AND destination = share.destination AND urgency = level.urgency AND due_at <= now()
                        AND NOT (SELECT yes FROM held) AND {OF_A_KNOWN_KIND}
                    ORDER BY due_at, id LIMIT share.bulk FOR UPDATE SKIP LOCKED
                ) AS others
                LIMIT share.bulk
            ) AS less_urgent
            LIMIT greatest(share.most, share.forced)
        ) AS letter
    ), m AS (
        UPDATE outbox_messages SET state = 'leased', leased_by = :worker, attempts = attempts + 1,
            lease_until = clock_timestamp() + make_interval(secs => :lease)
        FROM picked WHERE outbox_messages.id = picked.id
        RETURNING outbox_messages.*
    )
    SELECT {FIELDS} FROM m ORDER BY m.forced DESC, m.urgency, m.due_at, m.id
""").bindparams(  # noqa: S608
    bindparam("destinations", type_=ARRAY(Text)), *(bindparam(name, type_=ARRAY(Integer)) for name in ("most", "bulk", "forced"))
)

# One look at the head of each index: a minimum over `due_at` alone would read the whole backlog.
_NEXT_DUE: Final = text("""
    SELECT CAST(extract(epoch FROM min(due_at) - now()) AS float8) FROM (
        (SELECT due_at FROM outbox_messages WHERE state = 'scheduled' ORDER BY due_at LIMIT 1)
        UNION ALL
        SELECT waiting.due_at FROM unnest(:destinations) AS known (destination)
        CROSS JOIN (VALUES (0), (1), (2)) AS level (urgency)
        CROSS JOIN LATERAL (
            SELECT due_at FROM outbox_messages
            WHERE state = 'queued' AND destination = known.destination AND urgency = level.urgency AND due_at > now()
            ORDER BY due_at, id LIMIT 1
        ) AS waiting
    ) AS heads
""").bindparams(bindparam("destinations", type_=ARRAY(Text)))

# From one key of the index to the next, whatever stands between them.
_DESTINATIONS: Final = text("""
    WITH RECURSIVE found AS (
        (SELECT destination FROM outbox_messages WHERE state = 'queued' ORDER BY destination LIMIT 1)
        UNION ALL
        SELECT (SELECT destination FROM outbox_messages WHERE state = 'queued' AND destination > found.destination
                ORDER BY destination LIMIT 1)
        FROM found WHERE found.destination IS NOT NULL
    )
    SELECT destination FROM found WHERE destination IS NOT NULL
""")
