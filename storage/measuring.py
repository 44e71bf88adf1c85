"""What the metrics page tells of all nodes together: how old what waits is, what is paused or down, how the database fares.

Cheap at any size, as `watching` is: asked at every scrape.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Measured:
    """`ages`: seconds that the oldest row of a queue has been in a state. Ages of transactions in the database are in transactions: how
    many have begun since. What this role may not see of others' sessions counts as nothing (grant it pg_monitor)."""

    ages: dict[tuple[str, str], float]
    paused: bool
    destinations_down: int
    alarms: frozenset[str]
    oldest_transaction: float
    oldest_xmin: int
    wraparound: int
    connections: int
    most_connections: int


async def measure(session: AsyncSession) -> Measured:
    row = (await session.execute(_MEASURE)).one()
    ages = {(queue, state): max(0.0, seconds or 0.0) for queue, states in row.ages.items() for state, seconds in states.items()}
    rest: dict[str, Any] = {name: getattr(row, name) for name in Measured.__dataclass_fields__ if name not in ("ages", "alarms")}
    return Measured(ages=ages, alarms=frozenset(row.alarms or ()), **rest)


# An inbound row in hand is as old as its arrival; a letter waits since it was due.
_MEASURE: Final = text("""
    WITH sessions AS (
        SELECT xact_start, backend_xid, backend_xmin FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
    )
    SELECT
        jsonb_build_object(
            'inbound', jsonb_build_object(
                'queued', (SELECT extract(epoch FROM now() - received_at) FROM inbound_messages
                           WHERE state = 'queued' AND state <> 'done' ORDER BY id LIMIT 1),
                'leased', (SELECT extract(epoch FROM now() - received_at) FROM inbound_messages
                           WHERE state = 'leased' AND state <> 'done' ORDER BY id LIMIT 1),
                'held', (SELECT extract(epoch FROM now() - min(coalesce(finished_at, received_at))) FROM inbound_messages
                         WHERE state = 'held' AND state <> 'done'),
                'buried', (SELECT extract(epoch FROM now() - min(coalesce(finished_at, received_at))) FROM inbound_messages
                           WHERE state = 'buried' AND state <> 'done')),
            'outbox', jsonb_build_object(
                'queued', (SELECT extract(epoch FROM now() - min(due_at)) FROM outbox_messages WHERE state = 'queued' AND due_at <= now()),
                'leased', (SELECT extract(epoch FROM now() - min(due_at)) FROM outbox_messages WHERE state = 'leased' AND state <> 'sent'),
                'scheduled', (SELECT extract(epoch FROM now() - due_at) FROM outbox_messages
                              WHERE state = 'scheduled' ORDER BY due_at LIMIT 1))) AS ages,
        EXISTS (SELECT 1 FROM controls WHERE name = 'outbox' AND (value @> '{"held": true}' OR value @> '{"foreign": true}')) AS paused,
        (SELECT count(*) FROM destinations_down) AS destinations_down,
        (SELECT array_agg(name) FROM alarms WHERE up) AS alarms,
        CAST(coalesce((SELECT extract(epoch FROM now() - least(
            (SELECT min(xact_start) FROM sessions WHERE backend_xid IS NOT NULL OR backend_xmin IS NOT NULL),
            (SELECT min(prepared) FROM pg_prepared_xacts WHERE database = current_database())))), 0) AS float8) AS oldest_transaction,
        coalesce(greatest(
            (SELECT max(greatest(age(backend_xmin), age(backend_xid))) FROM sessions),
            (SELECT max(age(transaction)) FROM pg_prepared_xacts WHERE database = current_database()),
            (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots)), 0) AS oldest_xmin,
        (SELECT max(age(datfrozenxid)) FROM pg_database) AS wraparound,
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
        CAST(current_setting('max_connections') AS integer) AS most_connections
""").columns(ages=JSONB)
