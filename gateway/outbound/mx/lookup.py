"""Asks DNS where a domain's mail goes, and what its servers have to prove; `route` and `demand` know what the answers mean."""

import asyncio
import ipaddress
import random
import socket
from collections.abc import Callable, Sequence
from typing import Final

from gateway.auth.dns import Answer, Resolver
from gateway.outbound.mx.route import Target, Unrouted, exchangers, literal, loops_back, targets, usable

WILDCARDS: Final = ("0.0.0.0", "::")  # noqa: S104  compared, not bound


class Lookup:
    """`listens` are the addresses and ports where this gateway takes mail in: what is sent there would come back to us."""

    def __init__(
        self,
        resolver: Resolver,
        hostname: str,
        port: int,
        listens: Sequence[tuple[str, int]] = (),
        *,
        dane: bool = True,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._resolver = resolver
        self._hostname = hostname
        self._port = port
        self._listeners = tuple(host for host, its_port in listens if its_port == port)
        self._dane = dane
        self._dice = dice

    async def targets(self, domain: str) -> tuple[Target, ...] | Unrouted:
        """Where to connect, the best first. `domain` is normalised; never raises for what DNS says."""
        if (itself := literal(domain)) is not None:
            return self._checked(itself, domain)
        mx = await self._resolver.ask(domain, "MX", self._resolver.deadline())
        route = exchangers(domain, mx, self._hostname, self._dice)
        if isinstance(route, Unrouted):
            return route
        hosts = [host for _, host in route.hosts]
        found = await asyncio.gather(*map(self._addresses, hosts))
        return targets(route, dict(zip(hosts, found, strict=True)), self._hostname, self.is_ours)

    async def tlsa(self, target: Target) -> Answer | None:
        """The answer for the server's TLSA records; None where DANE does not apply. Where DNSSEC does not vouch for the way to the server,
        they are not asked for: the DNS of such servers is known to fail at that (RFC 7672 §2.2.2)."""
        if not (self._dane and target.secure and target.host):
            return None
        return await self._resolver.ask(f"_{self._port}._tcp.{target.host}", "TLSA", self._resolver.deadline())

    def is_ours(self, address: str) -> bool:
        if address in self._listeners:
            return True
        return any(each in WILDCARDS for each in self._listeners) and is_local(address)

    async def _addresses(self, host: str) -> list[Answer]:
        deadline = self._resolver.deadline()
        return list(await asyncio.gather(self._resolver.ask(host, "AAAA", deadline), self._resolver.ask(host, "A", deadline)))

    def _checked(self, target: Target, domain: str) -> tuple[Target, ...] | Unrouted:
        if not usable(target.address):
            return Unrouted(f"550 5.1.2 {domain} is no mail server's address", permanent=True)
        return loops_back(domain, self._hostname) if self.is_ours(target.address) else (target,)


def is_local(address: str) -> bool:
    """Whether it is one of this machine's: those alone can be bound."""
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
