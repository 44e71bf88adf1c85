"""The jobs that write down how the desk fares, and what DNS says of its addresses."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app import dns_names
from gateway.app.child import Live
from gateway.auth.dns import Resolver
from gateway.workers.health import look_up_names, sample
from gateway.workers.schedule import HOUR, Job

SAMPLE_SECONDS: Final = 60.0
NAMES_HOURS: Final = 6
"""Between two looks at DNS; operators ask for one in between by a button."""


def health_jobs(live: Live) -> tuple[Job, ...]:
    return (Job("health", SAMPLE_SECONDS, lambda make: sample(make, live.now.organisation)),)


def names_jobs(live: Live, resolver: Resolver) -> tuple[Job, ...]:
    """For a schedule of their own: DNS takes its time, and mail's jobs do not wait for it. Nobody would read what it says where nobody can
    come in."""

    async def look(make: async_sessionmaker[AsyncSession]) -> None:
        if live.now.settings.web.operator:
            await look_up_names(make, dns_names.names(live.now.settings), resolver)

    return (Job("dns", NAMES_HOURS * HOUR, look),)
