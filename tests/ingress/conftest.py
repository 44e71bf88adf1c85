"""A desk, a listener on a port of its own, and what it has kept."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.config.certificate import server_context
from gateway.domain.organisation import Department, Desk, Gateway, Organisation
from gateway.ingress.accept import Acceptor
from gateway.ingress.limits import Limits
from gateway.ingress.service import SmtpService, serve_smtp
from storage import inbound
from tests.ingress.smtp_client import Client
from tests.peers.certificates import self_signed

HOSTNAME = "mx.example.com"


@pytest.fixture(scope="session")
def organisation() -> Organisation:
    desk = Desk(
        name="Example",
        hostname=HOSTNAME,
        language="en",
        reply_address="r@example.com",
        secrets=(b"0123456789abcdef0123456789abcdef",),
        bounce_domain="bounces.example.com",
    )
    gateways = (
        Gateway("support@example.com", "Support", "help", default=True),
        Gateway("old@example.com", "Old", "help", enabled=False),
        Gateway("away@example.com", "Away", "help", enabled=False, when_disabled="defer"),
        Gateway("info@xn--bcher-kva.example", "Books", "help"),
        Gateway("*@all.example", "All", "help"),
    )
    return Organisation(desk, (Department("help", "Help"),), gateways)


Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    """For the server, and for a client that trusts it."""
    path = self_signed(tmp_path_factory.mktemp("tls") / "both.pem", HOSTNAME)
    return server_context(path, path), ssl.create_default_context(cafile=str(path))


@dataclass
class Listener:
    service: SmtpService
    port: int
    acceptor: Acceptor
    sessions: async_sessionmaker[AsyncSession]
    woken: list[str]
    tls_port: int = 0
    """Where TLS is spoken from the start."""

    @property
    def content_in_flight(self) -> int:
        return self.service._door.total.used

    def client(self, **options: Any) -> Client:
        return Client(self.port, **options)

    async def kept(self) -> list[inbound.Inbound]:
        """Oldest first."""
        async with self.sessions() as session:
            return (await inbound.list_inbound(session))[::-1]

    async def content(self, number: int = -1) -> bytes:
        """Raw bytes as kept, our own two fields on top taken off."""
        async with self.sessions() as session:
            content = await inbound.content_of(session, (await self.kept())[number].id)
        assert content is not None
        return content.split(b" +0000\r\n", 1)[1]


Listen = Callable[..., Awaitable[Listener]]


def bound_socket() -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    return listening


@pytest_asyncio.fixture
async def listen(sessions: async_sessionmaker[AsyncSession], organisation: Organisation) -> AsyncIterator[Listen]:
    """Starts a listener; takes Limits' fields, `acceptor` and `serve_smtp`'s options as keywords."""
    async with AsyncExitStack() as stack:

        async def start(acceptor: Acceptor | None = None, options: dict[str, Any] | None = None, **limits: Any) -> Listener:
            woken: list[str] = []
            acceptor = acceptor or Acceptor(sessions, HOSTNAME, woken.append)
            settings: dict[str, Any] = {"acceptor": acceptor, "organisation": organisation, "limits": Limits(**limits)} | (options or {})
            service = await serve_smtp([bound_socket()], tls_sockets=[bound_socket()], **settings)
            stack.push_async_callback(acceptor.aclose)
            stack.push_async_callback(service.close)
            port, tls_port = (each[1] for each in service.addresses)
            return Listener(service, port, acceptor, sessions, woken, tls_port)

        yield start
