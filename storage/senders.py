"""From addresses: which codes were sent and came back, and what DNS said."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.senders import Alignment, Proof
from storage.company import Turn, together


async def proofs(session: AsyncSession, addresses: Collection[str]) -> dict[str, Proof]:
    """What is known of these normalised addresses; those that nothing is known of are left out."""
    if not addresses:
        return {}
    found: dict[str, Proof] = await together(session, Turn.PROOFS, _proofs_of_all, addresses)
    return found


async def _proofs_of_all(session: AsyncSession, asked: Sequence[Collection[str]]) -> list[dict[str, Proof]]:
    rows = await session.execute(_PROOFS, {"addresses": sorted(set().union(*asked))})
    found = {row.address: Proof(row.verified_at, row.requested_at, row.aligned, row.checked_at, row.why) for row in rows}
    return [{each: found[each] for each in wanted if each in found} for wanted in asked]


async def requested(session: AsyncSession, address: str, *, again: bool) -> bool:
    """Remembers that a letter with a code is written in this transaction; not `again`: False where one was before."""
    return (await session.execute(_REQUESTED, {"address": address, "again": again})).first() is not None


async def confirmed(session: AsyncSession, address: str) -> bool:
    """Remembers that the code came back; False where it had already."""
    return (await session.execute(_CONFIRMED, {"address": address})).first() is not None


async def looked_up(session: AsyncSession, address: str, aligned: Alignment | None, why: str) -> bool:
    """Remembers what DNS said; whether it is something new."""
    changed: bool = (await session.execute(_LOOKED_UP, {"address": address, "aligned": aligned, "why": why})).scalar_one()
    return changed


_PROOFS: Final = text("""
    SELECT address, verified_at, requested_at, aligned, checked_at, why FROM sender_verifications
    WHERE address = ANY(CAST(:addresses AS text[]))
""")

_REQUESTED: Final = text("""
    INSERT INTO sender_verifications AS v (address, requested_at) VALUES (:address, now())
    ON CONFLICT (address) DO UPDATE SET requested_at = now() WHERE :again OR v.requested_at IS NULL
    RETURNING address
""")

_CONFIRMED: Final = text("""
    INSERT INTO sender_verifications AS v (address, verified_at) VALUES (:address, now())
    ON CONFLICT (address) DO UPDATE SET verified_at = now() WHERE v.verified_at IS NULL
    RETURNING address
""")

_LOOKED_UP: Final = text("""
    WITH before AS (SELECT aligned FROM sender_verifications WHERE address = :address AND checked_at IS NOT NULL), now_known AS (
        INSERT INTO sender_verifications (address, aligned, checked_at, why) VALUES (:address, CAST(:aligned AS text), now(), :why)
        ON CONFLICT (address) DO UPDATE SET aligned = EXCLUDED.aligned, checked_at = EXCLUDED.checked_at, why = EXCLUDED.why
    )
    SELECT NOT EXISTS (SELECT FROM before) OR (SELECT aligned FROM before) IS DISTINCT FROM CAST(:aligned AS text)
""")
