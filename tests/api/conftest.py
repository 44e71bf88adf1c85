from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import sessions
from tests.api.site import ApiSite, api_site


@pytest_asyncio.fixture
async def site(engine: AsyncEngine) -> AsyncIterator[ApiSite]:
    async with api_site(sessions(engine)) as found:
        yield found
