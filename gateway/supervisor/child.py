"""The child's side of a role: what `forker` makes of the process that it has forked.

A child lives as long as the control socket does. It ignores the terminal's signals, since the parent decides what they mean.
"""

import asyncio
import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence

import structlog

from gateway.supervisor.collector import spare_what_stands
from gateway.supervisor.forker import ORPHANED, Birth
from gateway.supervisor.messages import Channel, Configuration, Drain, Ready, Standing

log = structlog.get_logger()

Entry = Callable[["Control"], Awaitable[None]]


class Control:
    """What a role is given: its sockets, the configuration as it changes, and the word when to stop."""

    def __init__(self, slot: str, channel: Channel, sockets: Sequence[tuple[str, socket.socket]], configuration: Configuration) -> None:
        self.slot = slot
        """Unique among the living children of one parent, and kept by whoever replaces a dead one: `intake-0`."""
        self._sockets = tuple(sockets)
        self.configuration = configuration
        self.standing = Standing()
        self.draining = asyncio.Event()
        """Set once: take no new work, finish what is in hand, return. If that has to be quicker, the role is cancelled."""
        self._channel = channel
        self._appliers: list[Callable[[Configuration], None]] = []
        self._ready = False

    @property
    def role(self) -> str:
        return self.slot.rpartition("-")[0]

    def sockets(self, purpose: str) -> tuple[socket.socket, ...]:
        """Those that this role has under that name."""
        return tuple(each for name, each in self._sockets if name == purpose)

    def on_change(self, apply: Callable[[Configuration], None]) -> None:
        """Call `apply` with every later configuration, between two steps of the event loop, so that it swaps values at once."""
        self._appliers.append(apply)

    def ready(self) -> None:
        """Tell the parent that this child does its work from now on."""
        if not self._ready:
            spare_what_stands()
        self._ready = True
        self._channel.send(Ready(self.configuration.number))

    def configure(self, configuration: Configuration) -> None:
        self.configuration = configuration
        for apply in self._appliers:
            apply(configuration)
        if self._ready:
            self.ready()


async def live(slot: str, entry: Entry, end: socket.socket, sockets: Sequence[tuple[str, socket.socket]]) -> None:
    """Wait for the configuration, then be what `entry` makes of it until it returns, is told to leave, or the parent dies."""
    channel = await Channel.over(end)
    first = await _first_configuration(channel)
    if first is None:
        return
    control = Control(slot, channel, sockets, first)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, control.draining.set)
    work = asyncio.ensure_future(entry(control))
    ears = asyncio.ensure_future(_obey(channel, control, work))
    census = asyncio.ensure_future(count_tasks(control.role))
    try:
        await work
    except asyncio.CancelledError:
        log.warning("left_in_a_hurry")
    finally:
        ears.cancel()
        census.cancel()


async def count_tasks(role: str, every: float = 1.0) -> None:
    """Until cancelled, for the metrics: what is left waiting for ever shows as a number that grows."""
    from gateway.telemetry import metrics

    while True:
        metrics.tasks.labels(role).set(len(asyncio.all_tasks()))
        await asyncio.sleep(every)


async def _first_configuration(channel: Channel) -> Configuration | None:
    """None when the parent stops before it got as far as configuring us."""
    while True:
        match await channel.receive():
            case Configuration() as first:
                return first
            case Drain():
                return None
            case None:
                os._exit(ORPHANED)


async def _obey(channel: Channel, control: Control, work: "asyncio.Future[None]") -> None:
    while (message := await channel.receive()) is not None:
        match message:
            case Configuration():
                _reconfigure(control, message)
            case Standing():
                control.standing = message
            case Drain(hurry=True):
                work.cancel()
            case Drain():
                control.draining.set()
    # The parent is dead; whatever is in hand is leased and will be taken up again.
    os._exit(ORPHANED)


def _reconfigure(control: Control, configuration: Configuration) -> None:
    try:
        control.configure(configuration)
    except Exception:  # the edge: one child that cannot apply it goes on with what it has
        log.exception("configuration_not_applied", number=configuration.number)


def resolve(entry: str) -> Entry:
    module, _, name = entry.partition(":")
    found: Entry = getattr(importlib.import_module(module), name)
    return found


def adopt(descriptor: int) -> socket.socket:
    """The socket that the parent passed, which a child of ours shall not inherit in its turn."""
    passed = socket.socket(fileno=descriptor)
    passed.set_inheritable(False)
    return passed


def run(coroutine: Awaitable[None]) -> None:
    async def main() -> None:
        await coroutine

    try:
        import uvloop
    except ImportError:
        asyncio.run(main())
    else:
        uvloop.run(main())


def be(birth: Birth) -> None:
    """What is left of this process' life."""
    from gateway.telemetry import logs, sharing

    allow_open_files(birth.open_files)
    logs.configure("json" if birth.log_format == "json" else "text", process=birth.slot)
    if birth.metrics:
        sharing.join(birth.metrics, birth.slot)
    control, *passed = map(adopt, birth.descriptors)
    try:
        run(live(birth.slot, resolve(birth.entry), control, list(zip(birth.sockets, passed, strict=True))))
    except Exception:  # the edge: the log has the cause, the parent an exit status
        log.exception("child_failed")
        sys.exit(1)


def allow_open_files(wanted: int) -> None:
    """As many as the parent may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != wanted and wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
