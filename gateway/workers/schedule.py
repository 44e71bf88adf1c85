"""Runs periodic jobs. Every intake child has a `Schedule`; leases see to it that one of them does the work."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from storage import api_answers, inbound, schedule, suppressions, web_sessions
from storage.engine import database_away, serialization_conflict

log = structlog.get_logger()

Sessions = async_sessionmaker[AsyncSession]

LOOK_SECONDS = 5.0
RETRY_SECONDS = 60.0
LEASE_SECONDS = 20.0
"""What a job waits for at most when the process that ran it is killed. Whoever runs it renews the lease meanwhile."""

HOUR = 3600.0
WEEKS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Job:
    """`run` makes its own transactions and may be run twice; its result is logged, unless nothing was done. Past `longest` seconds it has
    failed."""

    name: str
    every: float
    run: Callable[[Sessions], Awaitable[object]]
    longest: float = 600.0


def in_one(work: Callable[[AsyncSession], Awaitable[object]]) -> Callable[[Sessions], Awaitable[object]]:
    """A job's `run` that is one transaction."""

    async def run(sessions: Sessions) -> object:
        async with sessions.begin() as session:
            return await work(session)

    return run


JOBS = (
    Job("partitions", 6 * HOUR, in_one(lambda session: inbound.ensure_partitions(session, WEEKS_AHEAD))),
    Job("forget", HOUR, in_one(schedule.forget)),
    Job("api_answers", HOUR, in_one(api_answers.forget_old)),
    Job("web_sessions", HOUR, in_one(web_sessions.forget)),
    Job("suppressions", 6 * HOUR, in_one(suppressions.forget)),
)


class Schedule:
    """`worker` is unique to this process's life."""

    def __init__(
        self, sessions: Sessions, worker: str, jobs: Sequence[Job] = JOBS, look: float = LOOK_SECONDS, lease: float = LEASE_SECONDS
    ) -> None:
        self._sessions, self._worker, self._jobs, self._look, self._lease = sessions, worker, tuple(jobs), look, lease

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; a job under way is finished first."""
        while not stop.is_set():
            await self.run_due()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._look)

    async def run_due(self) -> None:
        """Every job that is due and nobody else's, one after another."""
        for job in self._jobs:
            try:
                if await self._take(job):
                    await self._run(job)
            except Exception as error:
                if not database_away(error):
                    raise
                log.info("schedule_waits", job=job.name, error=f"{type(error).__name__}: {error}")

    async def _take(self, job: Job) -> bool:
        async with self._sessions.begin() as session:
            return await schedule.take(session, job.name, self._worker, self._lease)

    async def _run(self, job: Job) -> None:
        error: str | None = None
        try:
            async with asyncio.timeout(job.longest), self._held(job):
                done = await job.run(self._sessions)
            if done:
                log.info("job_done", job=job.name, result=done)
        except Exception as failure:  # the edge: a job that fails is tried again, and fails alone
            error = f"{type(failure).__name__}: {failure}"
            if database_away(failure) or serialization_conflict(failure):
                log.info("job_put_off", job=job.name, error=error)
            else:
                log.exception("job_failed", job=job.name)
        due_in = job.every if error is None else min(job.every, RETRY_SECONDS)
        async with self._sessions.begin() as session:
            await schedule.finish(session, job.name, self._worker, due_in, error)

    @asynccontextmanager
    async def _held(self, job: Job) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(job))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _renew(self, job: Job) -> None:
        """Until cancelled, or until somebody else has begun the job anew, which does no harm."""
        held = True
        while held:
            await asyncio.sleep(self._lease / 4)
            try:
                async with self._sessions.begin() as session:
                    held = await schedule.renew(session, job.name, self._worker, self._lease)
            except Exception as error:
                if not database_away(error):
                    raise
                log.info("schedule_waits", job=job.name, error=f"{type(error).__name__}: {error}")
        log.warning("job_lease_lost", job=job.name)
