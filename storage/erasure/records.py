"""That somebody was erased: when, and by what a later look finds that it was them; never who."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.holds import LOCK


@dataclass(frozen=True, slots=True)
class Erasure:
    """`keys` are pseudonyms of the person's addresses."""

    id: int
    keys: tuple[str, ...]
    began_at: datetime
    finished_at: datetime | None
    counts: dict[str, dict[str, int]]


async def stand_guard(session: AsyncSession, locks: Sequence[int]) -> None:
    """On a connection of its own without a transaction: until it is closed no mail of these authors is decided on, no other erasure of
    them begins, and no legal hold is set."""
    await session.execute(_NO_HOLDS)
    await session.execute(_GUARD, {"keys": list(locks)})


async def stand_down(session: AsyncSession) -> None:
    await session.execute(_UNGUARD)


async def begin(session: AsyncSession, keys: Sequence[str]) -> int:
    """One that was interrupted is gone on with."""
    found = (await session.execute(_UNFINISHED, {"keys": list(keys)})).scalar_one_or_none()
    return int(found if found is not None else (await session.execute(_BEGIN, {"keys": list(keys)})).scalar_one())


async def finish(session: AsyncSession, number: int, counts: dict[str, dict[str, int]]) -> None:
    await session.execute(_FINISH, {"id": number, "counts": json.dumps(counts)})


async def listed(session: AsyncSession) -> list[Erasure]:
    """The oldest first."""
    return [_erasure(row) for row in await session.execute(_LISTED)]


async def addresses_after(session: AsyncSession, after: str, limit: int) -> list[str]:
    """Normalised addresses of clients and of all who take part in a ticket, in order."""
    return list((await session.execute(_ADDRESSES, {"after": after, "limit": limit})).scalars())


async def other_addresses(session: AsyncSession) -> list[str]:
    """As they are written: of whoever wrote or was written to, be they known or not."""
    await session.execute(_LONG)
    return list((await session.execute(_OTHERS)).scalars())


def _erasure(row: Any) -> Erasure:
    return Erasure(row.id, tuple(row.keys), row.began_at, row.finished_at, row.counts)


_NO_HOLDS: Final = text(f"SELECT pg_advisory_lock_shared({LOCK})")
_GUARD: Final = text("SELECT pg_advisory_lock(key) FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key ORDER BY 1) AS sorted")
_UNGUARD: Final = text("SELECT pg_advisory_unlock_all()")
_UNFINISHED: Final = text("SELECT id FROM erasures WHERE finished_at IS NULL AND keys && CAST(:keys AS text[]) ORDER BY id DESC LIMIT 1")
_BEGIN: Final = text("INSERT INTO erasures (keys) VALUES (CAST(:keys AS text[])) RETURNING id")
_FINISH: Final = text("UPDATE erasures SET finished_at = now(), counts = CAST(:counts AS jsonb) WHERE id = :id")
_LISTED: Final = text("SELECT id, keys, began_at, finished_at, counts FROM erasures ORDER BY id")
_ADDRESSES: Final = text("""
    SELECT key FROM (
        (SELECT key FROM client_addresses WHERE key > :after ORDER BY key LIMIT :limit)
        UNION
        (SELECT DISTINCT key FROM ticket_participants WHERE key > :after ORDER BY key LIMIT :limit)
    ) AS together ORDER BY key LIMIT :limit
""")
_LONG: Final = text("SET LOCAL statement_timeout = '10min'")
_OTHERS: Final = text("""
    SELECT DISTINCT address FROM (
        SELECT reverse_path AS address FROM inbound_messages
        UNION ALL SELECT author FROM inbound_messages
        UNION ALL SELECT writer FROM inbound_messages
        UNION ALL SELECT address FROM outbox_recipients
        UNION ALL SELECT address FROM suppressions
    ) AS written WHERE address <> ''
""")
