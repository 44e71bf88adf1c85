"""An engine for as long as it is needed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import connect


@asynccontextmanager
async def engine_of(url: str, pool_size: int = 2, application_name: str = "deskgate") -> AsyncIterator[AsyncEngine]:
    engine = connect(url, pool_size=pool_size, application_name=application_name)
    try:
        yield engine
    finally:
        await engine.dispose()
