"""How the desk fares: a row a minute, by looks that cost the same however much mail is kept; addresses that were heard of; nodes.

What happened since the row before is found by ids, from a little before those that it ended with, and by the times on the rows. A minute's
rows are read, and none of the millions before them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, Double, Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.health import Node, RoleAtWork, Sample, Seen

KEPT_DAYS: Final = 14
LAG: Final = timedelta(seconds=20)
"""Behind the present: rows are seen only once they are committed, which takes arrivals ten seconds at most."""


async def take_sample(session: AsyncSession) -> Sample | None:
    """Writes down how it is, and what happened since the sample before; None within the half minute after that one."""
    row = (await session.execute(_TAKE, {"lag": LAG.total_seconds()})).one_or_none()
    return None if row is None else Sample(*row)


async def samples(session: AsyncSession, since: datetime) -> list[Sample]:
    """The oldest first."""
    return [Sample(*row) for row in await session.execute(_SAMPLES, {"since": since})]


async def latest(session: AsyncSession) -> Sample | None:
    row = (await session.execute(_LATEST)).one_or_none()
    return None if row is None else Sample(*row)


async def forget(session: AsyncSession) -> int:
    """Samples and nodes past their time. How many rows."""
    return sum([int(await session.scalar(statement, {"days": KEPT_DAYS}) or 0) for statement in _FORGET])


async def mail_since(session: AsyncSession) -> list[tuple[str, datetime]]:
    """The addresses, as the envelope has them or tickets name their gateway, that mail came for lately, and when last. Probes of ours are
    no mail. Where nothing was ever seen, lately is long ago."""
    return [(row.address, row.at) for row in await session.execute(_MAIL)]


async def letters_since(session: AsyncSession) -> list[tuple[str, datetime]]:
    """The From addresses of letters that left lately, and when the last did."""
    return [(row.address, row.at) for row in await session.execute(_LETTERS)]


async def remember_seen(session: AsyncSession, found: Mapping[str, Seen]) -> None:
    """By normalised address; what is known of later holds."""
    for address in sorted(found):
        await session.execute(_SEEN, {"address": address, **asdict(found[address])})


async def seen(session: AsyncSession, addresses: Sequence[str]) -> dict[str, Seen]:
    rows = await session.execute(_SHOW_SEEN, {"addresses": list(addresses)})
    return {row.address: Seen(row.mail_at, row.letter_at) for row in rows}


async def hear_of_node(session: AsyncSession, name: str, version: str, roles: Sequence[RoleAtWork], *, stopping: bool) -> None:
    values: dict[str, Any] = {"name": name, "version": version, "stopping": stopping}
    await session.execute(_HEAR, values | {"roles": json.dumps([asdict(each) for each in roles])})


async def nodes(session: AsyncSession) -> list[Node]:
    """By name. Those that ended long ago are among them until they are forgotten."""
    return [
        Node(row.name, row.version, tuple(RoleAtWork(**each) for each in row.roles), row.stopping, row.silent)
        for row in await session.execute(_NODES)
    ]


_COLUMNS: Final = "at, arrived, sent, failed, buried, inbound_waiting, outbox_waiting, held, inbound_seconds, outbox_seconds"

# Where a look begins: a minute's ids before the last sample for arrivals, a quarter of an hour's for letters, which wait to be sent; those
# that waited longer have an index of their own. A letter fails or comes back within ten days of its writing. The first sample looks at the
# last rows there are.
_TAKE: Final = text(f"""
    WITH latest AS (
        SELECT now() - make_interval(secs => :lag) AS until, (SELECT at FROM health_samples ORDER BY at DESC LIMIT 1) AS at,
            coalesce((SELECT max(id) FROM inbound_messages), 0) AS inbound_id,
            coalesce((SELECT max(id) FROM outbox_messages), 0) AS outbox_id
    ), window_of AS (
        SELECT coalesce(at, until - interval '1 minute') AS since, until, inbound_id, outbox_id,
            coalesce((
                SELECT s.inbound_id FROM health_samples s WHERE s.at <= latest.at - interval '1 minute' ORDER BY s.at DESC LIMIT 1
            ), inbound_id - 10000) AS inbound_from,
            coalesce((
                SELECT s.outbox_id FROM health_samples s WHERE s.at <= latest.at - interval '15 minutes' ORDER BY s.at DESC LIMIT 1
            ), outbox_id - 10000) AS outbox_from,
            coalesce((
                SELECT s.outbox_id FROM health_samples s WHERE s.at < now() - interval '10 days' ORDER BY s.at DESC LIMIT 1
            ), 0) AS living_from
        FROM latest WHERE at IS NULL OR at < until - interval '30 seconds'
    )
    INSERT INTO health_samples ({_COLUMNS}, inbound_id, outbox_id)
    SELECT until,
        (SELECT count(*) FROM inbound_messages WHERE id > inbound_from AND received_at > since AND received_at <= until),
        (SELECT count(*) FROM outbox_messages WHERE id > outbox_from AND sent_at > since AND sent_at <= until
            AND NOT sent_at - created_at > interval '15 minutes')
          + (SELECT count(*) FROM outbox_messages
             WHERE sent_at > since AND sent_at <= until AND sent_at - created_at > interval '15 minutes'),
        (SELECT count(*) FROM outbox_messages o WHERE state IN ('failed', 'bounced') AND state <> 'sent' AND id > living_from AND EXISTS (
            SELECT FROM outbox_recipients r WHERE r.outbox_id = o.id AND r.finished_at > since AND r.finished_at <= until)),
        (SELECT count(*) FROM inbound_messages
         WHERE state = 'buried' AND state <> 'done' AND finished_at > since AND finished_at <= until),
        (SELECT count(*) FROM inbound_messages WHERE state IN ('queued', 'leased') AND state <> 'done'),
        (SELECT count(*) FROM outbox_messages WHERE state IN ('queued', 'leased') AND state <> 'sent'),
        (SELECT count(*) FROM inbound_messages WHERE state = 'held' AND state <> 'done'),
        coalesce((SELECT extract(epoch FROM now() - received_at) FROM inbound_messages
                  WHERE state IN ('queued', 'leased') AND state <> 'done' ORDER BY id LIMIT 1), 0),
        greatest(0, (SELECT extract(epoch FROM now() - min(due_at)) FROM outbox_messages WHERE state = 'queued' AND due_at <= now())),
        inbound_id, outbox_id
    FROM window_of
    RETURNING {_COLUMNS}
""").bindparams(bindparam("lag", type_=Double))  # noqa: S608  the columns are ours

_SAMPLES: Final = text(f"SELECT {_COLUMNS} FROM health_samples WHERE at > CAST(:since AS timestamptz) ORDER BY at")  # noqa: S608
_LATEST: Final = text(f"SELECT {_COLUMNS} FROM health_samples ORDER BY at DESC LIMIT 1")  # noqa: S608

_FORGET: Final = tuple(
    text(f"""
        WITH gone AS (DELETE FROM {table} WHERE {column} < now() - make_interval(days => :days) RETURNING 1) SELECT count(*) FROM gone
    """).bindparams(bindparam("days", type_=Integer))  # noqa: S608  both are ours
    for table, column in (("health_samples", "at"), ("nodes", "seen_at"))
)

# What is decided on later than it was seen here counts by its envelope; its ticket's gateway says more only where mail is forwarded to one
# address and belongs to another.
_MAIL: Final = text("""
    WITH beginning AS (
        SELECT CASE WHEN EXISTS (SELECT FROM addresses_seen WHERE mail_at IS NOT NULL)
            THEN coalesce((SELECT inbound_id FROM health_samples WHERE at < now() - interval '10 minutes' ORDER BY at DESC LIMIT 1), 0)
            ELSE 0 END AS known
    ), lately AS (
        SELECT recipients, received_at, outcome, ticket FROM inbound_messages
        WHERE id > greatest((SELECT known FROM beginning), (SELECT coalesce(max(id), 0) - 50000 FROM inbound_messages))
          AND outcome IS DISTINCT FROM 'probe'
    )
    SELECT address, max(received_at) AS at FROM (
        SELECT lower(unnest(recipients)) AS address, received_at FROM lately
        UNION ALL
        SELECT t.gateway, received_at FROM lately JOIN tickets t ON t.number = lately.ticket
        WHERE outcome IN ('ticket', 'client_reply', 'stranger_reply') AND t.gateway IS NOT NULL
    ) AS named GROUP BY address ORDER BY 2 DESC LIMIT 5000
""")

_LETTERS: Final = text("""
    WITH beginning AS (
        SELECT CASE WHEN EXISTS (SELECT FROM addresses_seen WHERE letter_at IS NOT NULL)
            THEN coalesce((SELECT outbox_id FROM health_samples WHERE at < now() - interval '20 minutes' ORDER BY at DESC LIMIT 1), 0)
            ELSE 0 END AS known
    ), lately AS (
        SELECT headers, sent_at FROM outbox_messages
        WHERE id > greatest((SELECT known FROM beginning), (SELECT coalesce(max(id), 0) - 50000 FROM outbox_messages))
          AND sent_at IS NOT NULL
        UNION ALL
        SELECT headers, sent_at FROM outbox_messages
        WHERE sent_at > now() - interval '10 minutes' AND sent_at - created_at > interval '15 minutes'
    )
    SELECT address, max(sent_at) AS at FROM (
        SELECT sent_at, lower((
            SELECT field -> 1 -> 0 ->> 1 FROM jsonb_array_elements(headers) AS field WHERE field ->> 0 = 'From' LIMIT 1
        )) AS address FROM lately
    ) AS named WHERE address IS NOT NULL GROUP BY address ORDER BY 2 DESC LIMIT 5000
""")

_SEEN: Final = text("""
    INSERT INTO addresses_seen (address, mail_at, letter_at) VALUES (:address, :mail_at, :letter_at)
    ON CONFLICT (address) DO UPDATE SET mail_at = greatest(addresses_seen.mail_at, excluded.mail_at),
        letter_at = greatest(addresses_seen.letter_at, excluded.letter_at)
""").bindparams(bindparam("mail_at", type_=TIMESTAMP(timezone=True)), bindparam("letter_at", type_=TIMESTAMP(timezone=True)))

_SHOW_SEEN: Final = text("SELECT address, mail_at, letter_at FROM addresses_seen WHERE address = ANY(:addresses)").bindparams(
    bindparam("addresses", type_=ARRAY(Text))
)

_HEAR: Final = text("""
    INSERT INTO nodes (name, version, roles, stopping) VALUES (:name, :version, CAST(:roles AS jsonb), :stopping)
    ON CONFLICT (name) DO UPDATE SET version = excluded.version, roles = excluded.roles, stopping = excluded.stopping, seen_at = now()
""")

_NODES: Final = text("""
    SELECT name, version, roles, stopping, CAST(extract(epoch FROM now() - seen_at) AS float8) AS silent FROM nodes ORDER BY name
""").columns(roles=JSONB)
