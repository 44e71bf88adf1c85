"""What is past its time, taken away some at a time: raw mail, bodies of letters, and tickets that ended long ago.

Every batch is a transaction that holds its locks for a moment, leaves what somebody else has under lock to the next run, and is done or
not. What is on legal hold stays; `storage.holds.while_none_is_set` in the same transaction says what that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import blobs
from storage.holds import Held

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """`gone` is how many; the next one begins after `last`, and with None there is none."""

    gone: int
    last: int | None


async def raw_mail(session: AsyncSession, held: Held, done_days: int, ignored_days: int, after: int) -> Batch:
    """Raw bytes of messages that were done, or came to nothing, more days ago. 0: never. What waits for a person stays."""
    given = {"after": after, "limit": BATCH, "done": done_days, "ignored": ignored_days} | _of(held)
    row = (await session.execute(_RAW, given)).one()
    return Batch(row.gone, row.last if row.reached else None)


async def bodies(session: AsyncSession, held: Held, days: int, link_days: int, after: int) -> Batch:
    """Text, HTML and files of letters that ended more days ago; not of those that stand among the articles of their ticket, and of those
    whose files are linked not before the links have ended."""
    looked = (await session.execute(_LETTERS, {"after": after, "limit": BATCH, "days": days, "links": link_days} | _of(held))).all()
    past = [row.id for row in looked if row.past]
    named = [bytes.fromhex(file["sha256"]) for row in looked if row.past for file in row.attachments]
    if past:
        await session.execute(_EMPTY, {"ids": past})
        await blobs.let_go(session, named)
    return Batch(len(past), _reached(looked))


def _reached(looked: Sequence[Row[Any]]) -> int | None:
    """A letter whose time has not come is where the next run begins; what came after it may be past already."""
    young = next((row.id for row in looked if row.young), None)
    return None if young is not None or not looked else looked[-1].id


async def ended_tickets(session: AsyncSession, held: Held, closed_days: int, spam_days: int) -> list[int]:
    """Some that ended more days ago, the oldest first; 0: never. Those that were merged go with the one that they were merged into."""
    rows = await session.execute(_ENDED, {"closed": closed_days, "spam": spam_days, "limit": BATCH} | _of(held))
    return list(rows.scalars())


async def is_past(session: AsyncSession, held: Held, number: int, closed_days: int, spam_days: int) -> bool:
    """Whether such a ticket still is; its row is under lock then."""
    given = {"number": number, "closed": closed_days, "spam": spam_days} | _of(held)
    return (await session.execute(_IS_PAST, given)).first() is not None


async def oldest_letter(session: AsyncSession) -> int:
    """After which letter to begin: those up to it were looked at."""
    return int(await session.scalar(_POSITION) or 0)


async def note_letter(session: AsyncSession, position: int) -> None:
    await session.execute(_NOTE, {"position": position})


async def past_weeks(session: AsyncSession) -> list[str]:
    """Partitions of raw bytes for weeks that are over."""
    found = []
    now: datetime = (await session.execute(text("SELECT now()"))).scalar_one()
    for name in (await session.execute(_PARTITIONS)).scalars():
        year, _, week = name.removeprefix("inbound_contents_").partition("_w")
        if year.isdecimal() and week.isdecimal():
            monday = datetime.fromisocalendar(int(year), int(week), 1).replace(tzinfo=now.tzinfo)
            if monday + timedelta(weeks=2) < now:
                found.append(name)
    return sorted(found)


async def drop_empty(session: AsyncSession, partition: str) -> bool:
    """Whether it was empty and is gone. Does not stand in the way of those who take mail in: raises without its locks."""
    if await session.scalar(text(f"SELECT EXISTS (SELECT FROM {partition})")):  # noqa: S608  a name of the catalogue's
        return False
    await session.execute(text("SET LOCAL lock_timeout = '200ms'"))
    await session.execute(text(f"LOCK TABLE inbound_contents, {partition} IN ACCESS EXCLUSIVE MODE"))
    if await session.scalar(text(f"SELECT EXISTS (SELECT FROM {partition})")):  # noqa: S608
        return False
    await session.execute(text(f"DROP TABLE {partition}"))
    return True


def _of(held: Held) -> dict[str, Any]:
    return {"held_tickets": list(held.tickets), "held_addresses": list(held.addresses)}


_HELD_TICKETS: Final = "ANY(CAST(:held_tickets AS bigint[]))"
_HELD_ADDRESSES: Final = "ANY(CAST(:held_addresses AS text[]))"

# Ids run with time: once a page has nothing that came in before the term, nothing behind it has.
_RAW: Final = text(f"""
    WITH terms AS (
        SELECT CASE WHEN :done > 0 THEN now() - make_interval(days => :done) ELSE '-infinity' END AS done,
            CASE WHEN :ignored > 0 THEN now() - make_interval(days => :ignored) ELSE '-infinity' END AS ignored
    ), looked AS MATERIALIZED (
        SELECT c.inbound_id, c.received_at FROM inbound_contents c
        WHERE c.piece = 0 AND c.inbound_id > :after ORDER BY c.inbound_id LIMIT :limit
    ), past AS MATERIALIZED (
        SELECT looked.inbound_id, looked.received_at FROM looked JOIN inbound_messages m ON m.id = looked.inbound_id CROSS JOIN terms
        WHERE (m.state = 'done' AND m.finished_at < terms.done OR m.state IN ('ignored', 'buried') AND m.finished_at < terms.ignored)
            AND (m.ticket IS NULL OR m.ticket <> ALL(CAST(:held_tickets AS bigint[])))
            AND NOT coalesce(m.writer = {_HELD_ADDRESSES}, false) AND NOT coalesce(lower(m.author) = {_HELD_ADDRESSES}, false)
            AND lower(m.reverse_path) <> ALL(CAST(:held_addresses AS text[]))
            AND NOT EXISTS (SELECT FROM articles a WHERE a.inbound_id = m.id AND a.ticket = {_HELD_TICKETS})
        FOR UPDATE OF m SKIP LOCKED
    ), deleted AS (
        DELETE FROM inbound_contents c USING past WHERE c.inbound_id = past.inbound_id AND c.received_at = past.received_at
    ), marked AS (
        UPDATE inbound_messages m SET raw_removed_at = now(), raw_removed_why = 'retention' FROM past WHERE m.id = past.inbound_id
    )
    SELECT (SELECT count(*) FROM past) AS gone, (SELECT max(inbound_id) FROM looked) AS last,
        EXISTS (SELECT FROM looked JOIN inbound_messages m ON m.id = looked.inbound_id CROSS JOIN terms
                WHERE m.received_at < greatest(terms.done, terms.ignored)) AS reached
""")  # noqa: S608

# Whatever may become past later is `young`, and not passed over for good; but for what is held, after which a lifted hold looks anew.
_AGED: Final = """
    o.state IN ('sent', 'failed', 'bounced', 'cancelled')
    AND greatest(o.sent_at, o.created_at) < now() - make_interval(days => :days)
    AND (o.attachments = '[]' OR greatest(o.sent_at, o.created_at) < now() - make_interval(days => :links))
"""
# Under lock is what goes, and nothing that waits: whoever cancels letters that wait passes over locked ones, as somebody's who sends them.
_LETTERS: Final = text(f"""
    WITH looked AS MATERIALIZED (SELECT id FROM outbox_messages WHERE id > :after ORDER BY id LIMIT :limit), past AS MATERIALIZED (
        SELECT o.id, o.attachments FROM outbox_messages o JOIN looked ON looked.id = o.id
        WHERE {_AGED} AND o.body_removed_at IS NULL AND o.notice_id IS NULL
            AND (o.ticket IS NULL OR o.ticket <> ALL(CAST(:held_tickets AS bigint[])))
            AND NOT EXISTS (SELECT FROM outbox_recipients r WHERE r.outbox_id = o.id AND lower(r.address) = {_HELD_ADDRESSES})
        ORDER BY o.id FOR UPDATE OF o
    )
    SELECT o.id, past.attachments, NOT ({_AGED}) AS young, past.id IS NOT NULL AS past
    FROM outbox_messages o JOIN looked ON looked.id = o.id LEFT JOIN past ON past.id = o.id ORDER BY o.id
""")  # noqa: S608
_EMPTY: Final = text("""
    UPDATE outbox_messages SET text = '', html = NULL, attachments = '[]', body_removed_at = now() WHERE id = ANY(CAST(:ids AS bigint[]))
""")

_OVER: Final = f"""
    closed_at IS NOT NULL AND erased_at IS NULL AND merged_into IS NULL AND NOT number = {_HELD_TICKETS}
    AND (:closed > 0 AND closed_at < now() - make_interval(days => :closed)
        OR :spam > 0 AND status IN ('spam', 'trash') AND closed_at < now() - make_interval(days => :spam))
"""
_ENDED: Final = text(f"SELECT number FROM tickets WHERE {_OVER} ORDER BY closed_at LIMIT :limit")  # noqa: S608
_IS_PAST: Final = text(f"SELECT number FROM tickets WHERE number = :number AND {_OVER} FOR UPDATE")  # noqa: S608

_POSITION: Final = text("SELECT CAST(value ->> 'letters' AS bigint) FROM controls WHERE name = 'retention'")
_NOTE: Final = text("""
    INSERT INTO controls (name, value) SELECT 'retention', jsonb_build_object('letters', CAST(:position AS bigint))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()
""")
_PARTITIONS: Final = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'inbound_contents'::regclass")
