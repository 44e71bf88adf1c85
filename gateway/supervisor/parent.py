"""The parent process of `deskgate serve`: starts the children, keeps them, tells them of changes, and stops them in order."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from gateway.supervisor.messages import Configuration, RoleStanding, Standing
from gateway.supervisor.notify import Notifier
from gateway.supervisor.nursery import Nursery
from gateway.supervisor.roles import Role
from gateway.supervisor.slot import Slot, Surroundings
from gateway.supervisor.sockets import describe

log = structlog.get_logger()

DRAINING_SECONDS = 20.0


class Database(Protocol):
    """The database as its parent process sees it."""

    async def open(self) -> str:
        """Bring it up where it is ours, see that its schema is right; its URL. Raises what the caller of `Supervisor.run` translates."""

    async def watch(self) -> None:
        """Until cancelled: start again what died."""

    async def close(self) -> None:
        """Leave it, whether or not it was opened; the last one to leave stops it where it is ours."""


class Rejected(Exception):  # noqa: N818 - a configuration is rejected; nothing went wrong here
    """The configuration file has faults: all of them, a line each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(*faults)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Reloaded:
    settings: bytes
    needs_restart: tuple[str, ...] = ()
    """Keys that changed and are read at start only."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `sockets` are bound already; `roles` stand in the order in which they are stopped."""

    roles: tuple[Role, ...]
    sockets: Mapping[str, Sequence[socket.socket]]
    settings: bytes
    shadow: bool = False
    around: Surroundings = field(default_factory=Surroundings)
    draining_seconds: float = DRAINING_SECONDS


class Supervisor:
    """`reload` reads and checks the configuration file once more (raises `Rejected`); `announce` gets the ready line. `nursery` is the
    caller's to close."""

    def __init__(
        self,
        plan: Plan,
        nursery: Nursery,
        database: Database,
        reload: Callable[[], Reloaded],
        announce: Callable[[str], None],
        notifier: Notifier | None = None,
    ) -> None:
        self._plan, self._database, self._reload, self._announce = plan, database, reload, announce
        self._notifier = notifier or Notifier()
        self._slots = [
            Slot(name, role, {each: plan.sockets.get(each, ()) for each in role.sockets}, nursery, plan.around, self._changed)
            for role in plan.roles
            for name in role.slots
        ]
        self._configuration: Configuration | None = None
        self._in_force = 0
        self._announced = False
        self._stopping = asyncio.Event()
        self._hurrying = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, and stop in order. Raises what `Database.open` raises, with no child left behind."""
        self._listen_to_signals()
        async with AsyncExitStack() as stack:
            stack.callback(asyncio.ensure_future(self._notifier.beat(lambda: not self._announced)).cancel)
            stack.push_async_callback(self._database.close)
            keepers: dict[str, asyncio.Future[None]] = {}
            stack.push_async_callback(self._kill, keepers)
            # Imports are most of a child's start. Those that mail waits for do theirs while the database comes up, the others after that.
            await self._start(keepers, [slot for slot in self._slots if slot.role.takes_mail])
            url = await self._open_database()
            if url is not None:
                self._hand_on(Configuration(1, self._plan.settings, url, self._plan.shadow))
                await self._start(keepers, [slot for slot in self._slots if slot.name not in keepers])
                await self._watch(keepers.values())
            await self._stop(keepers)

    async def _start(self, keepers: "dict[str, asyncio.Future[None]]", slots: Sequence[Slot]) -> None:
        keepers |= {slot.name: asyncio.ensure_future(slot.keep()) for slot in slots}
        await asyncio.sleep(0)

    async def _open_database(self) -> str | None:
        """None if the signal to stop came first."""
        opening, stopping = asyncio.ensure_future(self._database.open()), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if opening.done():
            return opening.result()
        opening.cancel()
        await asyncio.wait([opening])
        return None

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, self._end, ending)
        loop.add_signal_handler(signal.SIGHUP, self._read_again)

    def _end(self, ending: signal.Signals) -> None:
        if self._stopping.is_set():
            self._hurrying.set()
        else:
            log.info("stopping", signal=ending.name)
            self._notifier.stopping()
            self._stopping.set()

    def _read_again(self) -> None:
        if self._configuration is None:
            log.warning("configuration_not_read_again", why="still starting")
            return
        self._notifier.reloading()
        try:
            reloaded = self._reload()
        except Rejected as rejected:
            for fault in rejected.faults:
                log.error("configuration_fault", fault=fault)  # noqa: TRY400 - not a traceback's business
            log.error("old_configuration_stays", number=self._configuration.number)  # noqa: TRY400
            self._notifier.ready(f"the configuration has {len(rejected.faults)} faults; number {self._configuration.number} stays in force")
            return
        if reloaded.needs_restart:
            log.warning("restart_needed", keys=", ".join(reloaded.needs_restart))
        old = self._configuration
        self._hand_on(Configuration(old.number + 1, reloaded.settings, old.database_url, old.shadow))

    def _hand_on(self, configuration: Configuration) -> None:
        self._configuration = configuration
        log.info("configuration_handed_on", number=configuration.number)
        for slot in self._slots:
            slot.configure(configuration)

    async def _watch(self, keepers: "Collection[asyncio.Future[None]]") -> None:
        """Until the signal to stop. What never ends by itself has a fault if it does: raise it rather than serve half."""
        stopping: asyncio.Future[Any] = asyncio.ensure_future(self._stopping.wait())
        watching = asyncio.ensure_future(self._database.watch())
        try:
            await asyncio.wait([stopping, watching, *keepers], return_when=asyncio.FIRST_COMPLETED)
            for ended in (each for each in (watching, *keepers) if each.done()):
                ended.result()
        finally:
            stopping.cancel()
            watching.cancel()

    def _changed(self) -> None:
        """A child became ready or died."""
        standing = self._standing()
        for slot in self._slots:
            slot.inform(standing)
        if self._in_force < standing.configuration and all(slot.applied == standing.configuration for slot in self._slots):
            self._in_force = standing.configuration
            log.info("configuration_in_force", number=self._in_force)
            if self._announced and not standing.stopping:
                self._notifier.ready(f"configuration {self._in_force} is in force")
        if not self._announced and not standing.stopping and not standing.missing:
            self._announced = True
            self._announce(self._ready_line())
            self._notifier.ready(self._ready_line())

    def _standing(self) -> Standing:
        return Standing(
            tuple(self._standing_of(role) for role in self._plan.roles),
            self._stopping.is_set(),
            self._configuration.number if self._configuration else 0,
        )

    def _standing_of(self, role: Role) -> RoleStanding:
        slots = [slot for slot in self._slots if slot.role is role]
        ready, restarts = sum(slot.ready for slot in slots), sum(slot.restarts for slot in slots)
        return RoleStanding(role.name, len(slots), ready, restarts, role.takes_mail)

    def _ready_line(self) -> str:
        used = {name for role in self._plan.roles for name in role.sockets}
        listening = ((name, each) for name, each in self._plan.sockets.items() if name in used and each)
        return " ".join(["ready", *(f"{name}={','.join(map(describe, each))}" for name, each in listening)])

    async def _stop(self, keepers: "Mapping[str, asyncio.Future[None]]") -> None:
        """Role after role, so that what one still hands over finds the next one at work; whoever is left at the end is killed."""
        began = time.monotonic()
        # All of them now: a process manager may signal every process of ours at once, and nobody is to be replaced any more.
        for slot in self._slots:
            slot.retire()
        self._changed()
        for role in self._plan.roles:
            self._stop_listening(role)
            await self._drain(role, keepers, began)
        await self._wait_for(list(keepers.values()), began + self._plan.draining_seconds - time.monotonic())

    async def _drain(self, role: Role, keepers: "Mapping[str, asyncio.Future[None]]", began: float) -> None:
        """Until the role's children have finished, or its share of the time is over."""
        leaving = [slot for slot in self._slots if slot.role is role]
        for slot in leaving:
            slot.drain(hurry=self._hurrying.is_set())
        waited_for = [keepers[slot.name] for slot in leaving if slot.name in keepers]
        await self._wait_for(waited_for, began + role.patience * self._plan.draining_seconds - time.monotonic())
        finished = all(each.done() for each in waited_for)
        log.info("role_stopped" if finished else "role_lingers", role=role.name, seconds=round(time.monotonic() - began, 1))

    def _stop_listening(self, role: Role) -> None:
        # While one process has the socket open the kernel goes on completing connections, which nobody would ever answer.
        for listening in (each for name in role.sockets for each in self._plan.sockets.get(name, ())):
            listening.close()

    async def _wait_for(self, keepers: "Sequence[asyncio.Future[None]]", seconds: float) -> None:
        """Until these have gone, the time is over, or a second signal hurries everybody."""
        hurry: asyncio.Future[Any] = asyncio.ensure_future(self._hurrying.wait())
        gone: asyncio.Future[Any] = asyncio.gather(*keepers, return_exceptions=True)
        try:
            await asyncio.wait([hurry, gone], timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
            if self._hurrying.is_set() and not gone.done():
                for slot in self._slots:
                    slot.drain(hurry=True)
                await asyncio.wait([gone], timeout=min(1.0, max(0.0, seconds)))
        finally:
            hurry.cancel()

    async def _kill(self, keepers: "Mapping[str, asyncio.Future[None]]") -> None:
        late = [name for name, keeper in keepers.items() if not keeper.done()]
        if late and self._stopping.is_set():
            log.warning("killed_for_lateness", children=", ".join(late))
        for slot in self._slots:
            slot.kill()
        await asyncio.gather(*keepers.values())
