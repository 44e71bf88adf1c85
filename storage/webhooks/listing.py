"""What an operator sees of webhooks and of what is on its way to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """`queued` and `failed` are deliveries; `oldest` is since when the first of the queued ones waits."""

    name: str
    active: bool
    failing_since: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str | None
    paused_until: datetime
    disabled_at: datetime | None
    disabled_why: str | None
    queued: int
    failed: int
    oldest: datetime | None


async def list_webhooks(session: AsyncSession) -> dict[str, Listed]:
    """By name; those that the configuration no longer has as well."""
    return {row.name: Listed(**row._mapping) for row in await session.execute(_WEBHOOKS)}


async def list_deliveries(session: AsyncSession, name: str | None, state: str | None, limit: int) -> list[Document]:
    """The newest first, without what is said in them."""
    given = {"name": name, "state": state, "limit": limit}
    return [document(row) for row in await session.execute(_DELIVERIES, given)]


async def show_delivery(session: AsyncSession, delivery: int) -> Document | None:
    """With what is said in it; None of that before the first attempt."""
    row = (await session.execute(_DELIVERY, {"id": delivery})).first()
    return None if row is None else document(row) | {"payload": row.payload}


async def oldest_queued_seconds(session: AsyncSession) -> float | None:
    """Of what webhooks are still to be told, unless they are disabled."""
    found: float | None = await session.scalar(_OLDEST)
    return found


def document(row: Any) -> Document:
    names = ("id", "webhook", "ticket", "state", "message_id", "attempts", "last_status", "last_error", "created_at", "finished_at")
    told = {name: getattr(row, name) for name in names}
    # Of one that is at its end there is no next attempt.
    return told | {"type": f"ticket.{row.kind}", "next_attempt_at": row.due_at if row.state == "queued" else None}


_WEBHOOKS: Final = text("""
    SELECT name, active, failing_since, last_success_at, last_failure_at, last_error, paused_until, disabled_at, disabled_why,
        (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = name AND d.state IN ('queued', 'leased')) AS queued,
        (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = name AND d.state = 'failed') AS failed,
        (SELECT min(created_at) FROM webhook_deliveries d WHERE d.webhook = name AND d.state IN ('queued', 'leased')) AS oldest
    FROM webhooks ORDER BY name
""")
_FIELDS: Final = """
    d.id, d.webhook, d.ticket, d.state, d.message_id, d.attempts, d.last_status, d.last_error, d.created_at, d.finished_at, d.due_at, e.kind
"""
_DELIVERIES: Final = text(f"""
    SELECT {_FIELDS} FROM webhook_deliveries d JOIN ticket_events e ON e.id = d.event_id
    WHERE (CAST(:name AS text) IS NULL OR d.webhook = :name) AND (CAST(:state AS text) IS NULL OR d.state = :state)
    ORDER BY d.id DESC LIMIT :limit
""")  # noqa: S608
_DELIVERY: Final = text(
    f"SELECT {_FIELDS}, d.payload FROM webhook_deliveries d JOIN ticket_events e ON e.id = d.event_id WHERE d.id = :id"  # noqa: S608
)
_OLDEST: Final = text("""
    SELECT CAST(extract(epoch FROM now() - min(oldest.created_at)) AS float8)
    FROM webhooks h CROSS JOIN LATERAL (
        SELECT created_at FROM webhook_deliveries WHERE webhook = h.name AND state = 'queued' ORDER BY due_at, event_id LIMIT 1
    ) AS oldest WHERE h.active AND h.disabled_at IS NULL
""")
