"""One place for a child that is always taken: whoever dies in it is replaced."""

import asyncio
import resource
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from gateway.supervisor.backoff import Backoff
from gateway.supervisor.forker import Birth
from gateway.supervisor.messages import Channel, Configuration, Drain, Message, Ready, Standing
from gateway.supervisor.nursery import Child, Nursery
from gateway.supervisor.roles import Role
from gateway.telemetry import sharing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all children of one parent have in common."""

    log_format: str = "text"
    metrics: str | None = None
    """Directory of the shared metrics; None keeps each child's to itself."""


class Slot:
    def __init__(
        self,
        name: str,
        role: Role,
        sockets: Mapping[str, Sequence[socket.socket]],
        nursery: Nursery,
        around: Surroundings,
        changed: Callable[[], None],
    ) -> None:
        self.name, self.role = name, role
        self.restarts = 0
        self.applied = 0
        """Number of the configuration that the child works by; 0 while it is not ready."""
        self._sockets = [(purpose, each) for purpose, several in sockets.items() for each in several]
        self._nursery, self._around, self._changed = nursery, around, changed
        self._configuration: Configuration | None = None
        self._standing = Standing()
        self._drain: Drain | None = None
        self._child: Child | None = None
        self._channel: Channel | None = None
        self._leaving = asyncio.Event()
        self._killed = False

    @property
    def ready(self) -> bool:
        return self.applied > 0

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def keep(self) -> None:
        """Keep a child here until `drain`; return when the last one has gone."""
        backoff = Backoff()
        while not self._leaving.is_set():
            born = time.monotonic()
            code = await self._live_once()
            if self._leaving.is_set():
                break
            self.restarts += 1
            backoff = backoff.after_death(time.monotonic() - born)
            # Status 0: it was told to end by a signal, or has something to read anew that a reload changed.
            tell = log.warning if code else log.info
            tell("child_died" if code else "child_left", child=self.name, how=describe_exit(code), restart_in=backoff.seconds)
            await self._pause(backoff.seconds)

    def configure(self, configuration: Configuration) -> None:
        """For the child of now, and for every one that takes its place."""
        self._configuration = configuration
        self._send(configuration)

    def inform(self, standing: Standing) -> None:
        self._standing = standing
        self._send(standing)

    def retire(self) -> None:
        """Whoever is here is the last one, however they go."""
        self._leaving.set()

    def drain(self, *, hurry: bool = False) -> None:
        self.retire()
        self._drain = Drain(hurry)
        self._send(self._drain)
        if not self.ready:
            # It is still starting: it may hear nothing for seconds, and has nothing in hand.
            self.kill()

    def kill(self) -> None:
        """At once; a child that is just being started too."""
        self.retire()
        self._killed = True
        if self._child is not None:
            self._child.kill()

    async def _live_once(self) -> int:
        try:
            self._child, self._channel = await self._spawn()
        except OSError as error:
            log.error("child_cannot_start", child=self.name, error=str(error))  # noqa: TRY400 - the text says it all
            return 1
        ears = asyncio.ensure_future(self._listen(self._channel))
        try:
            self._greet()
            if self._killed:
                self.kill()
            return await self._child.wait()
        finally:
            ears.cancel()
            self._forget()

    async def _spawn(self) -> tuple[Child, Channel]:
        ours, theirs = socket.socketpair()
        try:
            passed = [theirs.fileno(), *(each.fileno() for _, each in self._sockets)]
            child = await self._nursery.bear(self._birth(), passed)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return child, await Channel.over(ours)

    def _birth(self) -> Birth:
        open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        purposes = tuple(purpose for purpose, _ in self._sockets)
        return Birth(self.name, self.role.entry, purposes, self._around.log_format, self._around.metrics, open_files)

    def _greet(self) -> None:
        if self._configuration is not None:
            self._send(self._configuration)
        self._send(self._standing)
        if self._drain is not None:
            # It was being started when it was told to leave.
            self._send(self._drain)

    async def _listen(self, channel: Channel) -> None:
        while (message := await channel.receive()) is not None:
            if isinstance(message, Ready):
                self.applied = message.number
                self._changed()

    def _forget(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._child = self._channel = None
        self.applied = 0
        if self._around.metrics:
            sharing.bury(self._around.metrics, self.name)
        self._changed()

    def _send(self, message: Message) -> None:
        if self._channel is not None:
            self._channel.send(message)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._leaving.wait()
        except TimeoutError:
            return


def describe_exit(code: int) -> str:
    """An exit status as `subprocess` has it, in words."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
