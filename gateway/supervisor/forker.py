"""The process that children are forked from: `python -m gateway.supervisor.forker` is what `nursery` executes, never a person.

What a child has to import is imported here, once, and not by each of them: that is most of their start, and of their memory. So that
forking is safe, nothing else happens here: one thread, no event loop, no connection, no file that is not this module's own.

A request is four bytes of length and JSON, with the child's descriptors; what is told is a line of JSON. See `Birth` and `nursery`.
"""

import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_NAME: Final = 15
ORPHANED: Final = 70
HEADER: Final = 4
MOST_DESCRIPTORS: Final = 250
"""Of one child; the kernel passes 253 at once."""
IGNORED: Final = (signal.SIGINT, signal.SIGHUP)
"""By forker and children alike: they are the terminal's, and the parent decides what they mean."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A child to be: `entry` is `module:function`, `sockets` what each descriptor after the control socket is for.

    `metrics` is the directory of the shared ones; `open_files` the bound on them, which the parent may have raised after it began us.
    """

    slot: str
    entry: str
    sockets: tuple[str, ...] = ()
    log_format: str = "text"
    metrics: str | None = None
    open_files: int = 0
    descriptors: tuple[int, ...] = field(default=(), compare=False)
    """As this process has them."""

    def pack(self) -> bytes:
        body = json.dumps(asdict(self) | {"descriptors": ()}).encode()
        return len(body).to_bytes(HEADER, "big") + body


class Forker:
    """Forks a child for each request, and tells of those that have gone."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._parent = os.getpid()

    def run(self) -> Birth | None:
        """Returns None when the parent has gone; and in every child, once, what that is to be."""
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._end, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._woken in ready:
                    self._woken.recv(4096)
                    self._tell_of_the_gone()
                if self._end in ready:
                    birth = self._next()
                    if birth is None or self._fork(birth):
                        return birth

    def _next(self) -> Birth | None:
        header, descriptors, _, _ = socket.recv_fds(self._end, HEADER, MOST_DESCRIPTORS)
        if len(header) < HEADER:
            return None
        body = self._end.recv(int.from_bytes(header, "big"), socket.MSG_WAITALL)
        fields = json.loads(body)
        return Birth(**fields | {"sockets": tuple(fields["sockets"]), "descriptors": tuple(descriptors)})

    def _fork(self, birth: Birth) -> bool:
        """Whether this is the child."""
        preload(birth.entry)
        gc.freeze()  # what is here is never looked through, and so stays one copy for all
        try:
            pid = os.fork()
        except OSError as error:
            self._tell(stillborn=birth.slot, error=str(error))
            pid = -1
        if pid == 0:
            self._leave()
            return True
        for each in birth.descriptors:
            os.close(each)
        if pid > 0:
            self._tell(born=birth.slot, pid=pid)
        return False

    def _leave(self) -> None:
        """In the child: nothing of this process goes on."""
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        die_with(self._parent)
        for mine in (self._end, self._woken, self._waker):
            mine.close()
        gc.enable()

    def _tell_of_the_gone(self) -> None:
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                self._tell(gone=found[0], status=os.waitstatus_to_exitcode(found[1]))

    def _tell(self, **what: object) -> None:
        with suppress(BrokenPipeError):  # the parent has gone, and so shall we
            self._end.sendall(json.dumps(what).encode() + b"\n")


def preload(entry: str) -> None:
    """What cannot be imported, the child will try again, and say why it cannot."""
    with suppress(Exception):
        importlib.import_module(entry.partition(":")[0])


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies; at once, if it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(ORPHANED)


def be_called(name: str) -> None:
    """What `ps` and `top` show of this process: forked ones would all be called alike. Written over our own arguments."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode()[:15])
    # proc_pid_stat(5): the last fields but four are where the arguments begin and end, which not every kernel tells everybody.
    begin, end = map(int, Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()[45:47])
    room = end - begin
    if begin and room > 0:
        title = f"deskgate: {name}".encode()[: room - 1]
        ctypes.memmove(begin, title.ljust(room, b"\0"), room)


def main(argv: Sequence[str]) -> None:
    """Arguments: the control socket, the parent's pid, the metrics' directory or `-`, and what to import while the parent gets ready."""
    control, parent, metrics, *modules = argv
    for each in (*IGNORED, signal.SIGTERM):
        # A process manager may signal all processes of ours at once; children have to finish, and would die with this one.
        signal.signal(each, signal.SIG_IGN)
    die_with(int(parent))
    gc.disable()
    end = socket.socket(fileno=int(control))
    end.set_inheritable(False)
    import gateway.telemetry.lean  # noqa: F401  before what logs
    from gateway.telemetry import sharing

    if metrics != "-":
        sharing.prepare(metrics)
    for module in ("gateway.supervisor.child", *modules):
        preload(module)
    be_called("forker")
    birth = Forker(end).run()
    if birth is not None:
        be_called(birth.slot)
        from gateway.supervisor.child import be

        be(birth)


if __name__ == "__main__":
    main(sys.argv[1:])
