"""One process's share in the embedded database.

Three locks order it (see `Layout`): `start` is held while somebody starts or leaves; `users` is shared by all who use the
server; `server` is inherited by the server's processes. Who needs the server and finds `server` free starts a guardian (see
`guardian`), and that starts PostgreSQL. No pid is trusted and nobody is the owner: whatever is killed, a user, the server or
the guardian, leaves its lock free for the next one to act upon.

The descriptor of `users` is closed by exec, but not by fork: a child that is forked without exec keeps the server alive.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from storage.embedded import cluster, guardian
from storage.embedded.account import ENVIRONMENT, server_account
from storage.embedded.errors import EmbeddedError
from storage.embedded.installation import Installation, binaries, within_reach
from storage.embedded.layout import PORT, Layout
from storage.embedded.locks import EXCLUSIVE, SHARED, alone, is_free, lock_within, open_lock, try_lock, unlock
from storage.embedded.probe import is_ready
from storage.embedded.serverlog import ServerLog

# Recovery after a crash replays up to max_wal_size.
START_SECONDS = 120.0
AGAIN_SECONDS = 2.0
STOP_SECONDS = sum(seconds for _, seconds in guardian.STOPS) + 5.0

log = structlog.get_logger()


class EmbeddedServer:
    """A running server, as long as it is not left by `stop()`; also a context manager. Made by `start`."""

    def __init__(self, layout: Layout, settings: Mapping[str, str], installation: Installation) -> None:
        self._layout = layout
        self._log = ServerLog(layout.log)
        self._settings = dict(settings)
        self._installation = installation
        self._user: int | None = None

    @classmethod
    def start(cls, data_dir: Path, *, settings: Mapping[str, str] | None = None, installation: Installation | None = None) -> Self:
        """Joins the server on `data_dir`, or starts one there, and returns when it answers.

        `settings` of PostgreSQL win over ours and the operator's; they count for whoever starts the server.
        """
        server = cls(Layout.of(data_dir), settings or {}, installation or binaries())
        server._join()
        return server

    @property
    def url(self) -> str:
        """For SQLAlchemy and alembic; stays the same across restarts."""
        return self._layout.url

    @property
    def log_file(self) -> Path:
        return self._layout.log

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _join(self) -> None:
        cluster.make_home(self._layout, server_account(self._layout.cluster))
        with ExitStack() as undo, alone(self._layout.start_lock, START_SECONDS + STOP_SECONDS):
            user = open_lock(self._layout.users_lock)
            undo.callback(os.close, user)
            # A guardian has it while it stops a server that nobody used.
            if not lock_within(user, SHARED, STOP_SECONDS):
                raise EmbeddedError(f"{self._layout.home}: the last server does not stop; see {self._layout.log}")
            self._bring_up()
            undo.pop_all()
        self._user = user

    def ensure_running(self) -> None:
        """Starts the server again if it died; from any thread, and at little cost when it did not.

        Raises `EmbeddedError` when it does not come up.
        """
        if is_ready(self._layout):
            return
        with alone(self._layout.start_lock, START_SECONDS + STOP_SECONDS):
            if self._user is None:
                raise EmbeddedError(f"{self._layout.home}: this process has left the database")
            self._bring_up()

    async def watch(self, every: float = 0.5) -> None:
        """Until cancelled: starts the server again whenever it died, and keeps its log in bounds."""
        while True:
            await asyncio.sleep(every)
            try:
                await asyncio.to_thread(self._mend)
            except (EmbeddedError, OSError) as error:  # a full disk, for one, passes
                log.error("database_watch_failed", error=str(error))  # noqa: TRY400 - the text says it all
                await asyncio.sleep(AGAIN_SECONDS)

    def _mend(self) -> None:
        self._log.bound(self._layout.log_lock)
        if not self._lives():
            log.warning("database_died", log_file=str(self._layout.log))
            self.ensure_running()
            log.warning("database_restarted")

    def stop(self) -> None:
        """Leaves the server; the last one to leave waits for its end. Does nothing the second time."""
        user, self._user = self._user, None
        if user is None:
            return
        try:
            with alone(self._layout.start_lock, START_SECONDS + STOP_SECONDS):
                # Had by us, nobody uses the server; had by neither us nor in common, the guardian saw it first and is at work.
                if try_lock(user, EXCLUSIVE):
                    unlock(user)
                elif try_lock(user, SHARED):
                    return
                self._await_end()
        finally:
            os.close(user)

    def _await_end(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self._lives():
            if time.monotonic() >= deadline:
                raise EmbeddedError(f"{self._layout.cluster}: the server does not stop; see {self._layout.log}")
            time.sleep(0.02)

    def _lives(self) -> bool:
        return not is_free(self._layout.server_lock)

    def _bring_up(self) -> None:
        """Waits for a server that is starting; waits for the end of one that is stopping, and then starts one, once."""
        started = False
        begin = 0
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(self._layout):
            if not self._lives():
                if started:
                    raise EmbeddedError(f"{self._layout.cluster}: PostgreSQL ended at once. {self._log.tail(begin)}")
                begin = self._spawn()
                started = True
            elif time.monotonic() >= deadline:
                raise EmbeddedError(
                    f"{self._layout.cluster}: PostgreSQL does not answer after {START_SECONDS:.0f} s. {self._log.tail(begin)}"
                )
            time.sleep(0.02)

    def _spawn(self) -> int:
        """Starts a guardian, and with it the server; returns where in the log their words begin."""
        layout = self._layout
        account = server_account(layout.cluster)
        installation = within_reach(self._installation, account, layout)
        cluster.prepare(layout, installation, account, durable=self._settings.get("fsync", "on") != "off")
        self._log.bound(layout.log_lock)
        order: guardian.Order = {
            "command": self._command(installation),
            "environment": ENVIRONMENT,
            "identity": account.identity,
            "server_lock": str(layout.server_lock),
            "users_lock": str(layout.users_lock),
            "stops": list(guardian.STOPS),
        }
        begin = self._log.size()
        with layout.log.open("ab") as words:
            layout.log.chmod(0o600)
            # -I -S: neither the directory we stand in, nor PYTHON* variables, nor site-packages; it starts in 20 ms.
            subprocess.run(  # noqa: S603 - our own script
                [sys.executable, "-I", "-S", guardian.__file__, layout.home],
                input=json.dumps(order).encode(),
                stdout=words,
                stderr=words,
                cwd="/",
                start_new_session=True,
                check=False,
            )
        return begin

    def _command(self, installation: Installation) -> list[str]:
        fixed = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self._layout.sockets),
            "unix_socket_permissions": "0700",
        }
        settings = [argument for name, value in (self._settings | fixed).items() for argument in ("-c", f"{name}={value}")]
        return [str(installation.program("postgres")), "-D", str(self._layout.cluster), *settings]
