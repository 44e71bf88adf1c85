"""What an operator does to the outbox: try a letter now, cancel it, hold everything and let it go on."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.states import OutboxState

Answer = Literal["done", "absent", "leased", "finished"]
"""`leased`: an attempt is under way, which ends it one way or the other. `finished`: nothing is left to be done about it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing goes out. `foreign`: the database came from elsewhere, and only adopting it lets letters go."""

    why: str
    foreign: bool
    since: datetime


async def retry(session: AsyncSession, letter_id: int) -> Answer:
    """`retry_all` of one."""
    return (await retry_all(session, [letter_id]))[letter_id]


async def cancel(session: AsyncSession, letter_id: int) -> Answer:
    """`cancel_all` of one."""
    return (await cancel_all(session, [letter_id]))[letter_id]


async def retry_all(session: AsyncSession, letter_ids: Collection[int]) -> dict[int, Answer]:
    """Makes the letters due now, for the recipients that have not got them, even while sending is held or their destination rests. What
    had expired lives once more."""
    return await _act(session, _RETRY, letter_ids, over=("sent",))


async def cancel_all(session: AsyncSession, letter_ids: Collection[int]) -> dict[int, Answer]:
    """The recipients that have not got them will not get them."""
    return await _act(session, _CANCEL, letter_ids, over=("sent", "failed", "bounced", "cancelled"))


async def find(session: AsyncSession, states: Collection[OutboxState], *, ticket: int | None = None) -> list[int]:
    """The ids of letters in these states, the oldest first: all, or a ticket's."""
    # The states are of an enumeration, and written out for the partial index's sake.
    conditions = [f"state IN ({', '.join(repr(str(OutboxState(each))) for each in states)})", "state <> 'sent'"]
    conditions += ["ticket = :ticket"] if ticket is not None else []
    statement = text(f"SELECT id FROM outbox_messages WHERE {' AND '.join(conditions)} ORDER BY id")  # noqa: S608
    return list((await session.execute(statement, {} if ticket is None else {"ticket": ticket})).scalars())


async def under_way(session: AsyncSession) -> int:
    """Letters that senders have in hand."""
    return int((await session.execute(_UNDER_WAY)).scalar_one())


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


async def _act(session: AsyncSession, statement: Any, letter_ids: Collection[int], *, over: tuple[str, ...]) -> dict[int, Answer]:
    states = {row.id: row.state for row in await session.execute(_LOCK, {"ids": sorted(set(letter_ids))})}
    answers = {each: _answer(states.get(each), over) for each in letter_ids}
    if now := [each for each, answer in answers.items() if answer == "done"]:
        await session.execute(statement, {"ids": now})
    return answers


def _answer(state: str | None, over: tuple[str, ...]) -> Answer:
    if state is None:
        return "absent"
    if state == "leased":
        return "leased"
    return "finished" if state in over else "done"


_IDS: Final = bindparam("ids", type_=ARRAY(BigInteger))
# Of one whose body is past retention nothing is left to send.
_LOCK: Final = text("""
    SELECT id, CASE WHEN body_removed_at IS NULL THEN state ELSE 'sent' END AS state
    FROM outbox_messages WHERE id = ANY (:ids) ORDER BY id FOR UPDATE
""").bindparams(_IDS)
_UNDER_WAY: Final = text("SELECT count(*) FROM outbox_messages WHERE state = 'leased'")

_RETRY: Final = text("""
    WITH again AS (
        UPDATE outbox_messages SET state = 'queued', due_at = now(), forced = true,
            expires_at = greatest(expires_at, now() + interval '1 hour')
        WHERE id = ANY (:ids) RETURNING id, attempts
    ), before AS (
        INSERT INTO outbox_attempts (outbox_id, recipient_id, attempt, state, reply, at)
        SELECT r.outbox_id, r.id, again.attempts, r.state, r.reply, r.finished_at
        FROM again JOIN outbox_recipients r ON r.outbox_id = again.id
        WHERE r.state IN ('failed', 'bounced') AND r.finished_at IS NOT NULL
    )
    UPDATE outbox_recipients r SET state = 'queued', finished_at = NULL
    FROM again WHERE r.outbox_id = again.id AND r.state <> 'sent'
""").bindparams(_IDS)

_CANCEL: Final = text("""
    WITH ended AS (
        UPDATE outbox_messages SET state = 'cancelled', forced = false, last_error = 'cancelled by an operator'
        WHERE id = ANY (:ids) RETURNING id
    )
    UPDATE outbox_recipients r SET state = 'cancelled', finished_at = now()
    FROM ended WHERE r.outbox_id = ended.id AND r.state = 'queued'
""").bindparams(_IDS)

_SWITCH: Final = text("""
    SELECT coalesce((value ->> 'held')::boolean, false) AS held, coalesce((value ->> 'foreign')::boolean, false) AS foreign,
           value ->> 'why' AS why, value ->> 'why_foreign' AS why_foreign, changed_at
    FROM controls WHERE name = 'outbox'
""")

_SET_SWITCH: Final = text("""
    INSERT INTO controls (name, value) VALUES ('outbox', CAST(:value AS jsonb))
    ON CONFLICT (name) DO UPDATE SET value = controls.value || excluded.value, changed_at = now()
""")
