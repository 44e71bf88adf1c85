"""A small world for delivery by MX: name servers, mail servers at one port of 127.0.0.x, a policy host, and a transport in the middle."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.auth.dns import Resolver
from gateway.outbound.delivery import Parcel
from gateway.outbound.mx import tls
from gateway.outbound.mx.destination import Limits, Office
from gateway.outbound.mx.lookup import Lookup
from gateway.outbound.mx.opener import Ways
from gateway.outbound.mx.policies import Kept, Policies
from gateway.outbound.mx.sts import Policy
from gateway.outbound.mx.transport import MxTransport
from gateway.outbound.retry import Outcome
from tests.auth.nameserver import NameServer, Zone, name_server
from tests.peers.authority import Authority
from tests.peers.policy_host import PolicyHost, policy_host
from tests.peers.smtp_peer import SmtpPeer

CONTENT = b"From: a@desk.test\r\nSubject: x\r\nMessage-ID: <x@desk.test>\r\n\r\nbody\r\n"
PARCEL = Parcel("1", "b@desk.test", ("ann@client.test",), CONTENT)
ONE: Zone = {("client.test", "MX"): [(10, "mx1.client.test")], ("mx1.client.test", "A"): ["127.0.0.2"]}


def to(*recipients: str) -> Parcel:
    return replace(PARCEL, recipients=recipients)


class Remembered:
    """The store of policies, for as long as a test."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    async def policy(self, domain: str) -> Kept | None:
        return self.kept.get(domain)

    async def keep(self, domain: str, identity: str, policy: Policy) -> None:
        self.kept[domain] = Kept(identity, policy, 0.0)


class World:
    def __init__(self, transport: MxTransport, names: NameServer, peers: Mapping[str, SmtpPeer], store: Remembered) -> None:
        self.transport = transport
        self.names = names
        self.store = store
        self._peers = peers

    def at(self, address: str) -> SmtpPeer:
        """The mail server at 127.0.0.x."""
        return self._peers[address]

    async def deliver(self, parcel: Parcel = PARCEL) -> dict[str, Outcome]:
        return dict(await self.transport.deliver(parcel))


@asynccontextmanager
async def world(
    zone: Zone,
    *addresses: str,
    contexts: Mapping[str, ssl.SSLContext] | None = None,
    validates: bool = False,
    authority: Authority | None = None,
    policies_at: int | None = None,
    ways: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    listens: tuple[tuple[str, int], ...] = (),
    connections: int = 10,
    store: Remembered | None = None,
) -> AsyncIterator[World]:
    """A mail server at each of `addresses`, with TLS where `contexts` has one for it; a `policies_at` is the port of a policy host.
    `listens` are our own listeners; port 0 of one means that of the mail servers."""
    async with AsyncExitStack() as stack:
        peers: dict[str, SmtpPeer] = {}
        for address in addresses:
            peer = SmtpPeer(tls=(contexts or {}).get(address), port=next((each.port for each in peers.values()), 0))
            peer.host = address
            peers[address] = await stack.enter_async_context(peer)
        port = next((each.port for each in peers.values()), 9)
        names = await stack.enter_async_context(name_server(zone))
        names.insecure = set() if validates else None
        resolver = Resolver([names.address], dnssec="on this machine", seconds=10.0)
        trusted = tls.verifying(None if authority is None else str(authority.pem))
        store = store or Remembered()
        policies = Policies(resolver, store, trusted, port=policies_at) if policies_at is not None else None
        office = Office(
            Lookup(resolver, "mx.desk.test", port, [(host, its or port) for host, its in listens], dice=lambda: 0.0),
            policies,
            replace(Ways("mx.desk.test", port, connect=20.0, timeout=20.0, trusted=trusted), **(ways or {})),
            replace(Limits(patience=0.2, first_probe=0.3, longest_probe=0.3), **(limits or {})),
        )
        transport = MxTransport(office, resolver, connections=connections)
        stack.push_async_callback(transport.aclose)
        yield World(transport, names, peers, store)


@asynccontextmanager
async def policy_of(folder: Path, body: bytes, *names: str) -> AsyncIterator[tuple[PolicyHost, Authority]]:
    """A policy host whose certificate has these names, and whom to trust for it."""
    authority = Authority(folder)
    async with policy_host(body, authority.context(*(names or ("mta-sts.client.test",)))) as host:
        yield host, authority
