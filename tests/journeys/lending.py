"""One `deskgate serve` for many tests, lent to one after another.

A start costs five seconds of processor time in eight processes. So what serves on goes on: its database is emptied, its relay forgets, and
SIGHUP has it read the test's own configuration, all before the test begins. What `serve` reads at its start alone, options and the table
`[server]`, makes a gateway anew, which takes the place of the one before.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import DEADLOCK_DETECTED, connect
from tests.auth.nameserver import NameServer, Zone, name_server
from tests.conftest import fresh_database
from tests.journeys.running import POLL, SECONDS, Running, write_config
from tests.peers.smtp_peer import SmtpPeer
from tests.processes.harness import Parent, parent

T = TypeVar("T")

# What a gateway writes at its start stays: whose database it is, where its pages are, whether it sends. So does the schema's revision.
EMPTY = """
    DO $$ BEGIN
        ALTER TABLE audit_log DISABLE TRIGGER USER;
        EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(format('%I', relname), ', ') || ' RESTART IDENTITY'
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                AND relname NOT IN ('alembic_version', 'instance', 'controls', 'audit_head')
        );
        ALTER TABLE audit_log ENABLE TRIGGER USER;
        UPDATE audit_head SET id = 0, digest = decode(repeat('00', 32), 'hex');
        DELETE FROM controls WHERE name NOT IN ('site', 'shadow');
    END $$
"""
IN_HAND = """
    SELECT (SELECT count(*) FROM inbound_messages WHERE state = 'leased') + (SELECT count(*) FROM outbox_messages WHERE state = 'leased')
"""


class Elsewhere:
    """An event loop in a thread of its own, for what outlives the loop of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="lent gateway", daemon=True)
        self._thread.start()

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Standing:
    """A gateway that serves, and the peers that it speaks to. Its methods run on the loop that they were started on."""

    def __init__(self, folder: Path, url: str, relay: SmtpPeer, server: str) -> None:
        self.folder, self.url, self.relay = folder, url, relay
        self._server = server
        self._peers = AsyncExitStack()
        self._zone: Zone = {}
        self._names: NameServer
        self.config: Path
        self.process: Parent
        self.ready: dict[str, str]

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path, server_url: str, template: str, arguments: Sequence[str], server: str) -> AsyncIterator[Self]:
        async with fresh_database(server_url, template) as url, SmtpPeer() as relay:
            made = cls(folder, url, relay, server)
            async with made._peers:
                await made._know({})
                made._write({})
                async with parent(["-m", "gateway", "serve", "--config", str(made.config), *arguments], cwd=folder) as made.process:
                    made.ready = await made.process.ready()
                    await made.process.logged("configuration_in_force", seconds=SECONDS)
                    yield made

    async def prepare(self, zone: Zone, tables: dict[str, str]) -> None:
        """As if it had just been started on an empty database with this configuration."""
        self.relay.heal()
        await self.relay.hang_up()
        self.relay.messages.clear()
        self.relay.commands.clear()
        if zone != self._zone:
            # At another port, for the resolver of the gateway remembers what the old one said.
            await self._know(zone)
        self._write(tables)
        await self.process.reload()
        self.process.log.clear()

    async def _know(self, zone: Zone) -> None:
        self._zone = dict(zone)
        self._names = await self._peers.enter_async_context(name_server(zone))

    def _write(self, tables: dict[str, str]) -> None:
        self.config = write_config(self.folder, self.url, self.relay.url, self._names.port, **{"server": self._server} | tables)


class Lender:
    """Called, it lends: the arguments are those of `tests.journeys.running.running`, but for the relay, which is the gateway's own."""

    def __init__(self, server_url: str, template: str, folder: Path) -> None:
        self._server_url, self._template, self._folder = server_url, template, folder
        self._elsewhere = Elsewhere()
        self._life = AsyncExitStack()
        self._standing: Standing | None = None
        self._key: tuple[tuple[str, ...], str] = ((), "")

    @asynccontextmanager
    async def __call__(
        self, *, arguments: Sequence[str] = (), zone: Zone | None = None, server: str = "", **tables: str
    ) -> AsyncIterator[Running]:
        standing = await self._found(tuple(arguments), server)
        if not await emptied_in_time(standing.url):
            await self.close()
            standing = await self._found(tuple(arguments), server)
        engine = connect(standing.url, pool_size=2)
        try:
            await self._elsewhere.do(standing.prepare(zone or {}, tables))
            yield Running(standing.process, standing.relay, engine, standing.config, standing.ready)
        except BaseException:
            # Whatever a test that failed leaves behind, the next one does not meet it.
            await self.close()
            raise
        finally:
            await engine.dispose()

    async def close(self) -> None:
        if self._standing is not None:
            self._standing = None
            await self._elsewhere.do(self._life.aclose())

    def end(self) -> None:
        asyncio.run(self.close())
        self._elsewhere.end()

    async def _found(self, arguments: tuple[str, ...], server: str) -> Standing:
        if self._standing is not None and (self._key != (arguments, server) or self._standing.process.process.returncode is not None):
            await self.close()
        if self._standing is None:
            starting = Standing.started(self._folder, self._server_url, self._template, arguments, server)
            self._life = AsyncExitStack()
            self._standing = await self._elsewhere.do(self._life.enter_async_context(starting))
            self._key = arguments, server
        return self._standing


async def emptied_in_time(url: str) -> bool:
    """False where something of the test before stays in hand."""
    engine = connect(url, pool_size=1)
    deadline = time.monotonic() + SECONDS
    try:
        while not (done := await emptied(engine)) and time.monotonic() < deadline:
            await asyncio.sleep(POLL)
    finally:
        await engine.dispose()
    return done


async def emptied(engine: AsyncEngine) -> bool:
    """False where a letter or a message is in hand, or a lock of the gateway's was in the way."""
    try:
        async with engine.begin() as connection:
            await connection.execute(text("LOCK TABLE inbound_messages, outbox_messages IN ACCESS EXCLUSIVE MODE"))
            if await connection.scalar(text(IN_HAND)):
                return False
            await connection.execute(text(EMPTY))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != DEADLOCK_DETECTED:
            raise
        return False
    return True
