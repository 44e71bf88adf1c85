"""Which letter of ours a delivery report is about, and what it changes in the outbox."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.facts import By, SentLetter
from gateway.domain.states import RecipientState


async def reported_by_path(session: AsyncSession, paths: Sequence[str]) -> tuple[SentLetter, ...]:
    """The recipient whose own reverse-path (normalised) is one of these."""
    if not paths:
        return ()
    return tuple(_letter(row, "path") for row in await session.execute(_BY_PATH, {"paths": list(paths)}))


async def reported_by_id(session: AsyncSession, identifier: str, tickets: Sequence[int]) -> tuple[SentLetter, ...]:
    """All who got a letter of one of these tickets under this Message-ID (bare)."""
    if not tickets:
        return ()
    rows = await session.execute(_BY_ID, {"id": f"<{identifier}>", "tickets": list(tickets)})
    return tuple(_letter(row, "id") for row in rows)


async def other_recipient(session: AsyncSession, letter: SentLetter, addresses: Collection[str]) -> str | None:
    """Who of these (lower-case) got that letter too, or another one about its ticket."""
    values = {"outbox_id": letter.outbox_id, "ticket": letter.ticket, "own": letter.recipient_id, "addresses": sorted(addresses)}
    found: str | None = await session.scalar(_OTHER, values)
    return found


async def mark_bounced(session: AsyncSession, outbox_id: int, recipient_id: int | None, reply: str) -> None:
    """The recipient bounced, or all did; the letter is as its worst recipient is."""
    await session.execute(_BOUNCED, {"outbox_id": outbox_id, "recipient_id": recipient_id, "reply": reply})


async def mark_delayed(session: AsyncSession, outbox_id: int, recipient_id: int) -> None:
    await session.execute(_DELAYED, {"outbox_id": outbox_id, "recipient_id": recipient_id})


def _letter(row: Any, by: By) -> SentLetter:
    return SentLetter(
        row.outbox_id,
        row.recipient_id,
        row.address,
        row.ticket,
        row.kind,
        row.agent,
        RecipientState(row.state),
        by,
        has_path=row.has_path,
        in_hand=row.in_hand,
        doubtful=row.doubtful,
        delayed=row.delayed,
        complained=row.complained,
        age=row.age,
    )


_FIELDS: Final = """
    o.id AS outbox_id, r.id AS recipient_id, r.address, o.ticket, o.kind, o.agent, r.state, r.verp IS NOT NULL AS has_path,
    o.state = 'leased' AND r.state = 'queued' AS in_hand, o.possible_duplicates > 0 AS doubtful, r.delayed_at IS NOT NULL AS delayed,
    EXISTS (SELECT FROM ticket_events e WHERE e.ticket = o.ticket AND e.kind = 'complained'
        AND e.data ->> 'outbox' = o.id::text AND e.data ->> 'address' = r.address) AS complained,
    now() - coalesce(o.sent_at, o.released_at, o.created_at) AS age
    FROM outbox_messages o JOIN outbox_recipients r ON r.outbox_id = o.id
"""

_BY_PATH: Final = text(f"SELECT {_FIELDS} WHERE r.verp = ANY(CAST(:paths AS text[])) ORDER BY r.id LIMIT 1")

_BY_ID: Final = text(f"""
    SELECT {_FIELDS} WHERE o.ticket = ANY(CAST(:tickets AS bigint[])) AND coalesce(r.message_id, o.message_id) = :id
    ORDER BY o.id, r.position LIMIT 200
""")

_OTHER: Final = text("""
    SELECT r.address FROM outbox_recipients r JOIN outbox_messages o ON o.id = r.outbox_id
    WHERE lower(r.address) = ANY(CAST(:addresses AS text[])) AND (o.id = :outbox_id OR o.ticket = CAST(:ticket AS bigint))
        AND lower(r.address) <> (SELECT lower(address) FROM outbox_recipients WHERE id = :own)
    LIMIT 1
""")

_BOUNCED: Final = text("""
    WITH before AS (
        INSERT INTO outbox_attempts (outbox_id, recipient_id, attempt, state, reply, at)
        SELECT r.outbox_id, r.id, o.attempts, r.state, r.reply, r.finished_at
        FROM outbox_recipients r JOIN outbox_messages o ON o.id = r.outbox_id
        WHERE o.id = :outbox_id AND (CAST(:recipient_id AS bigint) IS NULL OR r.id = :recipient_id)
            AND r.state IN ('sent', 'failed') AND r.finished_at IS NOT NULL
    ), marked AS (
        UPDATE outbox_recipients SET state = 'bounced', reply = :reply, finished_at = now()
        WHERE outbox_id = :outbox_id AND (CAST(:recipient_id AS bigint) IS NULL OR id = :recipient_id)
    )
    UPDATE outbox_messages SET last_error = :reply, state = CASE WHEN EXISTS (
        SELECT FROM outbox_recipients WHERE outbox_id = :outbox_id AND id <> CAST(:recipient_id AS bigint) AND state = 'failed'
    ) THEN 'failed' ELSE 'bounced' END
    WHERE id = :outbox_id AND state IN ('sent', 'failed')
""")

_DELAYED: Final = text("""
    UPDATE outbox_recipients SET delayed_at = now() WHERE outbox_id = :outbox_id AND id = :recipient_id AND delayed_at IS NULL
""")
