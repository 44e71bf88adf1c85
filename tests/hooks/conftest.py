"""A desk whose tickets a receiver hears of."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.hooks.receiver import receiver
from tests.hooks.site import Site


@pytest.fixture
async def site(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Site]:
    async with receiver() as peer:
        yield Site(sessions, peer)
