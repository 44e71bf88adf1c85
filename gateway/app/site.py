"""The address of the web pages where `web.listen` has port 0: `serve` writes down which port it got, and commands read it."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import storage.site
from gateway.app.engine import engine_of
from gateway.config.settings import Settings
from storage.engine import sessions


async def write_down(database_url: str, site: str) -> None:
    async with engine_of(database_url) as engine, sessions(engine).begin() as session:
        await storage.site.remember(session, site)


async def as_served(settings: Settings, make: async_sessionmaker[AsyncSession]) -> Settings:
    """With the address that the service has, if it is the service's to know."""
    if settings.web.address_is_known:
        return settings
    async with make() as session:
        site = await storage.site.remembered(session)
    return settings if site is None else settings.seen_at(site)
