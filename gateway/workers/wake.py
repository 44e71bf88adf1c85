"""Wake-ups between processes by NOTIFY: `Waker` sends them, `Listener` hears them. Both are hints; a slow poll makes sure."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = structlog.get_logger()

_AWAY = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Waker:
    """Sends NOTIFY in autocommit, at most `rate` times a second a channel: inside the transactions it would serialise their commits.

    Calling it never blocks and never raises; wake-ups that cannot be sent are logged once an outage and dropped.
    """

    def __init__(self, engine: AsyncEngine, *, rate: float = 20.0) -> None:
        self._engine = engine
        self._gap = 1.0 / rate
        self._pending: set[str] = set()
        self._sent_at: dict[str, float] = {}
        self._sending: asyncio.Task[None] | None = None
        self._away = False

    def __call__(self, channel: str) -> None:
        self._pending.add(channel)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_pending())

    wake = __call__

    async def aclose(self) -> None:
        """Sends what is pending, for at most a second."""
        if self._sending is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sending, 1.0)

    async def _send_pending(self) -> None:
        while self._pending:
            channel = min(self._pending, key=self._due)
            await asyncio.sleep(max(0.0, self._due(channel) - time.monotonic()))
            # From here on a call for this channel is a new wake-up: what it tells of may not be visible to this one's hearer.
            self._pending.discard(channel)
            self._sent_at[channel] = time.monotonic()
            await self._send(channel)

    def _due(self, channel: str) -> float:
        return self._sent_at.get(channel, float("-inf")) + self._gap

    async def _send(self, channel: str) -> None:
        try:
            async with asyncio.timeout(5), self._engine.connect() as plain:
                connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(_NOTIFY, {"channel": channel})
        except _AWAY as error:
            if not self._away:
                log.warning("wake_up_not_sent", channel=channel, error=f"{type(error).__name__}: {error}")
            self._away = True
        else:
            self._away = False


class Listener:
    """Calls the channel's function at every NOTIFY, and all of them after each (re)connecting, since some may have been missed."""

    def __init__(self, engine: AsyncEngine, channels: Mapping[str, Callable[[], None]], *, check: float = 30.0) -> None:
        self._engine = engine
        self._channels = dict(channels)
        self._check = check

    async def run(self) -> None:
        """Listens on a connection of its own until cancelled; reconnects after 1 to 10 s."""
        failures = 0
        while True:
            try:
                async with self._engine.connect() as connection:
                    driver = await _out_of_the_pool(connection)
                    await self._listen(driver)
                    failures = 0
                    await self._until_lost(driver)
            except Exception as error:  # noqa: BLE001  a worker outlives whatever its database does; the poll goes on meanwhile
                if failures == 0:
                    log.warning("listening_interrupted", channels=sorted(self._channels), error=f"{type(error).__name__}: {error}")
                failures += 1
            await asyncio.sleep(min(10.0, 2.0 ** max(0, failures - 1)))

    async def _listen(self, driver: asyncpg.Connection) -> None:
        for channel in self._channels:
            await driver.add_listener(channel, self._heard)
        for wake in self._channels.values():
            wake()

    def _heard(self, _connection: object, _pid: int, channel: str, _payload: str) -> None:
        self._channels[channel]()

    async def _until_lost(self, driver: asyncpg.Connection) -> None:
        lost = asyncio.Event()
        driver.add_termination_listener(lambda _connection: lost.set())
        while not driver.is_closed():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), self._check)
            if lost.is_set():
                break
            # A peer that vanished without a word shows itself only when it is asked.
            await driver.execute("SELECT 1", timeout=10)
        raise ConnectionResetError("the listening connection was closed")


async def _out_of_the_pool(connection: AsyncConnection) -> asyncpg.Connection:
    """Its driver's connection, which is lent to nobody else from now on and does not count among theirs."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    await connection.run_sync(lambda synchronous: synchronous.detach())
    return driver


_NOTIFY = text("SELECT pg_notify(:channel, '')")
