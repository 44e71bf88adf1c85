"""What health and readiness ask: does the database answer, is its schema one that we know, is there a child in every slot."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.web.health import Probe

log = structlog.get_logger()

PATIENCE = 3.0
"""Seconds that the database has to answer a probe; whoever asks waits rarely longer than five."""

Judge = Callable[[str | None], str | None]
"""Says what is wrong with what the database answered."""

AWAY = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def database_answers(engine: AsyncEngine) -> Probe:
    return _asking(engine, "SELECT 1", lambda _found: None)


def schema_serves(engine: AsyncEngine, judge: Judge) -> Probe:
    """`judge` is told the revision."""
    return _asking(engine, "SELECT version_num FROM alembic_version", judge)


def _asking(engine: AsyncEngine, question: str, judge: Judge) -> Probe:
    async def probe() -> str | None:
        try:
            async with asyncio.timeout(PATIENCE), engine.connect() as connection:
                found = (await connection.execute(text(question))).scalar_one_or_none()
        except AWAY as error:
            # The cause is for the log: this page is open to whoever reaches it.
            log.warning("database_probe_failed", error=f"{type(error).__name__}: {error}")
            return "the database does not answer"
        return judge(None if found is None else str(found))

    return probe


def judging(sessions: async_sessionmaker[AsyncSession], ask: Callable[[AsyncSession], Awaitable[str | None]]) -> Probe:
    """`ask` says what is wrong with what it finds. A database that is away is another probe's to tell."""

    async def probe() -> str | None:
        try:
            async with asyncio.timeout(PATIENCE), sessions() as session:
                return await ask(session)
        except AWAY as error:
            log.warning("database_probe_failed", error=f"{type(error).__name__}: {error}")
            return None

    return probe


def saying(tell: Callable[[], str | None]) -> Probe:
    """A probe that has nothing to wait for."""

    async def probe() -> str | None:
        return tell()

    return probe
