"""The jobs that tell operators. Intakes and web processes have them: what tells that one kind stands still must not be of it alone."""

from collections.abc import Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app.child import Live
from gateway.desk.alarm import sound_alarm
from gateway.desk.watching import watch
from gateway.workers.schedule import Job, in_one

EVERY_SECONDS: Final = 10.0


def alarm_jobs(live: Live, wake: Callable[[], None]) -> tuple[Job, ...]:
    """`wake` is called when a letter was written."""

    async def look(sessions: async_sessionmaker[AsyncSession]) -> int:
        async with sessions.begin() as session:
            written = await watch(session, live.now.organisation)
        if written:
            wake()
        return written

    return (
        Job("alarm", EVERY_SECONDS, in_one(lambda session: sound_alarm(session, live.now.organisation.budget))),
        Job("watch", EVERY_SECONDS, look),
    )
