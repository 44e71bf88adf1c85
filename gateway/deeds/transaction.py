"""The transaction of a change through any door but mail, with its entry in the audit log, and doing it again where it met another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds.deed import Deed
from storage.engine import serialization_conflict

ATTEMPTS: Final = 3

T = TypeVar("T")


@asynccontextmanager
async def changing(sessions: async_sessionmaker[AsyncSession], deed: Deed) -> AsyncIterator[AsyncSession]:
    """The entry is the last that the transaction writes; an exception undoes the change, and is recorded as well."""
    try:
        with deed.attempted():
            async with sessions.begin() as session:
                yield session
                if deed.written is None:
                    await deed.write(session)
    except Exception as error:
        await deed.end(sessions, error)
        raise


async def repeated(act: Callable[[], Awaitable[T]]) -> T:
    """What another transaction was in the way of is done again from its beginning."""
    for attempt in range(1, ATTEMPTS):
        try:
            return await act()
        except Exception as error:
            if not serialization_conflict(error):
                raise
            await asyncio.sleep(0.05 * attempt)
    return await act()
