"""What an operator does to the outbox: try a letter now, cancel it, hold everything and let it go on."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Answer = Literal["done", "absent", "leased", "finished"]
"""`leased`: an attempt is under way, which ends it one way or the other. `finished`: nothing is left to be done about it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing goes out. `foreign`: the database came from elsewhere, and only adopting it lets letters go."""

    why: str
    foreign: bool
    since: datetime


async def retry(session: AsyncSession, letter_id: int) -> Answer:
    """Makes the letter due now, for the recipients that have not got it, even while sending is held. What had expired lives once more."""
    return await _act(session, _RETRY, letter_id, over=("sent",))


async def cancel(session: AsyncSession, letter_id: int) -> Answer:
    """The recipients that have not got the letter will not get it."""
    return await _act(session, _CANCEL, letter_id, over=("sent", "failed", "bounced", "cancelled"))


async def hold(session: AsyncSession, why: str) -> None:
    """Nothing is sent until `release`, on any node; letters under way are finished."""
    await set_switch(session, {"held": True, "why": why})


async def release(session: AsyncSession) -> Hold | None:
    """Ends `hold`. Returns what still holds sending: a foreign database, until it is adopted."""
    await set_switch(session, {"held": False, "why": None})
    return await held(session)


async def held(session: AsyncSession) -> Hold | None:
    """Why nothing goes out, or None when letters go."""
    row = (await session.execute(_SWITCH)).one_or_none()
    if row is None or not (row.foreign or row.held):
        return None
    return Hold(row.why_foreign if row.foreign else row.why or "", bool(row.foreign), row.changed_at)


async def set_switch(session: AsyncSession, changed: dict[str, Any]) -> None:
    await session.execute(_SET_SWITCH, {"value": json.dumps(changed)})


async def _act(session: AsyncSession, statement: Any, letter_id: int, *, over: tuple[str, ...]) -> Answer:
    state = (await session.execute(_LOCK, {"id": letter_id})).scalar_one_or_none()
    if state is None:
        return "absent"
    if state == "leased":
        return "leased"
    if state in over:
        return "finished"
    await session.execute(statement, {"id": letter_id})
    return "done"


_LOCK: Final = text("SELECT state FROM outbox_messages WHERE id = :id FOR UPDATE")

_RETRY: Final = text("""
    WITH again AS (
        UPDATE outbox_messages SET state = 'queued', due_at = now(), forced = true,
            expires_at = greatest(expires_at, now() + interval '1 hour')
        WHERE id = :id RETURNING id
    )
    UPDATE outbox_recipients r SET state = 'queued', finished_at = NULL
    FROM again WHERE r.outbox_id = again.id AND r.state <> 'sent'
""")

_CANCEL: Final = text("""
    WITH ended AS (
        UPDATE outbox_messages SET state = 'cancelled', forced = false, last_error = 'cancelled by an operator'
        WHERE id = :id RETURNING id
    )
    UPDATE outbox_recipients r SET state = 'cancelled', finished_at = now()
    FROM ended WHERE r.outbox_id = ended.id AND r.state = 'queued'
""")

_SWITCH: Final = text("""
    SELECT coalesce((value ->> 'held')::boolean, false) AS held, coalesce((value ->> 'foreign')::boolean, false) AS foreign,
           value ->> 'why' AS why, value ->> 'why_foreign' AS why_foreign, changed_at
    FROM controls WHERE name = 'outbox'
""")

_SET_SWITCH: Final = text("""
    INSERT INTO controls (name, value) VALUES ('outbox', CAST(:value AS jsonb))
    ON CONFLICT (name) DO UPDATE SET value = controls.value || excluded.value, changed_at = now()
""")
