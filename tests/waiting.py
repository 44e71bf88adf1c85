"""Tests wait for the thing itself, never for a time: the machine may be slow, and what is awaited comes soon where it is not."""

import asyncio
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

PATIENCE = 60.0
"""Seconds. Only something broken takes so long."""
POLL = 0.01

_AWAITED = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND NOT granted
"""


async def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Raises TimeoutError where it never comes to that."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(POLL)


async def locks_awaited(engine: AsyncEngine, number: int = 1) -> None:
    """Until so many transactions of this database wait for a lock that somebody holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with engine.connect() as connection:
                if await connection.scalar(text(_AWAITED)) >= number:
                    return
            await asyncio.sleep(POLL)
