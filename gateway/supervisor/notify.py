"""Telling systemd how the service stands (sd_notify(3)): a datagram a time, to the socket that it named in our environment."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Self

import structlog

log = structlog.get_logger()

STARTING_BEAT = 10.0
"""Seconds between two requests for more time to start; each asks for several times as much."""
MORE_TIME = 6 * STARTING_BEAT


class Notifier:
    """`address` is where to tell it, None: nobody listens. `watchdog` is after how many seconds of silence we are taken for dead."""

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        # "@" stands for the NUL of Linux's abstract names.
        self._address = "\0" + address[1:] if address is not None and address.startswith("@") else address
        self._watchdog = watchdog

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> Self:
        """The variables are taken out of `environ`: no child is to speak in our name, and PostgreSQL, where it was built to, would."""
        address, microseconds, pid = (environ.pop(name, None) for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"))
        ours = pid in (None, str(os.getpid())) and microseconds is not None and microseconds.isdecimal()
        return cls(address or None, int(microseconds or 0) / 1e6 if ours else None)

    def ready(self, status: str) -> None:
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Until `ready` is said again. The time is what Type=notify-reload orders its messages by."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading the configuration again")

    def stopping(self) -> None:
        self._tell("STOPPING=1", "STATUS=finishing what is in hand")

    async def beat(self, starting: Callable[[], bool]) -> None:
        """Until cancelled: while it starts, which a recovery or a migration may draw out, ask for more time; then feed the watchdog.

        It is the parent's event loop that beats. If that hangs nobody replaces a dead child, and silence has systemd start us anew.
        """
        while self._address is not None:
            if starting():
                self._tell(f"EXTEND_TIMEOUT_USEC={round(MORE_TIME * 1e6)}")
                pause = STARTING_BEAT if self._watchdog is None else min(STARTING_BEAT, self._watchdog / 2)
            elif self._watchdog is None:
                return
            else:
                self._tell("WATCHDOG=1")
                pause = self._watchdog / 2
            await asyncio.sleep(pause)

    def _tell(self, *assignments: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
                speaking.setblocking(False)
                speaking.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            log.warning("systemd_not_told", said=assignments[0], error=str(error))
