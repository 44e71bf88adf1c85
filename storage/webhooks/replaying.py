"""What people do to webhooks and deliveries, and what time does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.webhooks.writing import INTERESTED, ROW


async def enable(session: AsyncSession, name: str) -> datetime | None:
    """Since when it was disabled; None where it was not. What is queued for it is due at once, and its time begins anew."""
    since: datetime | None = (await session.execute(_ENABLE, {"name": name})).scalar_one_or_none()
    if since is not None:
        await session.execute(_REQUEUE, {"name": name})
    return since


async def disable(session: AsyncSession, name: str, why: str) -> bool:
    """By a person, whom no alarm need tell of it. Whether it was enabled before."""
    return (await session.execute(_DISABLE, {"name": name, "why": why})).first() is not None


async def missed(session: AsyncSession, name: str, since: datetime) -> int:
    """How many events since then it would have been told of, had it been enabled."""
    return int(await session.scalar(_MISSED, {"name": name, "since": since}) or 0)


async def replay(session: AsyncSession, deliveries: Sequence[int]) -> list[int]:
    """Has them told again, under the same message ids and in the same words, whatever became of them; returns which. Those that are under
    way are left to it. Their webhooks are tried at once, for however long they were to be left alone."""
    again = (await session.execute(_REPLAY, {"ids": list(deliveries)})).all()
    await session.execute(_TRY, {"names": sorted({row.webhook for row in again})})
    return [row.id for row in again]


async def replay_since(session: AsyncSession, since: datetime, names: Sequence[str]) -> int:
    """Has these webhooks told of everything from then on that they want to know, whether or not they were told before. How much it is."""
    again = (await session.execute(_REPLAY_SINCE, {"since": since, "names": list(names)})).all()
    await session.execute(_TRY, {"names": list(names)})
    return len(again)


async def forget(session: AsyncSession, days: int, held: Sequence[int], limit: int) -> int:
    """Takes away deliveries that ended more days ago, or have waited for so long for a webhook that takes none; how many. What is about
    tickets on legal hold stays."""
    return len((await session.execute(_FORGET, {"days": days, "held": list(held), "limit": limit})).all())


_ENABLE: Final = text("""
    UPDATE webhooks w SET disabled_at = NULL, disabled_why = NULL, failures = 0, failing_since = NULL, paused_until = now()
    FROM webhooks before WHERE w.name = :name AND before.name = w.name AND w.disabled_at IS NOT NULL RETURNING before.disabled_at
""")
_REQUEUE: Final = text("UPDATE webhook_deliveries SET since = now(), due_at = now() WHERE webhook = :name AND state = 'queued'")
_DISABLE: Final = text("""
    UPDATE webhooks SET disabled_at = now(), disabled_why = :why, failures = 0, failing_since = NULL
    WHERE name = :name AND disabled_at IS NULL RETURNING name
""")

# As for an event of this moment; whether it is disabled is another matter.
_WANTED: Final = f"""
    ticket_events e JOIN webhooks h ON {INTERESTED.replace("h.disabled_at IS NULL", "true")}
"""
_SINCE: Final = bindparam("since", type_=DateTime(timezone=True))
_MISSED: Final = text(f"""
    SELECT count(*) FROM {_WANTED} WHERE h.name = :name AND e.at >= :since
        AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook = h.name AND d.event_id = e.id)
""").bindparams(_SINCE)  # noqa: S608
_AGAIN: Final = "state = 'queued', since = now(), due_at = now(), attempts = 0, finished_at = NULL, last_error = NULL, last_status = NULL"
_REPLAY: Final = text(f"""
    UPDATE webhook_deliveries SET {_AGAIN} WHERE id = ANY(CAST(:ids AS bigint[])) AND state <> 'leased' RETURNING id, webhook
""")  # noqa: S608
_TRY: Final = text("UPDATE webhooks SET paused_until = now() WHERE name = ANY(CAST(:names AS text[]))")
_REPLAY_SINCE: Final = text(f"""
    INSERT INTO webhook_deliveries (webhook, event_id, ticket, message_id)
    SELECT {ROW} FROM {_WANTED} WHERE e.at >= :since AND h.name = ANY(CAST(:names AS text[])) ORDER BY e.id
    ON CONFLICT (webhook, event_id) DO UPDATE SET {_AGAIN} WHERE webhook_deliveries.state <> 'leased'
    RETURNING id
""").bindparams(_SINCE)  # noqa: S608
_FORGET: Final = text("""
    DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM (
            SELECT id, ticket FROM webhook_deliveries WHERE finished_at < now() - make_interval(days => :days)
            UNION ALL
            SELECT d.id, d.ticket FROM webhook_deliveries d JOIN webhooks h ON h.name = d.webhook
            WHERE d.state = 'queued' AND (NOT h.active OR h.disabled_at IS NOT NULL) AND d.created_at < now() - make_interval(days => :days)
        ) AS past WHERE ticket <> ALL(CAST(:held AS bigint[])) LIMIT :limit
    ) RETURNING id
""")
