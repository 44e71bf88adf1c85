"""Small helpers of the statements in this room: prepared texts, JSON parameters and advisory locks."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.states import LetterKind

OF_A_KNOWN_KIND: Final = f"kind IN ({', '.join(repr(str(each)) for each in LetterKind)})"
"""What a later release wrote, on whose schema this one runs as well, may be of a kind that only that release can read: it is left to it."""

TRY_LOCK = text(
    "SELECT bool_and(pg_try_advisory_xact_lock(key)) FROM (SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key ORDER BY key) AS sorted"
)
LOCK = text("SELECT pg_advisory_xact_lock(key) FROM (SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key ORDER BY key) AS sorted")


async def try_lock(session: AsyncSession, keys: Iterable[bytes]) -> bool:
    """Take an advisory lock on each key until the transaction ends; False when somebody else holds one of them."""
    numbers = lock_numbers(keys)
    return not numbers or bool(await session.scalar(TRY_LOCK, {"keys": numbers}))


async def lock(session: AsyncSession, keys: Iterable[bytes]) -> None:
    """As `try_lock`, but waits."""
    if numbers := lock_numbers(keys):
        await session.execute(LOCK, {"keys": numbers})


def lock_numbers(keys: Iterable[bytes]) -> list[int]:
    """Sorted signed 64-bit numbers of the keys' first bytes; a collision only makes two messages wait for each other."""
    return sorted({int.from_bytes(key[:8], "big", signed=True) for key in keys})


def as_json(rows: Sequence[object] | dict[str, object]) -> str:
    return json.dumps(rows, ensure_ascii=False, default=plain)


def plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"no JSON for {type(value).__name__}")


async def now(session: AsyncSession) -> datetime:
    """The transaction's time by the database's clock, in UTC."""
    found: datetime = (await session.execute(text("SELECT now()"))).scalar_one()
    return found
