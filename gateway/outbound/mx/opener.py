"""Opens a session with one mail server: connects to its address, greets it, and has it prove what is demanded. Up to MAIL, the dialogue is
aiosmtplib's.
"""

import asyncio
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NoReturn, assert_never, cast

import aiosmtplib
import structlog

from gateway.outbound.dialogue import Dialogue
from gateway.outbound.mx import dane, tls
from gateway.outbound.mx.demand import ByAuthority, ByRecords, Demand, Encrypted, Opportunistic, is_mandatory
from gateway.outbound.mx.route import Target
from gateway.outbound.replies import cleaned
from gateway.outbound.retry import Stage
from gateway.outbound.session import Session, Unreachable

log = structlog.get_logger()

NOBODY: Final = Target("", "")


@dataclass(slots=True, eq=False)
class MxSession(Session):
    """`tls` is the version in use, such as `TLSv1.3`, and empty in the clear."""

    target: Target = NOBODY
    tls: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """How we connect, and who we say we are; times in seconds. `trusted` verifies certificates of mail servers by their authorities."""

    hostname: str
    port: int = 25
    connect: float = 30.0
    timeout: float = 60.0
    """For the greeting, a handshake, and the answer to one command."""
    final_timeout: float = 600.0
    max_size: int | None = None
    trusted: ssl.SSLContext = field(default_factory=tls.verifying)
    encrypting: ssl.SSLContext = field(default_factory=tls.encrypting)
    unverifying: ssl.SSLContext = field(default_factory=tls.unverifying)


class TlsFailed(Unreachable):
    """STARTTLS was offered, and no session in TLS came of it."""


async def open_session(target: Target, asked: Demand, ways: Ways) -> MxSession:
    """Ready for MAIL; raises `Unreachable`, whose text names the server. Where TLS may fail, it is tried once more in the clear."""
    try:
        session = await _session(target, asked, ways, in_tls=True)
    except TlsFailed as error:
        if is_mandatory(asked):
            raise
        log.info("mx_tls_failed", server=str(target), why=error.text)
        session = await _session(target, asked, ways, in_tls=False)
    log.info("mx_session", server=str(target), tls=session.tls or "none", verified=_verified(asked))
    return session


async def _session(target: Target, asked: Demand, ways: Ways, *, in_tls: bool) -> MxSession:
    connection = await _connection(target, ways)
    client = aiosmtplib.SMTP(hostname=target.address, local_hostname=ways.hostname, timeout=ways.timeout, start_tls=False, sock=connection)
    stage = Stage.CONNECT
    try:
        await client.connect(port=None)
        stage = Stage.HELLO
        await _greet(client, or_helo=not is_mandatory(asked))
        if in_tls and client.supports_extension("starttls"):
            stage = Stage.TLS
            await client.starttls(server_hostname=target.host or None, tls_context=_context(asked, ways))
            _examine(client, target, asked)
            await _greet(client, or_helo=False)
        elif is_mandatory(asked):
            _miss_tls(target, asked)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        raise _unreachable(stage, target, error) from error
    except BaseException:
        client.close()
        raise
    return _taken_over(client, target, ways)


async def _connection(target: Target, ways: Ways) -> socket.socket:
    """Apart from the greeting, which may take its time where connecting may not."""
    family = socket.AF_INET6 if ipaddress.ip_address(target.address).version == 6 else socket.AF_INET
    try:
        connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise Unreachable(Stage.CONNECT, f"{target}: {_told(error)}") from error
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(ways.connect):
            await asyncio.get_running_loop().sock_connect(connection, (target.address, ways.port))
    except TimeoutError as error:
        connection.close()
        raise Unreachable(Stage.CONNECT, f"{target}: no connection within {ways.connect:g} s") from error
    except OSError as error:
        connection.close()
        raise Unreachable(Stage.CONNECT, f"{target}: {_told(error)}") from error
    except BaseException:
        connection.close()
        raise
    return connection


async def _greet(client: aiosmtplib.SMTP, *, or_helo: bool) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        # RFC 5321 §3.2: servers from before 1995 refuse EHLO, and know HELO.
        if not or_helo or not 500 <= error.code <= 504:
            raise
        await client.helo()


def _context(asked: Demand, ways: Ways) -> ssl.SSLContext:
    match asked:
        case ByAuthority():
            return ways.trusted
        case ByRecords() | Encrypted():
            return ways.encrypting
        case Opportunistic():
            return ways.unverifying
        case _:
            assert_never(asked)


def _examine(client: aiosmtplib.SMTP, target: Target, asked: Demand) -> None:
    """What OpenSSL cannot, because Python does not let it."""
    if not isinstance(asked, ByRecords):
        return
    shown = tls.chain_of(client.get_transport_info("ssl_object"))
    fault = dane.mismatch(asked.records, shown, asked.names, datetime.now(UTC))
    if fault is not None:
        raise TlsFailed(Stage.TLS, f"{target}: {fault} (DANE)")


def _miss_tls(target: Target, asked: Demand) -> NoReturn:
    demander = "the MTA-STS policy of its domain" if isinstance(asked, ByAuthority) else "a TLSA record"
    raise TlsFailed(Stage.TLS, f"{target}: it offers no TLS, which {demander} demands")


def _taken_over(client: aiosmtplib.SMTP, target: Target, ways: Ways) -> MxSession:
    # uvloop's is one in all but its type.
    transport = cast(asyncio.Transport, client.transport)
    encryption = client.get_transport_info("ssl_object")
    return MxSession(
        Dialogue(transport),
        {name.lower(): said for name, said in client.esmtp_extensions.items()},
        ways.timeout,
        ways.final_timeout,
        ways.max_size,
        target=target,
        tls="" if encryption is None else encryption.version() or "TLS",
    )


def _unreachable(stage: Stage, target: Target, error: Exception) -> Unreachable:
    kind = TlsFailed if stage is Stage.TLS else Unreachable
    match error:
        case aiosmtplib.SMTPResponseException():
            return kind(stage, f"{cleaned(error.message)}, at {target}", error.code)
        case aiosmtplib.SMTPConnectTimeoutError():
            return kind(stage, f"{target}: no greeting")
        case ssl.SSLCertVerificationError():
            return kind(stage, f"{target}: its certificate is not valid: {error.verify_message}")
        case OSError():
            return kind(stage, f"{target}: {_told(error)}")
        case aiosmtplib.SMTPException():
            cause = error.__cause__
            told = _told(cause) if isinstance(cause, OSError) else cleaned(error.message) or type(error).__name__
            return kind(stage, f"{target}: {told}")
        case _:
            return kind(stage, f"{target}: {cleaned(str(error)) or type(error).__name__}")


def _told(error: OSError) -> str:
    """`connection refused`, whatever the event loop makes of it."""
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"
    known = error.errno in range(1, 200)
    return os.strerror(error.errno).lower() if known and error.errno is not None else str(error) or type(error).__name__


def _verified(asked: Demand) -> str:
    match asked:
        case ByAuthority():
            return "mta-sts"
        case ByRecords():
            return "dane"
        case Encrypted() | Opportunistic():
            return "no"
        case _:
            assert_never(asked)
