"""Where a domain's mail goes: its mail servers in the order of their preferences, and their addresses (RFC 5321 §5.1). Pure.

`exchangers` reads the MX records, `targets` the addresses of the hosts that they name.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.auth.dns import Answer

MOST_HOSTS: Final = 10
"""Looked at in one attempt. Domains of a hundred MX records exist; whoever made them may have wanted to see us busy."""
MOST_OF_A_KIND: Final = 2
"""IPv6 addresses of a host, and IPv4 ones, so that a machine without the one gets at the other."""
MOST_ADDRESSES: Final = 10
"""Tried in one attempt; RFC 5321 §5.1 asks for two at least."""


@dataclass(frozen=True, slots=True)
class Unrouted:
    """Mail for the domain goes nowhere: `permanent`, or for now. `reply` is worded like a server's answer."""

    reply: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Exchangers:
    """Hosts by preference, the best first; `secure`: DNSSEC vouches that they are the domain's."""

    domain: str
    hosts: tuple[tuple[int, str], ...]
    secure: bool


@dataclass(frozen=True, slots=True)
class Target:
    """An address to connect to. `host` is whose it is, empty where an address was all that we were given; `secure`: DNSSEC vouches for
    both."""

    host: str
    address: str
    secure: bool = False

    def __str__(self) -> str:
        return f"{self.host} ({self.address})" if self.host else self.address


def literal(domain: str) -> Target | None:
    """`[192.0.2.1]` is its own mail server (RFC 5321 §4.1.3)."""
    if not (domain.startswith("[") and domain.endswith("]")):
        return None
    address = _address(domain[1:-1].lower().removeprefix("ipv6:"))
    return None if address is None else Target("", address)


def exchangers(domain: str, found: Answer, hostname: str, dice: Callable[[], float]) -> Exchangers | Unrouted:
    """`found` is the answer for MX; `hostname` our own name; `dice` uniform in [0, 1), thrown for each host: equals take turns."""
    if found.status == "temperror":
        return Unrouted(f"451 4.4.3 the mail servers of {domain} could not be looked up", permanent=False)
    records = [(preference, host.rstrip(".").lower()) for preference, host in (each for each in found.records if isinstance(each, tuple))]
    if not records:
        # Without an MX record, the domain's own address takes its mail.
        return Exchangers(domain, ((0, domain),), found.secure)
    named = [(preference, host) for preference, host in records if host]
    if not named:
        return Unrouted(f"556 5.1.10 {domain} takes no mail: its MX record says so (RFC 7505)", permanent=True)
    shuffled = sorted(((preference, dice(), host) for preference, host in named), key=lambda each: each[:2])
    ours = [preference for preference, host in named if host == hostname.lower()]
    hosts = _before_ours([(preference, host) for preference, _, host in shuffled], ours)
    return Exchangers(domain, hosts[:MOST_HOSTS], found.secure) if hosts else loops_back(domain, hostname)


def targets(
    route: Exchangers, addresses: Mapping[str, Sequence[Answer]], hostname: str, is_ours: Callable[[str], bool]
) -> tuple[Target, ...] | Unrouted:
    """`addresses` by host, the answers for AAAA and A; `is_ours` says whether mail sent to an address is taken in by ourselves."""
    found = {host: _of_host(host, addresses.get(host, ())) for _, host in route.hosts}
    ours = [preference for preference, host in route.hosts if any(is_ours(each) for each in found[host])]
    hosts = _before_ours(route.hosts, ours)
    if not hosts:
        return loops_back(route.domain, hostname)
    listed = tuple(Target(host, each, route.secure and _secure(addresses.get(host, ()))) for _, host in hosts for each in found[host])
    if listed:
        return listed[:MOST_ADDRESSES]
    return _nowhere(route.domain, [host for _, host in hosts], [each for _, host in hosts for each in addresses.get(host, ())])


def loops_back(domain: str, hostname: str) -> Unrouted:
    """For good: we take in what is for our own addresses alone, so that it would be refused when it came back."""
    return Unrouted(f"554 5.4.6 mail for {domain} would come back to this server, {hostname}: its MX record names us", permanent=True)


def usable(address: str) -> bool:
    """Whether one can connect there. Addresses of a network of ours are taken for what they are: many a desk's colleagues are there."""
    found = ipaddress.ip_address(address)
    return not (found.is_unspecified or found.is_multicast or address == "255.255.255.255")


def _before_ours(hosts: Sequence[tuple[int, str]], ours: Sequence[int]) -> tuple[tuple[int, str], ...]:
    """RFC 5321 §5.1: a host that is an MX itself never sends to one of its own preference or a worse one, lest mail goes round."""
    return tuple(each for each in hosts if not ours or each[0] < min(ours))


def _of_host(host: str, answers: Sequence[Answer]) -> tuple[str, ...]:
    # RFC 5321 §5.1 forbids an address where a name must stand; where one stands all the same, it is clear what is meant.
    if (itself := _address(host)) is not None:
        return (itself,) if usable(itself) else ()
    listed: list[str] = []
    for answer in answers:
        read = (_address(str(each)) for each in answer.records)
        listed += [each for each in read if each is not None and usable(each)][:MOST_OF_A_KIND]
    return tuple(dict.fromkeys(listed))


def _secure(answers: Sequence[Answer]) -> bool:
    found = [each for each in answers if each.records]
    return bool(found) and all(each.secure for each in found)


def _nowhere(domain: str, hosts: Sequence[str], answers: Sequence[Answer]) -> Unrouted:
    listed = ", ".join(hosts)
    if any(each.status == "temperror" for each in answers):
        return Unrouted(f"451 4.4.3 the addresses of {listed}, which takes mail for {domain}, could not be looked up", permanent=False)
    if list(hosts) == [domain]:
        return Unrouted(f"550 5.1.2 nobody takes mail for {domain}: DNS knows neither an MX record nor an address of it", permanent=True)
    # Whoever names a mail server means to have one: this is mended as a rule, and the letter waits.
    return Unrouted(f"451 4.4.4 the MX records of {domain} name {listed}, which has no address", permanent=False)


def _address(text: str) -> str | None:
    """In its usual form; an IPv4 address that is written as an IPv6 one is what it stands for."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)
