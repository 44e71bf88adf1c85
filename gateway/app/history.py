"""Writes down which configuration this gateway runs with, and which file it refused: beside everything else, for nothing waits for it."""

import asyncio
import contextlib
import os
import pwd
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from gateway import __version__
from gateway.config.load import Loaded
from gateway.domain.configurations import ConfigurationEvent, Occasion

log = structlog.get_logger()

AFTER_START: Final = 30.0
"""Seconds after which a start is written down that has not come to its ready line."""
AGAIN: Final = 5.0
AT_THE_END: Final = 2.0
"""Seconds that a stopping gateway gives to what it has not written yet."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What happened, to be made an event once there is time for it."""

    at: datetime
    kind: Occasion
    loaded: Loaded
    faults: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()


class History:
    """What is noted is kept in order until the database has it. Everything happens in the parent process's one thread."""

    def __init__(self, loaded: Loaded, source: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._source, self._clock = source, clock
        self._in_force = loaded
        self._left: deque[tuple[str, Noted]] = deque()
        self._noted, self._ready = asyncio.Event(), asyncio.Event()
        self._note(Occasion.START)

    def ready(self) -> None:
        """The start is over: processor time spent here keeps no mail waiting any more."""
        self._ready.set()

    def reloaded(self, loaded: Loaded, needs_restart: Sequence[str]) -> None:
        self._in_force = loaded
        self._note(Occasion.RELOAD, needs_restart=tuple(needs_restart))

    def refused(self, faults: Sequence[str]) -> None:
        self._note(Occasion.REFUSED, faults=tuple(faults))

    async def keep(self, url: str) -> None:
        """Until cancelled: writes what is noted, and waits for a database that is away."""
        from storage.engine import database_away

        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), AFTER_START)
        while True:
            await self._noted.wait()
            self._noted.clear()
            try:
                await self._write(url)
            except Exception as error:
                if not database_away(error):
                    # The gateway serves on: its mail is worth more than its history.
                    log.exception("configuration_not_recorded")
                    return
                log.info("configuration_not_recorded_yet", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(AGAIN)
                self._noted.set()

    async def finish(self, url: str) -> None:
        """What is left at the end, where the database takes it at once."""
        if not self._left:
            return
        try:
            async with asyncio.timeout(AT_THE_END):
                await self._write(url)
        except Exception as error:  # noqa: BLE001  the edge: it must not keep the gateway from stopping
            log.warning("configuration_not_recorded", error=f"{type(error).__name__}: {error}")

    def _note(self, kind: Occasion, *, faults: tuple[str, ...] = (), needs_restart: tuple[str, ...] = ()) -> None:
        # The key is made here: an event that is written twice is there once.
        self._left.append((secrets.token_hex(8), Noted(self._clock(), kind, self._in_force, faults, needs_restart)))
        self._noted.set()

    async def _write(self, url: str) -> None:
        from gateway.app.engine import engine_of
        from storage.configurations import record
        from storage.engine import sessions

        async with engine_of(url, 1, "deskgate history") as engine:
            while self._left:
                key, noted = self._left[0]
                async with sessions(engine).begin() as session:
                    await record(session, self._event(key, noted))
                self._left.popleft()

    def _event(self, key: str, noted: Noted) -> ConfigurationEvent:
        from gateway.config.redacted import redacted

        return ConfigurationEvent(
            key,
            noted.at,
            noted.kind,
            redacted(noted.loaded),
            node=os.uname().nodename,
            account=account(),
            version=__version__,
            source=self._source,
            faults=noted.faults,
            needs_restart=noted.needs_restart,
        )


def account() -> str:
    """The user whose processes these are; containers run as users that no file names."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
