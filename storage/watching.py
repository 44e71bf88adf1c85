"""What is looked at for alarms: heads of the queues, what waits for a person, what is paused or down, what holds the database back.

Cheap at any size: every question is one to a partial index, or to PostgreSQL's own view of its processes.
"""

from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.alarms import Disabled, Down, Head, Holder, Oldest, Paused, State, Transaction


async def look(session: AsyncSession) -> State:
    row = (await session.execute(_LOOK)).one()
    return State(
        held=Oldest(row.held, row.held_seconds or 0.0),
        buried_today=row.buried_today,
        inbound_head=_head(row.inbound_head),
        outbox_head=_head(row.outbox_head),
        paused=None if row.paused is None else Paused(**row.paused),
        down=tuple(Down(**each) for each in row.down or ()),
        disabled=tuple(Disabled(**each) for each in row.disabled or ()),
        transaction=None if row.transaction is None else Transaction(**row.transaction),
        holder=None if row.holder is None else Holder(**row.holder),
    )


def _head(found: dict[str, Any] | None) -> Head | None:
    return None if found is None else Head(**found)


# Of a claim that nobody ends the row stays `leased`, so that the longest leased one is a head as well. A lease that is renewed for ever
# shows by the same row with the same attempt.
_LOOK: Final = text("""
    WITH switch AS (
        SELECT coalesce((value ->> 'held')::boolean, false) AS held, coalesce((value ->> 'foreign')::boolean, false) AS foreign,
               value ->> 'why' AS why, value ->> 'why_foreign' AS why_foreign, changed_at
        FROM controls WHERE name = 'outbox'
    ), inbound_due AS (
        SELECT id, attempts, due_at FROM inbound_messages WHERE state = 'queued' AND due_at <= now() ORDER BY due_at, id LIMIT 1
    ), inbound_held_up AS (
        SELECT id, attempts, due_at FROM inbound_messages WHERE state = 'leased' ORDER BY id LIMIT 1
    ), waiting AS (
        SELECT destination, count(*) AS letters FROM outbox_messages WHERE state = 'queued' GROUP BY destination
    ), outbox_due AS (
        SELECT letter.id, letter.attempts, letter.due_at
        FROM waiting CROSS JOIN (VALUES (0), (1), (2)) AS level (urgency)
        CROSS JOIN LATERAL (
            SELECT id, attempts, due_at FROM outbox_messages
            WHERE state = 'queued' AND destination = waiting.destination AND urgency = level.urgency AND due_at <= now()
            ORDER BY due_at, id LIMIT 1
        ) AS letter
        WHERE waiting.destination NOT IN (SELECT name FROM destinations_down)
          AND NOT EXISTS (SELECT 1 FROM switch WHERE held OR switch.foreign)
        ORDER BY letter.due_at LIMIT 1
    ), transactions AS (
        SELECT coalesce(nullif(application_name, ''), 'process ' || pid) AS who, xact_start AS began FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
          AND xact_start IS NOT NULL AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)
        UNION ALL
        SELECT 'prepared transaction ' || gid, prepared FROM pg_prepared_xacts WHERE database = current_database()
    ), holders AS (
        SELECT 'replication slot ' || slot_name AS who, coalesce(xmin, catalog_xmin) AS position FROM pg_replication_slots
        UNION ALL
        SELECT 'standby ' || application_name, backend_xmin FROM pg_stat_activity WHERE backend_type = 'walsender'
    )
    SELECT
        (SELECT count(*) FROM inbound_messages WHERE state = 'held') AS held,
        (SELECT CAST(extract(epoch FROM now() - min(coalesce(finished_at, received_at))) AS float8)
         FROM inbound_messages WHERE state = 'held') AS held_seconds,
        (SELECT count(*) FROM inbound_messages WHERE state = 'buried' AND finished_at > now() - interval '1 day') AS buried_today,
        (SELECT jsonb_build_object('key', id || '/' || attempts, 'seconds', extract(epoch FROM now() - due_at))
         FROM (SELECT * FROM inbound_due UNION ALL SELECT * FROM inbound_held_up) AS heads ORDER BY due_at LIMIT 1) AS inbound_head,
        (SELECT jsonb_build_object('key', id || '/' || attempts, 'seconds', extract(epoch FROM now() - due_at))
         FROM outbox_due) AS outbox_head,
        (SELECT jsonb_build_object(
                'why', coalesce(CASE WHEN switch.foreign THEN why_foreign ELSE why END, ''), 'foreign', switch.foreign,
                'seconds', extract(epoch FROM now() - changed_at), 'letters', (SELECT coalesce(sum(letters), 0) FROM waiting))
         FROM switch WHERE held OR switch.foreign) AS paused,
        (SELECT jsonb_agg(jsonb_build_object(
                'name', down.name, 'seconds', extract(epoch FROM now() - down_since), 'error', last_error,
                'letters', coalesce(waiting.letters, 0)) ORDER BY down.name)
         FROM destinations_down AS down LEFT JOIN waiting ON waiting.destination = down.name) AS down,
        (SELECT jsonb_agg(jsonb_build_object('name', name, 'why', disabled_why) ORDER BY name)
         FROM webhooks WHERE active AND disabled_at IS NOT NULL AND failing_since IS NOT NULL) AS disabled,
        (SELECT jsonb_build_object('who', who, 'seconds', extract(epoch FROM now() - began))
         FROM transactions ORDER BY began LIMIT 1) AS transaction,
        (SELECT jsonb_build_object('who', who, 'key', who || ' at ' || CAST(position AS text)) FROM holders
         WHERE age(position) > 1000000 ORDER BY age(position) DESC LIMIT 1) AS holder
""").columns(inbound_head=JSONB, outbox_head=JSONB, paused=JSONB, down=JSONB, disabled=JSONB, transaction=JSONB, holder=JSONB)
