"""MTA-STS policies, kept past their senders' restarts: whoever cuts off DNS or HTTPS later cannot take them away (RFC 8461 §10.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy that has not expired; `age` is the seconds since it was fetched, by the database's clock."""

    policy_id: str
    mode: str
    mx: tuple[str, ...]
    age: float


async def policy_of(session: AsyncSession, domain: str) -> Kept | None:
    row = (await session.execute(_POLICY, {"domain": domain})).one_or_none()
    return None if row is None else Kept(row.policy_id, row.mode, tuple(row.mx), row.age)


async def keep(session: AsyncSession, domain: str, policy_id: str, mode: str, mx: Sequence[str], seconds: int) -> None:
    """Replaces what was kept of the domain; and forgets a few that have expired, so that the table does not only grow."""
    await session.execute(_FORGET)
    await session.execute(_KEEP, {"domain": domain, "policy_id": policy_id, "mode": mode, "mx": list(mx), "seconds": seconds})


_POLICY: Final = text("""
    SELECT policy_id, mode, mx, CAST(extract(epoch FROM now() - fetched_at) AS float) AS age FROM sts_policies
    WHERE domain = :domain AND expires_at > now()
""")

_KEEP: Final = text("""
    INSERT INTO sts_policies (domain, policy_id, mode, mx, fetched_at, expires_at)
    VALUES (:domain, :policy_id, :mode, CAST(:mx AS text[]), now(), now() + make_interval(secs => :seconds))
    ON CONFLICT (domain) DO UPDATE SET policy_id = EXCLUDED.policy_id, mode = EXCLUDED.mode, mx = EXCLUDED.mx,
        fetched_at = EXCLUDED.fetched_at, expires_at = EXCLUDED.expires_at
""")

_FORGET: Final = text("""
    DELETE FROM sts_policies WHERE domain IN (
        SELECT domain FROM sts_policies WHERE expires_at < now() ORDER BY expires_at LIMIT 20 FOR UPDATE SKIP LOCKED
    )
""")
