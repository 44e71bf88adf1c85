"""Rows as mail and letters leave them, at times of a test's choice."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]

MAIL = text("""
    INSERT INTO inbound_messages (state, received_at, finished_at, reverse_path, recipients, entry, peer, size, redelivery_key, trace_id,
        outcome, ticket)
    VALUES (:state, now() - make_interval(secs => CAST(:ago AS float8)),
        CASE WHEN :state NOT IN ('queued', 'leased') THEN now() - make_interval(secs => CAST(:ago AS float8)) END,
        'anna@client.test', ARRAY[CAST(:to AS text)], 'smtp', '{}', 100, '\\x00', '', CAST(:outcome AS text), CAST(:ticket AS bigint))
    RETURNING id
""")
LETTER = text("""
    WITH letter AS (
        INSERT INTO outbox_messages (state, kind, due_at, expires_at, message_id, subject, headers, text, effect, created_at, sent_at)
        VALUES (:state, 'closed', now() - make_interval(secs => CAST(:written AS float8)), now() + interval '1 day', '<a@desk.test>',
            'Closed',
            jsonb_build_array(jsonb_build_array('Subject', 'x'),
                jsonb_build_array('From', jsonb_build_array(jsonb_build_array('Support', CAST(:author AS text))))), 'Closed.',
            sha256(CAST(gen_random_uuid() AS text)::bytea), now() - make_interval(secs => CAST(:written AS float8)),
            CASE WHEN CAST(:sent AS float8) IS NOT NULL THEN now() - make_interval(secs => CAST(:sent AS float8)) END)
        RETURNING id
    )
    INSERT INTO outbox_recipients (outbox_id, position, address, state, finished_at)
    SELECT id, 0, 'anna@client.test', CASE WHEN :state IN ('failed', 'bounced') THEN :state ELSE 'queued' END,
        CASE WHEN :state IN ('failed', 'bounced') THEN now() - make_interval(secs => CAST(:ended AS float8)) END FROM letter
    RETURNING outbox_id
""")


async def mail(
    sessions: Sessions,
    ago: float,
    state: str = "done",
    to: str = "support@desk.test",
    outcome: str | None = "ticket",
    ticket: int | None = None,
) -> int:
    """Its id. `ago`: seconds since it came, and since it was finished."""
    async with sessions.begin() as session:
        values = {"ago": ago, "state": state, "to": to, "outcome": outcome, "ticket": ticket}
        found: int = (await session.execute(MAIL, values)).scalar_one()
    return found


async def letter(
    sessions: Sessions,
    written: float,
    sent: float | None = None,
    state: str = "sent",
    author: str = "support@desk.test",
    ended: float = 0.0,
) -> int:
    """Its id. `written`, `sent` and, of one that failed, `ended`: seconds ago."""
    async with sessions.begin() as session:
        values = {"written": written, "sent": sent, "state": state, "author": author, "ended": ended}
        found: int = (await session.execute(LETTER, values)).scalar_one()
    return found


async def age_samples(sessions: Sessions, seconds: float) -> None:
    """As if so much time had passed since all that there are."""
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE health_samples SET at = at - make_interval(secs => CAST(:seconds AS float8))"), {"seconds": seconds}
        )
