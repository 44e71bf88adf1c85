"""The server's parent: starts PostgreSQL, and stops it when its last user has gone, however they went.

Run as a script (`python -I -S guardian.py HOME`, its order as JSON on stdin), so it imports the standard library alone. It
leaves its starter's session at once: neither a Ctrl-C in a terminal nor the starter's end reaches a server that others use.

- `server_lock` is held by the guardian and inherited by every process of the server: while any lives, nobody starts another.
- `users_lock` is waited for exclusively; the kernel grants it when the last user has left or died. Then the server is stopped.
- When the guardian is killed, the kernel interrupts the server (Linux), and the next user to look starts a new pair. This
  death signal is tied to the thread that forked: here the main one, which lives as long as the process.
"""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypedDict

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# Fast shutdown, then immediate (recovers from the WAL at the next start), then none at all.
STOPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

LINUX = sys.platform.startswith("linux")
LIBC = ctypes.CDLL(None) if LINUX else None


class Order(TypedDict):
    """`identity` is what `subprocess` takes to become another user; `stops` are signals, and the seconds that each is given."""

    command: list[str]
    environment: dict[str, str]
    identity: dict[str, Any]
    server_lock: str
    users_lock: str
    stops: list[tuple[int, float]]


def main() -> NoReturn:
    order: Order = json.load(sys.stdin)
    lock = os.open(order["server_lock"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    _lock_soon(lock)
    if os.fork():
        os._exit(0)  # the starter waits for us; the lock is the child's now
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    server = subprocess.Popen(  # noqa: S603 - ordered by the package itself
        order["command"],
        env=order["environment"],
        cwd="/",
        umask=0o077,
        pass_fds=[lock],
        preexec_fn=_interrupted_when_orphaned(os.getpid()),
        **order["identity"],
    )
    # Only now: what is ignored stays so across exec.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_stop_when_unused, args=(server, order), daemon=True).start()
    server.wait()
    _end_orphans()
    os._exit(0)


def _lock_soon(descriptor: int) -> None:
    """Somebody may have the lock for a moment, only to see whether it is free."""
    for _ in range(100):
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
    sys.exit("server.lock is held: a server runs on this data already")


def _interrupted_when_orphaned(guardian: int) -> Callable[[], None] | None:
    """For the child, after it has become the server's user: a change of user clears the death signal (prctl(2))."""
    if not LINUX:
        return None

    def interrupt_when_orphaned() -> None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != guardian:
            os._exit(1)

    return interrupt_when_orphaned


def _prctl(option: int, value: int) -> None:
    if LIBC is not None:
        LIBC.prctl(option, value, 0, 0, 0)


def _end_orphans() -> None:
    """Of a server that was killed: its idle processes leave by themselves, one that computes would hold `server_lock` until it is done.

    They became our children when their parent died, as we are a subreaper. What they committed is in the WAL.
    """
    for entry in Path("/proc").glob("[0-9]*") if LINUX else ():
        with suppress(OSError):
            parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                os.kill(int(entry.name), signal.SIGKILL)


def _stop_when_unused(server: "subprocess.Popen[bytes]", order: Order) -> None:
    fcntl.flock(os.open(order["users_lock"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), fcntl.LOCK_EX)
    for number, seconds in order["stops"]:
        server.send_signal(number)
        deadline = time.monotonic() + seconds
        while server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
