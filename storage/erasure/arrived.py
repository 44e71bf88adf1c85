"""Messages that arrived: which are somebody's, and emptying them. The row stays, with its id, its times and its trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.states import InboundState
from storage.erasure.removed import Removed

Why = Literal["erased", "retention"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message whose raw bytes are there. `reverse_path` and `author` are as they were written, `writer` is normalised."""

    id: int
    size: int
    state: InboundState
    reverse_path: str
    author: str
    writer: str


@dataclass(frozen=True, slots=True)
class Knocked:
    """From where a message came, by what its peer said of itself, and to whom."""

    address: str | None
    helo: str | None
    reverse_path: str
    recipients: tuple[str, ...]


async def highest(session: AsyncSession) -> int:
    return int(await session.scalar(text("SELECT coalesce(max(id), 0) FROM inbound_messages")) or 0)


async def kept(session: AsyncSession, after: int, up_to: int, limit: int) -> list[Kept]:
    """In the order of id."""
    rows = await session.execute(_KEPT, {"after": after, "up_to": up_to, "limit": limit})
    return [Kept(row.id, row.size, InboundState(row.state), row.reverse_path, row.author, row.writer) for row in rows]


async def of_tickets(session: AsyncSession, numbers: Sequence[int]) -> list[int]:
    """Ids of the messages that the tickets' articles and events came of."""
    return list((await session.execute(_OF_TICKETS, {"numbers": list(numbers)})).scalars())


async def writers(session: AsyncSession, inbound_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Whom each names as the one that it is from."""
    return {row.id: (row.reverse_path, row.author, row.writer) for row in await session.execute(_WRITERS, {"ids": list(inbound_ids)})}


async def written_by_any(session: AsyncSession, addresses: Sequence[str]) -> list[int]:
    """Whatever these (lower-case) addresses wrote, a look through all rows."""
    return list((await session.execute(_WRITTEN, {"addresses": list(addresses)})).scalars()) if addresses else []


async def knocked(session: AsyncSession, inbound_ids: Sequence[int]) -> list[Knocked]:
    rows = await session.execute(_KNOCKED, {"ids": list(inbound_ids)})
    return [Knocked(row.address, row.helo, row.reverse_path, tuple(row.recipients)) for row in rows]


async def ids_of(session: AsyncSession, inbound_ids: Sequence[int]) -> list[str]:
    """Their Message-IDs."""
    return list((await session.execute(_IDS, {"ids": list(inbound_ids)})).scalars())


async def empty(session: AsyncSession, inbound_ids: Sequence[int], why: Why) -> Removed:
    """What waits or is in hand ends with it: whoever works on it has lost its lease."""
    removed = Removed()
    if inbound_ids:
        ids = sorted(set(inbound_ids))
        await session.execute(_LOCK, {"ids": ids})
        removed.add("inbound_contents", (await session.execute(_WITHOUT_BYTES, {"ids": ids})).scalars())
        removed.change("inbound_messages", (await session.execute(_EMPTY, {"ids": ids, "why": why})).scalars())
    return removed


async def without_bytes(session: AsyncSession, inbound_ids: Sequence[int], why: Why) -> Removed:
    """Only the raw bytes go. What waits for a person is settled with it: nothing is left to be decided on."""
    removed = Removed()
    if inbound_ids:
        ids = sorted(set(inbound_ids))
        await session.execute(_LOCK, {"ids": ids})
        removed.add("inbound_contents", (await session.execute(_WITHOUT_BYTES, {"ids": ids})).scalars())
        removed.change("inbound_messages", (await session.execute(_MARK, {"ids": ids, "why": why})).scalars())
    return removed


async def waiting(session: AsyncSession, inbound_ids: Sequence[int]) -> list[int]:
    """Those that are queued or in hand."""
    return list((await session.execute(_WAITING, {"ids": list(inbound_ids)})).scalars())


_KEPT: Final = text("""
    SELECT m.id, m.size, m.state, m.reverse_path, coalesce(m.author, '') AS author, coalesce(m.writer, '') AS writer
    FROM inbound_contents c JOIN inbound_messages m ON m.id = c.inbound_id
    WHERE c.piece = 0 AND c.inbound_id > :after AND c.inbound_id <= :up_to ORDER BY c.inbound_id LIMIT :limit
""")

_OF_TICKETS: Final = text("""
    SELECT id FROM inbound_messages WHERE ticket = ANY(CAST(:numbers AS bigint[]))
    UNION SELECT inbound_id FROM articles WHERE ticket = ANY(CAST(:numbers AS bigint[])) AND inbound_id IS NOT NULL
    UNION SELECT inbound_id FROM ticket_events WHERE ticket = ANY(CAST(:numbers AS bigint[])) AND inbound_id IS NOT NULL
""")

_WRITERS: Final = text("""
    SELECT id, reverse_path, coalesce(author, '') AS author, coalesce(writer, '') AS writer FROM inbound_messages
    WHERE id = ANY(CAST(:ids AS bigint[]))
""")
_WRITTEN: Final = text("""
    SELECT id FROM inbound_messages
    WHERE writer = ANY(CAST(:addresses AS text[])) OR lower(author) = ANY(CAST(:addresses AS text[]))
        OR lower(reverse_path) = ANY(CAST(:addresses AS text[]))
""")
_KNOCKED: Final = text("""
    SELECT peer ->> 'address' AS address, peer ->> 'helo' AS helo, reverse_path, recipients FROM inbound_messages
    WHERE id = ANY(CAST(:ids AS bigint[])) AND reverse_path <> ''
""")
_IDS: Final = text("SELECT DISTINCT message_id FROM inbound_messages WHERE id = ANY(CAST(:ids AS bigint[])) AND message_id IS NOT NULL")
_LOCK: Final = text("SELECT id FROM inbound_messages WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE")
_WITHOUT_BYTES: Final = text("""
    WITH deleted AS (DELETE FROM inbound_contents WHERE inbound_id = ANY(CAST(:ids AS bigint[])) RETURNING inbound_id)
    SELECT DISTINCT inbound_id FROM deleted
""")
_WAITING: Final = text("SELECT id FROM inbound_messages WHERE id = ANY(CAST(:ids AS bigint[])) AND state IN ('queued', 'leased')")

# What was done had its effect, and is told apart from what had none.
_ENDED: Final = """
    state = CASE WHEN state = 'done' THEN 'done' ELSE 'ignored' END, outcome = CASE WHEN state = 'done' THEN outcome ELSE 'erased' END,
    lease_until = NULL, leased_by = NULL, finished_at = coalesce(finished_at, now()), error = NULL,
    raw_removed_at = coalesce(raw_removed_at, now()), raw_removed_why = :why
"""
_MARK: Final = text(f"UPDATE inbound_messages SET {_ENDED} WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING id")  # noqa: S608
_EMPTY: Final = text(f"""
    UPDATE inbound_messages SET {_ENDED}, reverse_path = '', recipients = '{{}}', screening = NULL, message_id = NULL, subject = NULL,
        author = NULL, writer = NULL, verdict = NULL, why = CASE WHEN :why = 'erased' THEN 'erased' ELSE 'its ticket is past its time' END,
        decision = NULL, assigned = NULL, redelivery_key = '',
        peer = jsonb_build_object('address', NULL, 'port', NULL, 'helo', NULL, 'tls', false)
    WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING id
""")  # noqa: S608
