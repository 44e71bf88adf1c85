"""What is looked at, and what follows. Values of the configuration."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Consequence = Literal["tag", "defer", "reject"]


@dataclass(frozen=True, slots=True)
class DnsList:
    """A list of addresses in DNS (RFC 5782). `accept` lets its peers past every other check of peers; `reply` is what those that are
    refused are told after the zone's name."""

    zone: str
    action: Literal["accept", "tag", "defer", "reject"]
    codes: tuple[IPv4Network, ...] = (IPv4Network("127.0.0.0/8"),)
    """Which answers count."""
    score: float = 0.0
    """Added to the spam score that rules see."""
    reply: str | None = None
    """With `{address}` in it where the peer's address is to stand."""


@dataclass(frozen=True, slots=True)
class Greylisting:
    """In seconds, `remembered` too: for so long nobody has to come back once more."""

    delay: float = 300.0
    window: float = 2 * 86400.0
    """Within which one who was turned away has to come back."""
    passes: int = 5
    """After so many a source is let in at once, whatever it brings; counted once an hour at most."""
    remembered: float = 35 * 86400.0


@dataclass(frozen=True, slots=True)
class Place:
    """Of a scanner: a TCP address, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Scanner:
    """Sizes are in octets. What is larger goes past it."""

    kind: Literal["spamd", "rspamd", "clamd"]
    place: Place
    max_size: int
    when_down: Literal["accept", "defer"] = "accept"
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Policy:
    exempt: tuple[Network, ...] = ()
    """Peers that nobody asks about: those of our own networks, and relays in front of us."""
    lists: tuple[DnsList, ...] = ()
    reverse_dns: Literal["off", "tag", "defer", "reject"] = "off"
    """For peers whose name in DNS does not lead back to them."""
    dns_seconds: float = 3.0
    greylisting: Greylisting | None = None
    scanners: tuple[Scanner, ...] = ()
    on_spam: Literal["tag", "hold", "reject"] = "tag"
    on_virus: Literal["hold", "reject"] = "reject"
    scans_at_once: int = 16

    @property
    def looks_at_peers(self) -> bool:
        return bool(self.lists) or self.reverse_dns != "off" or self.greylisting is not None

    @property
    def does_anything(self) -> bool:
        return self.looks_at_peers or bool(self.scanners)

    def is_exempt(self, address: Address) -> bool:
        return any(address in network for network in self.exempt)
