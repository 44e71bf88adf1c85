"""The database as the parent process and the commands have it: our own, which somebody has to run, or a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app import schema
from gateway.app.engine import engine_of
from gateway.config.settings import Settings
from gateway.supervisor.parent import Database
from gateway.workers.schedule import WEEKS_AHEAD
from storage import instance, shadow
from storage.embedded import EmbeddedServer
from storage.engine import DatabaseAwayError, LoginRefusedError, database_away, sessions
from storage.inbound import ensure_partitions

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that a server has to answer at start: it may be starting together with us."""
PAUSE = 1.0


class Embedded:
    """Runs, or joins, the PostgreSQL in `data_dir`, and migrates it itself."""

    def __init__(self, data_dir: Path, in_shadow: bool | None = None) -> None:
        self._data_dir, self._in_shadow = data_dir, in_shadow
        self._server: EmbeddedServer | None = None

    async def open(self) -> str:
        self._server = await asyncio.to_thread(EmbeddedServer.start, self._data_dir)
        async with engine_of(self._server.url) as engine:
            await schema.bring_up(engine, self._server.url)
            await prepare(engine, self._in_shadow)
        return self._server.url

    async def watch(self) -> None:
        assert self._server is not None
        await self._server.watch()

    async def close(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)


class Server:
    """A server somewhere, whose schema an operator migrates."""

    def __init__(self, url: str, patience: float = PATIENCE, in_shadow: bool | None = None) -> None:
        self._url, self._patience, self._in_shadow = url, patience, in_shadow

    async def open(self) -> str:
        async with engine_of(self._url) as engine:
            await self._wait_for(engine)
            await prepare(engine, self._in_shadow)
        return self._url

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        """It is not ours to stop."""

    async def _wait_for(self, engine: AsyncEngine) -> None:
        """Until it answers and its schema is right; raises SchemaError at once, and what the driver raised when patience is over."""
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return await schema.check(engine)
            except Exception as error:
                if not database_away(error):
                    raise
                if asyncio.get_running_loop().time() >= deadline:
                    if self._patience and isinstance(error, LoginRefusedError):
                        # A service is started again and again: it may be the server where somebody mends it.
                        raise DatabaseAwayError(str(error)) from error
                    raise
                log.warning("database_away", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE)


def database(settings: Settings, *, patience: float = PATIENCE, in_shadow: bool | None = None) -> Database:
    """`in_shadow`: a service begins, which does or does not send. None: a command, which leaves that as it is."""
    if settings.database.is_embedded:
        return Embedded(settings.database.data_dir, in_shadow)
    return Server(settings.database.url.get_secret_value(), patience, in_shadow)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """For a command: the database brought up or joined, its schema right, and an engine on it. A server that is away is not waited for."""
    opening = database(settings, patience=0.0)
    try:
        url = await opening.open()
        async with engine_of(url, settings.database.pool_size) as engine:
            yield engine
    finally:
        await opening.close()


async def prepare(engine: AsyncEngine, in_shadow: bool | None) -> None:
    """Before the first claim: is this database ours to send from? And before the first message: room for its bytes."""
    make = sessions(engine)
    async with make.begin() as session:
        foreign = await instance.verify(session)
        if in_shadow is not None:
            await shadow.stand(session, shadow=in_shadow)
    if foreign is not None:
        log.warning(
            "sending_paused",
            why="the database came from another server; `deskgate outbox adopt` lets letters go",
            written_by=foreign.written_by,
            found_on=foreign.found_on,
        )
    try:
        async with make.begin() as session:
            await ensure_partitions(session, WEEKS_AHEAD)
    except Exception as error:
        # A lock that somebody holds: the default partition takes what comes meanwhile, and the schedule tries again.
        if not database_away(error):
            raise
        log.warning("partitions_not_made", error=f"{type(error).__name__}: {error}")
