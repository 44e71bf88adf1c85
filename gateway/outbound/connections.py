"""Connections to one relay, kept for the next letter: at most so many at once, each for so many letters, none idle for long."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Literal

import aiosmtplib

from gateway.outbound.retry import Stage


@dataclass(frozen=True, slots=True)
class Relay:
    """Where letters are handed over, and within which bounds; times in seconds. The certificate is verified unless `tls` says otherwise."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    hostname: str | None = None
    """What we say in EHLO; without it, this machine's name."""
    connections: int = 10
    timeout: float = 60.0
    """For the answer to one command, and for connecting."""
    final_timeout: float = 600.0
    """For the answer to the final dot (RFC 5321 §4.5.3.2.6)."""
    attempt: float = 900.0
    """For everything together."""
    idle: float = 20.0
    letters_a_connection: int = 200
    tls: ssl.SSLContext | None = None


class Unreachable(Exception):  # noqa: N818  it names a fact
    """No session with the relay came about; it says nothing about a letter."""

    def __init__(self, stage: Stage, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.stage = stage
        self.text = text
        self.code = code

    @property
    def reply(self) -> str:
        return self.text if self.code is None else f"{self.code} {self.text}"


class Connection:
    """A session that is ready for MAIL. `spoil` keeps it from being used again."""

    def __init__(self, client: aiosmtplib.SMTP, relay: Relay) -> None:
        self.client = client
        self.relay = relay
        self.letters = 0
        self.spoilt = False

    @property
    def used_before(self) -> bool:
        return self.letters > 0

    @property
    def fit(self) -> bool:
        return not self.spoilt and self.client.is_connected and self.letters < self.relay.letters_a_connection

    def spoil(self) -> None:
        self.spoilt = True


class Connections:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._places = asyncio.Semaphore(relay.connections)
        self._idle: list[Connection] = []
        self._timers: dict[Connection, asyncio.TimerHandle] = {}
        self._partings: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def use(self, *, fresh: bool = False) -> AsyncIterator[Connection]:
        """A connection for one transaction; raises `Unreachable`. Left in the middle of one (cancelled), it is closed."""
        async with self._places:
            connection = (None if fresh else self._kept()) or await self._open()
            try:
                yield connection
            except BaseException:
                connection.client.close()
                raise
            connection.letters += 1
            self._put_back(connection)

    async def aclose(self) -> None:
        while connection := self._kept():
            self._part(connection)
        if self._partings:
            await asyncio.wait(self._partings, timeout=_QUIT_SECONDS)

    def _kept(self) -> Connection | None:
        """The one used last: the others may grow old enough to be closed."""
        while self._idle:
            connection = self._idle.pop()
            self._timers.pop(connection).cancel()
            if connection.fit:
                return connection
            connection.client.close()
        return None

    def _put_back(self, connection: Connection) -> None:
        if connection.spoilt:
            connection.client.close()
            return
        if not connection.fit:
            self._part(connection)
            return
        self._idle.append(connection)
        self._timers[connection] = asyncio.get_running_loop().call_later(self._relay.idle, self._grown_old, connection)

    def _grown_old(self, connection: Connection) -> None:
        self._timers.pop(connection, None)
        if connection in self._idle:
            self._idle.remove(connection)
            self._part(connection)

    def _part(self, connection: Connection) -> None:
        task = asyncio.create_task(_quit(connection.client))
        self._partings.add(task)
        task.add_done_callback(self._partings.discard)

    async def _open(self) -> Connection:
        relay = self._relay
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.hostname,
            timeout=relay.timeout,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=relay.tls,
        )
        stage = Stage.CONNECT
        try:
            await client.connect()
            stage = Stage.HELLO
            await _greet(client)
            if relay.user is not None:
                stage = Stage.LOGIN
                await client.login(relay.user, relay.password or "")
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            client.close()
            raise _unreachable(stage, relay, error) from error
        except BaseException:
            client.close()
            raise
        return Connection(client, relay)


async def _greet(client: aiosmtplib.SMTP) -> None:
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def _unreachable(stage: Stage, relay: Relay, error: Exception) -> Unreachable:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        # A refused login is mended in the configuration, which has more servers than one.
        where = f" (the login of {relay.user} at {relay.host}:{relay.port})" if stage is Stage.LOGIN else ""
        return Unreachable(stage, f"{error.message}{where}", error.code)
    return Unreachable(stage, f"{relay.host}:{relay.port}: {error or type(error).__name__}")


async def _quit(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=_QUIT_SECONDS)
    client.close()


_QUIT_SECONDS: Final = 2.0
