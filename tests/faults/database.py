"""PostgreSQL servers that a gateway knows by their URL alone: stopped, frozen, filled up, replicated, promoted."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from storage.embedded import EmbeddedServer, binaries
from storage.embedded.account import ENVIRONMENT, server_account
from storage.embedded.installation import within_reach
from storage.embedded.layout import NAME, Layout
from tests.conftest import plain
from tests.processes.harness import alive, children_of, until

STOPPED_SECONDS = 30.0
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
"""Of PostgreSQL's ways to shut down: fast rolls back and writes a checkpoint, immediate leaves all that to the recovery."""


class Database:
    """A server of its own."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self._directory, self._settings = directory, settings
        self.layout = Layout.of(directory)
        self.server = EmbeddedServer.start(directory, settings=settings)

    @property
    def url(self) -> str:
        return self.server.url

    def postmaster(self) -> int:
        return int((self.layout.cluster / "postmaster.pid").read_text().split("\n", 1)[0])

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server = EmbeddedServer.start(self._directory, settings=self._settings)

    def freeze(self, number: signal.Signals) -> None:
        """Every process of the server, in the midst of whatever it does."""
        postmaster = self.postmaster()
        for pid in (postmaster, *children_of(postmaster)):
            os.kill(pid, number)

    async def shut_down(self, how: signal.Signals) -> None:
        postmaster = self.postmaster()
        os.kill(postmaster, how)
        await until(lambda: not alive(postmaster), STOPPED_SECONDS)

    @asynccontextmanager
    async def restarted(self, how: signal.Signals) -> AsyncIterator[None]:
        await self.shut_down(how)
        try:
            yield
        finally:
            await asyncio.to_thread(self.server.ensure_running)

    async def run(self, *statements: str) -> None:
        connection = await asyncpg.connect(plain(self.url))
        try:
            for each in statements:
                await connection.execute(each)
        finally:
            await connection.close()

    @asynccontextmanager
    async def locked(self, table: str = "inbound_messages") -> AsyncIterator[None]:
        """A transaction of somebody's has the table for itself."""
        connection = await asyncpg.connect(plain(self.url))
        try:
            async with connection.transaction():
                await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await connection.close()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Somebody has every connection that the server has room for, the gateway's too."""
        held = [await asyncpg.connect(plain(self.url))]
        theirs = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'deskgate %'"
        try:
            while await held[0].fetch(theirs) or len(held) < 2:
                try:
                    while True:
                        held.append(await asyncpg.connect(plain(self.url)))
                except asyncpg.TooManyConnectionsError:
                    continue
            yield
        finally:
            for each in held:
                await each.close()


class Replica:
    """A copy of the server that follows it, and can take its place."""

    name = "replica"

    def __init__(self, primary: Layout, directory: Path) -> None:
        self.layout = Layout.of(directory)
        self._primary = primary
        self._account = server_account(primary.cluster)
        self._programs = within_reach(binaries(), self._account, primary)

    @property
    def socket(self) -> Path:
        return self.layout.socket

    def make(self) -> None:
        """Copy the running primary, and follow it from here on."""
        for each in (self.layout.data_dir, self.layout.home, self.layout.sockets):
            each.mkdir(mode=0o711, exist_ok=True)
            os.chown(each, self._account.uid, self._account.gid)
        source = f"host={self._primary.sockets} port=5432 user={NAME} application_name={self.name}"
        self._run("pg_basebackup", "-D", self.layout.cluster, "-R", "-c", "fast", "-X", "stream", "-d", source)
        options = f"-c unix_socket_directories={self.layout.sockets} -c listen_addresses='' -c synchronous_standby_names=''"
        self._control("start", "-o", options, "-l", self.layout.home / "server.log")

    def promote(self) -> None:
        self._control("promote")

    def stop(self) -> None:
        if (self.layout.cluster / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate")

    def _control(self, *arguments: str | Path) -> None:
        self._run("pg_ctl", "-w", "-t", "60", "-D", self.layout.cluster, *arguments)

    def _run(self, program: str, *arguments: str | Path) -> None:
        # Not `run_as`: what pg_ctl starts would keep the pipe of its output open, and be waited for.
        log = self.layout.data_dir / f"{program}.log"
        with log.open("ab") as words:
            command = [self._programs.program(program), *arguments]
            done = subprocess.run(
                command,
                stdout=words,
                stderr=words,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                **self._account.identity,
            )
        assert done.returncode == 0, log.read_text(errors="replace")[-2000:]


async def until_synchronous(url: str) -> None:
    connection = await asyncpg.connect(plain(url))
    try:
        async with asyncio.timeout(STOPPED_SECONDS):
            while not await connection.fetchval("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"):
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
