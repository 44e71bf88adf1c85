"""Small helpers of the statements in this room: prepared texts, JSON parameters and advisory locks."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.states import LetterKind
from storage.company import Apart, Held, Turn, together

OF_A_KNOWN_KIND: Final = f"kind IN ({', '.join(repr(str(each)) for each in LetterKind)})"
"""What a later release wrote, on whose schema this one runs as well, may be of a kind that only that release can read: it is left to it."""

TRY_LOCKS = text(
    """
    SELECT n, bool_and(pg_try_advisory_xact_lock(key)) AS held FROM (
        SELECT n, key FROM unnest(CAST(:whose AS int[]), CAST(:keys AS bigint[])) AS wanted (n, key) ORDER BY key
    ) AS sorted GROUP BY n
    """
)
LOCK = text("SELECT pg_advisory_xact_lock(key) FROM (SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key ORDER BY key) AS sorted")


async def try_lock(session: AsyncSession, keys: Iterable[bytes]) -> bool:
    """Take an advisory lock on each key until the transaction ends; False when somebody else holds one of them."""
    held: bool = await together(session, Turn.KEYS, try_locks, lock_numbers(keys))
    return held


async def lock_or_part(session: AsyncSession, keys: Iterable[bytes]) -> None:
    """As `lock`; in company, whoever would have to wait is set apart."""
    if numbers := lock_numbers(keys):
        await together(session, Turn.ROOM, _lock_or_part, numbers, alone=_lock_each)


async def _lock_or_part(session: AsyncSession, asked: Sequence[Sequence[int]]) -> list[Apart | None]:
    return [None if each is True else Apart("a lock of it is taken") for each in await try_locks(session, asked)]


async def _lock_each(session: AsyncSession, asked: Sequence[Sequence[int]]) -> Sequence[None]:
    for numbers in asked:
        await session.execute(LOCK, {"keys": list(numbers)})
    return [None] * len(asked)


async def try_locks(session: AsyncSession, asked: Sequence[Sequence[int]]) -> list[bool | Apart]:
    """For each of those who share the transaction."""
    held = Held()
    answers: list[bool | Apart] = [held.take(numbers) or True for numbers in asked]
    wanted = [(n, number) for n, numbers in enumerate(asked) if answers[n] is True for number in numbers]
    if wanted:
        whose, keys = zip(*wanted, strict=True)
        for row in await session.execute(TRY_LOCKS, {"whose": list(whose), "keys": list(keys)}):
            answers[row.n] = row.held
    return answers


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
