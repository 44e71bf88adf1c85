"""What one peer, and all peers together, may take of us."""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the dialogue; times are in seconds, sizes in octets. All hold for one process and on loopback too."""

    max_message_size: int = 50 * MIB
    connections: int = 4000
    connections_per_address: int = 50
    recipients: int = 100
    """Accepted ones, in one transaction."""
    refused_recipients: int = 1000
    """In a session: a peer that tries so many is guessing addresses."""
    noops: int = 100
    """In a session, of NOOP, VRFY, HELO and EHLO each."""
    bad_commands: int = 20
    received_fields: int = 50
    """A message that has so many goes in circles (RFC 5321 §6.3)."""
    command_line: int = 4 * KIB
    content_line: int = MIB
    idle_seconds: float = 300.0
    """For a whole command line, and for each chunk of content (RFC 5321 §4.5.3.2)."""
    session_seconds: float = 3600.0
    """After which a session is ended between two commands."""
    slow_seconds: float = 300.0
    """How long a message may take before `slow_rate` is asked of it."""
    slow_rate: int = 1 * KIB
    """Octets a second."""
    spill_at: int = MIB
    """Content beyond this goes to a temporary file."""
    memory_in_flight: int = 64 * MIB
    """Content in memory that is not committed yet; when it is used up, content goes to a file at once."""
    content_in_flight: int = 2 * KIB * MIB
    """Content that is not committed yet, in memory or in files."""

    @property
    def hopeless_size(self) -> int:
        """A message that grew to this will not be waited out: its peer is told, and closed."""
        return 2 * self.max_message_size + MIB


class Budget:
    """A quantity that sessions share: each takes what it needs and gives it back."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0

    def take(self, amount: int) -> bool:
        """False, and nothing taken, when so much is not there."""
        if self.used + amount > self.capacity:
            return False
        self.used += amount
        return True

    def give(self, amount: int) -> None:
        self.used -= amount

    @property
    def spent(self) -> bool:
        return self.used >= self.capacity


class Connections:
    """Counts open connections by the address they come from; an IPv6 host owns its /64."""

    def __init__(self) -> None:
        self._by_source: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self._by_source.total()

    def admit(self, address: str | None, limits: Limits) -> bool:
        """Counts the connection unless there are too many; who was admitted must `leave`."""
        source = source_of(address)
        if self.total >= limits.connections or self._by_source[source] >= limits.connections_per_address:
            return False
        self._by_source[source] += 1
        return True

    def leave(self, address: str | None) -> None:
        source = source_of(address)
        self._by_source[source] -= 1
        if not self._by_source[source]:
            del self._by_source[source]


def plain_address(text: str) -> str:
    """An IPv4 address that a dual-stack socket reports as `::ffff:192.0.2.1` in its own form; anything else as it is."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return text
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def source_of(address: str | None) -> str:
    """What is counted as one peer: an IPv4 address, an IPv6 /64; `""` for a Unix socket."""
    if address is None:
        return ""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return address
    return str(parsed) if isinstance(parsed, IPv4Address) else str(IPv6Network((int(parsed), 64), strict=False))
