"""What DNS says of a peer: the lists that it stands in, and whether its name leads back to it. Everything is asked at once."""

import asyncio
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Final

import structlog

from gateway.auth.dns import Kind, Resolver
from gateway.ingress.checks.listed import Listing, codes_that_count, name_in, refuses_us
from gateway.ingress.checks.policy import Address, DnsList, Policy

log = structlog.get_logger()

MOST_NAMES: Final = 10
"""Of a peer's, as RFC 7208 §4.6.4 bounds them too: whoever owns the address writes as many as they like."""
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))+")


@dataclass(frozen=True, slots=True)
class Named:
    """The name leads to the address, and the address to the name (RFC 8601 §3, `iprev`)."""

    host: str

    def __str__(self) -> str:
        return f"reverse dns: {self.host}"


@dataclass(frozen=True, slots=True)
class Nameless:
    why: str

    def __str__(self) -> str:
        return f"reverse dns: {self.why}"


@dataclass(frozen=True, slots=True)
class Unclear:
    """DNS did not answer: nothing may rest on it."""

    def __str__(self) -> str:
        return "reverse dns: DNS did not answer"


Reverse = Named | Nameless | Unclear


@dataclass(frozen=True, slots=True)
class Seen:
    """`reverse` is None where nobody asked."""

    listings: tuple[Listing, ...] = ()
    reverse: Reverse | None = None

    @property
    def host(self) -> str | None:
        return self.reverse.host if isinstance(self.reverse, Named) else None

    @property
    def notes(self) -> tuple[str, ...]:
        return (*map(str, self.listings), *((str(self.reverse),) if self.reverse is not None else ()))

    @property
    def accepted(self) -> bool:
        """Some list vouches for the peer."""
        return any(each.by.action == "accept" for each in self.listings)


class Refusals:
    """Lists that do not answer us are told of in the log once; they never count."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def note(self, zone: str, records: tuple[object, ...]) -> None:
        if zone not in self._told:
            self._told.add(zone)
            log.error(
                "dns_list_refuses_us",
                zone=zone,
                answer=", ".join(map(str, records[:4])),
                remedy="the list does not answer this name server: use one of your own (trust.nameservers), or the list's key",
            )


async def look_at(address: str, policy: Policy, resolver: Resolver, refusals: Refusals) -> Seen:
    """Never raises; takes `policy.dns_seconds` at most."""
    deadline = asyncio.get_running_loop().time() + policy.dns_seconds
    parsed = ip_address(address)
    async with asyncio.TaskGroup() as together:
        asked = [together.create_task(_listed(parsed, each, resolver, deadline, refusals)) for each in policy.lists]
        reverse = together.create_task(_reverse(parsed, resolver, deadline)) if policy.reverse_dns != "off" else None
    found = tuple(listing for each in asked if (listing := each.result()) is not None)
    return Seen(found, reverse.result() if reverse is not None else None)


async def _listed(address: Address, by: DnsList, resolver: Resolver, deadline: float, refusals: Refusals) -> Listing | None:
    answer = await resolver.ask(name_in(by.zone, address), "A", deadline)
    if refuses_us(answer.records):
        refusals.note(by.zone, answer.records)
    codes = codes_that_count(answer.records, by)
    return Listing(by, codes) if codes else None


async def _reverse(address: Address, resolver: Resolver, deadline: float) -> Reverse:
    pointers = await resolver.ask(address.reverse_pointer, "PTR", deadline)
    if pointers.status == "temperror":
        return Unclear()
    names = [str(each).rstrip(".").lower() for each in pointers.records][:MOST_NAMES]
    hosts = [each for each in names if _HOST.fullmatch(each)]
    if not hosts:
        return Nameless(f"{address} has no name")
    kind: Kind = "A" if isinstance(address, IPv4Address) else "AAAA"
    forward = await asyncio.gather(*(resolver.ask(each, kind, deadline) for each in hosts))
    for host, answer in zip(hosts, forward, strict=True):
        if any(_same(record, address) for record in answer.records):
            return Named(host)
    if any(each.status == "temperror" for each in forward):
        return Unclear()
    return Nameless(f"{address} calls itself {hosts[0]}, which does not lead back to it")


def _same(record: object, address: Address) -> bool:
    try:
        return ip_address(str(record)) == address
    except ValueError:
        return False
