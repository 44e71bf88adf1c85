"""What programs did under keys of their own (`Idempotency-Key`), written in the transaction of the change itself."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

KEPT_HOURS: Final = 48
"""As long as what people ask for twice has one effect (`storage.effects`)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`made` has the ids of what the change made. `request` tells the wish from another one under the same key."""

    request: bytes
    status: int
    made: dict[str, Any]


async def claim(session: AsyncSession, token: int, key: str) -> bool:
    """Until the transaction ends the key is this request's; False where another is at it."""
    return bool(await session.scalar(_CLAIM, {"named": f"api:{token}:{key}"}))


async def find(session: AsyncSession, token: int, key: str) -> Kept | None:
    row = (await session.execute(_FIND, {"token": token, "key": digest(key)})).one_or_none()
    return None if row is None else Kept(row.request, row.status, row.made)


async def keep(session: AsyncSession, token: int, key: str, answer: Kept) -> None:
    """Under the claim. One of the same key that is past its time gives way."""
    values = {"token": token, "key": digest(key), "request": answer.request, "status": answer.status, "made": json.dumps(answer.made)}
    await session.execute(_KEEP, values)


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def forget_old(session: AsyncSession, limit: int = 1000) -> int:
    """Those past their time; returns how many."""
    return len((await session.execute(_FORGET, {"limit": limit})).all())


_CLAIM: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:named, 0))")
_FIND: Final = text(f"""
    SELECT request, status, made FROM api_answers
    WHERE token = :token AND key = :key AND at > now() - interval '{KEPT_HOURS} hours'
""")  # noqa: S608
_KEEP: Final = text("""
    INSERT INTO api_answers (token, key, request, status, made) VALUES (:token, :key, :request, :status, CAST(:made AS jsonb))
    ON CONFLICT (token, key) DO UPDATE SET request = excluded.request, status = excluded.status, made = excluded.made, at = now()
""")
_FORGET: Final = text(f"""
    DELETE FROM api_answers WHERE (token, key) IN (
        SELECT token, key FROM api_answers WHERE at <= now() - interval '{KEPT_HOURS} hours' LIMIT :limit FOR UPDATE SKIP LOCKED
    ) RETURNING 1
""")  # noqa: S608
