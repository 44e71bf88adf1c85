"""Opening a session at a relay: greeting, TLS and login by aiosmtplib, then over to `dialogue`."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal, cast

import aiosmtplib

from gateway.accounts import tls
from gateway.accounts.sasl import AccountError
from gateway.domain.login import Login
from gateway.outbound.authenticate import log_in
from gateway.outbound.connections import Bounds
from gateway.outbound.dialogue import Dialogue
from gateway.outbound.replies import cleaned
from gateway.outbound.retry import Stage
from gateway.outbound.session import Session, Unreachable


@dataclass(frozen=True, slots=True)
class Relay:
    """Where letters are handed over, and within which bounds; times in seconds. The certificate is verified, always."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    login: Login | None = None
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
    patience: float | None = None
    """For a place among the connections; after it a letter is given back. None: as long as the attempt may last."""
    ca: str | None = None
    """A PEM file of the authorities that its certificate is verified by; None: the system's."""
    max_size: int | None = None
    """Octets that it takes, where it takes less than it says, or says nothing."""
    tls: ssl.SSLContext | None = field(default=None, compare=False)
    """In the place of what `ca` makes."""

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.connections, self.idle, self.letters_a_connection)

    @property
    def where(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class RelayOpener:
    """Called, it opens a session; raises `Unreachable`."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._context: ssl.SSLContext | None = relay.tls

    async def __call__(self) -> Session:
        relay, stage = self._relay, Stage.CONNECT
        client: aiosmtplib.SMTP | None = None
        try:
            client = await self._client()
            await client.connect()
            stage = Stage.HELLO
            await greet(client)
            if relay.security == "starttls":
                stage = Stage.TLS
                await self._start_tls(client)
                stage = Stage.HELLO
                await greet(client)
            if relay.login is not None:
                stage = Stage.LOGIN
                self._keep_the_secret(client)
                await log_in(client, relay.login, relay.where)
            return self._taken_over(client)
        except BaseException as error:
            if client is not None:
                client.close()
            if (why := self._why(stage, error)) is None:
                raise
            raise why from error

    async def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        if relay.security != "none" and self._context is None:
            # The system's authorities are some hundred files.
            self._context = await asyncio.to_thread(tls.context_of, relay.ca)
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.hostname,
            timeout=relay.timeout,
            use_tls=relay.security == "tls",
            start_tls=False,
            tls_context=self._context,
        )

    async def _start_tls(self, client: aiosmtplib.SMTP) -> None:
        """What the server sends in the clear along with its consent, aiosmtplib drops, and what follows it breaks the handshake."""
        if not client.supports_extension("starttls"):
            remedy = 'if it speaks TLS from the start (port 465), set security = "tls"'
            raise AccountError(f"{self._relay.where} does not offer STARTTLS, and nothing is told in the clear; {remedy}")
        await client.starttls()

    def _keep_the_secret(self, client: aiosmtplib.SMTP) -> None:
        """`check` says so before; the name of a host may come to mean another machine."""
        if client.get_transport_info("sslcontext") is None and not _is_local(client.get_transport_info("peername")):
            raise AccountError(
                f'{self._relay.where} is another machine, and no secret crosses the network in the clear; set security = "starttls"'
            )

    def _taken_over(self, client: aiosmtplib.SMTP) -> Session:
        relay = self._relay
        return Session(
            take_over(client),
            dict(client.esmtp_extensions),
            timeout=relay.timeout,
            final_timeout=relay.final_timeout,
            max_size=relay.max_size,
            relay=relay.host,
        )

    def _why(self, stage: Stage, error: BaseException) -> Unreachable | None:
        """None for what is no fault of the server's."""
        where = self._relay.where
        match error:
            case Unreachable():
                return error
            case AccountError():
                return Unreachable(stage, str(error))
            case aiosmtplib.SMTPResponseException():
                return Unreachable(stage, cleaned(error.message), error.code)
            case aiosmtplib.SMTPConnectTimeoutError():
                remedy = "" if self._relay.security == "tls" else '; if it speaks TLS from the start (port 465), set security = "tls"'
                return Unreachable(stage, f"{where}: no greeting within {self._relay.timeout:g} s{remedy}")
            case aiosmtplib.SMTPTimeoutError():
                return Unreachable(stage, f"{where}: no answer within {self._relay.timeout:g} s")
        if isinstance(cause := _os_error(error), ssl.SSLCertVerificationError):
            # The file of authorities may have been put right since.
            self._context = self._relay.tls
        if cause is not None:
            return Unreachable(stage, tls.told(where, cause))
        if isinstance(error, aiosmtplib.SMTPException | ValueError):
            return Unreachable(stage, f"{where}: {cleaned(str(error)) or type(error).__name__}")
        return None


async def greet(client: aiosmtplib.SMTP) -> None:
    """EHLO, or HELO where that is refused for good (RFC 5321 §3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code < _PERMANENT:
            raise
        await client.helo()


def take_over(client: aiosmtplib.SMTP) -> Dialogue:
    """The transport of a client that is done with it."""
    transport = client.transport
    if transport is None:
        raise aiosmtplib.SMTPServerDisconnected("the server closed the connection")
    # uvloop's and TLS' are none of asyncio's class, and do the same.
    return Dialogue(cast(asyncio.Transport, transport))


def _os_error(error: BaseException) -> OSError | None:
    """What aiosmtplib has wrapped; time that ran out is told by its own words."""
    for each in (error, error.__cause__):
        if isinstance(each, OSError) and not isinstance(each, TimeoutError) and not isinstance(each, aiosmtplib.SMTPException):
            return each
    return None


def _is_local(peer: object) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(peer, tuple) and ip_address(str(peer[0]).partition("%")[0]).is_loopback
    return False


_PERMANENT: Final = 500
