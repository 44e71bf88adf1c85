"""Clients by whatever somebody remembers of them."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.clients import LISTED, Client, client

_WHERE: Final = r"""
    WHERE c.id = CAST(:number AS bigint) OR c.name ILIKE :part ESCAPE '\'
        OR c.id IN (SELECT client_id FROM client_addresses WHERE key LIKE lower(:part) ESCAPE '\')
    ORDER BY c.id = CAST(:number AS bigint) DESC, c.id LIMIT :limit
"""
_FOUND: Final = text(LISTED + _WHERE)


async def find_clients(session: AsyncSession, words: str, limit: int = 20) -> list[Client]:
    """By a part of the name or of an address, or by the number."""
    number = int(words) if words.isascii() and words.isdecimal() and int(words) < 2**63 else None
    part = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [client(row) for row in await session.execute(_FOUND, {"number": number, "part": part, "limit": limit})]
