"""The parent's side of `forker`: the children of one supervisor are born here, and their deaths are heard of."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from gateway.supervisor.forker import Birth

STDERR = 2
OURS_ALONE = ("LISTEN_", "NOTIFY_", "WATCHDOG_")
"""Variables by which systemd speaks to the parent, and to nobody else."""


class Child:
    """A process that was forked for us."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def wait(self) -> int:
        """Its exit status as `subprocess` has it."""
        return await asyncio.shield(self._status)

    def kill(self) -> None:
        """At once; nothing, when it has gone."""
        if not self._status.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def gone(self, status: int) -> None:
        if not self._status.done():
            self._status.set_result(status)


class Nursery:
    """Begins the forker, at once and before anything else, for it has most to do. A forker that dies, and its children with it, is followed
    by another as soon as somebody is to be born."""

    def __init__(self, metrics: str | None = None, preload: Sequence[str] = ()) -> None:
        """`metrics`: the shared directory. `preload`: modules that will be wanted first."""
        self._metrics, self._preload = metrics, tuple(preload)
        self._living: dict[int, Child] = {}
        self._awaited: dict[str, asyncio.Future[Child]] = {}
        self._heard = b""
        self._listening = False
        self._process, self._end = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.close()
        self._process.kill()
        self._process.wait()

    def _begin(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair()
        with theirs:
            # With -P and our own sys.path the children find the very code that their parent runs, whatever the working directory offers.
            # From the main thread, always: PR_SET_PDEATHSIG follows the thread that forked.
            words = [str(theirs.fileno()), str(os.getpid()), self._metrics or "-", *self._preload]
            process = subprocess.Popen(  # noqa: S603  our own words
                [sys.executable, "-P", "-m", "gateway.supervisor.forker", *words],
                env=surroundings(),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=STDERR,  # stdout is for the ready line alone
            )
        return process, ours

    async def bear(self, birth: Birth, descriptors: Sequence[int]) -> Child:
        """`descriptors`: the child's end of its control socket, and then those that `birth.sockets` names. Raises OSError."""
        if not self._listening:
            if self._process.poll() is not None:
                self._process, self._end = self._begin()
            self._listening = True
            asyncio.get_running_loop().add_reader(self._end, self._hear)
        born: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._awaited[birth.slot] = born
        try:
            # Shorter than any socket's buffer, and there are as many of them as there are slots.
            socket.send_fds(self._end, [birth.pack()], list(descriptors))
            return await born
        finally:
            self._awaited.pop(birth.slot, None)

    def _hear(self) -> None:
        try:
            heard = self._end.recv(1 << 16)
        except ConnectionError:
            heard = b""
        if not heard:
            self._lost()
            return
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in lines:
            self._understand(json.loads(line))

    def _understand(self, told: dict[str, Any]) -> None:
        match told:
            case {"born": slot, "pid": pid}:
                self._living[pid] = child = Child(pid)
                waiting = self._awaited.get(slot)
                if waiting is None or waiting.done():
                    child.kill()  # whoever asked for it has left meanwhile
                else:
                    waiting.set_result(child)
            case {"stillborn": slot, "error": error}:
                self._refuse(slot, error)
            case {"gone": pid, "status": status}:
                self._living.pop(pid).gone(status)

    def _refuse(self, slot: str, error: str) -> None:
        waiting = self._awaited.get(slot)
        if waiting is not None and not waiting.done():
            waiting.set_exception(OSError(error))

    def _lost(self) -> None:
        """Its children have gone with it: the kernel saw to that, before it let us reap it."""
        import structlog  # not before the forker is on its way

        asyncio.get_running_loop().remove_reader(self._end)
        self._end.close()
        self._process.kill()
        status = self._process.wait()
        structlog.get_logger().error("forker_died", status=status)
        self._listening, self._heard = False, b""
        living, self._living = self._living, {}
        for child in living.values():
            child.gone(-signal.SIGKILL)
        for slot in tuple(self._awaited):
            self._refuse(slot, "the process that children are forked from has died")


def surroundings() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(OURS_ALONE)}
    return ours | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
