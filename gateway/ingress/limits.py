"""What one peer, and all peers together, may take of us."""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and ways of the dialogue; times are in seconds, sizes in octets. All hold for one process and on loopback too."""

    max_message_size: int = 50 * MIB
    connections: int = 4000
    connections_per_address: int = 50
    connections_per_network: int = 250
    """Of an IPv4 /24 or an IPv6 /64."""
    tls_connections: int = 500
    """While content comes in each holds some 400 KiB more than one in the clear, and some 40 KiB otherwise."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where balancers connect from, which must begin each connection with a PROXY header; from others such a header is a syntax error."""
    proxy_seconds: float = 5.0
    """How long that header may take."""
    greeting_delay: float = 0.0
    """How long we are silent first: who speaks before we greet is no mail server (RFC 5321 §3.1). At 0 nobody is listened to."""
    recipients: int = 100
    """Accepted ones, in one transaction."""
    refused_recipients: int = 1000
    """In a session: a peer that tries so many is guessing addresses."""
    noops: int = 100
    """In a session, of NOOP and VRFY each; of HELO and EHLO between two accepted messages; of RSET between two transactions."""
    bad_commands: int = 20
    received_fields: int = 50
    """A message that has so many goes in circles (RFC 5321 §6.3)."""
    command_line: int = 4 * KIB
    content_line: int = MIB
    normalise_newlines: bool = False
    """Content with a bare CR, a bare LF or a NUL is mended and taken, not refused. None of these ends it either way."""
    idle_seconds: float = 300.0
    """For a whole command line, and for each chunk of content (RFC 5321 §4.5.3.2)."""
    session_seconds: float = 3600.0
    """After which a session is ended between two commands; after twice that, in the middle of content."""
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

    def is_proxy(self, address: str | None) -> bool:
        if address is None or not self.proxies:
            return False
        parsed = ip_address(address.partition("%")[0])
        return any(parsed in network for network in self.proxies)


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
    """Counts open connections: all of them, those of an address, those of a network."""

    def __init__(self) -> None:
        self.total = 0
        self._by_source: Counter[str] = Counter()

    def enter(self, limits: Limits) -> "Place | None":
        """A place among all connections, which must be left; None when there is none."""
        if self.total >= limits.connections:
            return None
        self.total += 1
        return Place(self)

    def claim(self, address: str | None, limits: Limits) -> tuple[str, ...] | None:
        """Counts one for the address and its network; None, and nothing counted, when either has too many."""
        bounds = sources_of(address)
        allowed = (limits.connections_per_address, limits.connections_per_network)
        if any(self._by_source[source] >= bound for source, bound in zip(bounds, allowed, strict=False)):
            return None
        self._by_source.update(bounds)
        return bounds

    def leave(self, sources: tuple[str, ...]) -> None:
        self.total -= 1
        for source in sources:
            self._by_source[source] -= 1
            if not self._by_source[source]:
                del self._by_source[source]


class Place:
    """One connection's, from its acceptance to its end. Whose it is may be known later: behind a balancer the peer is named there."""

    def __init__(self, connections: Connections) -> None:
        self._connections: Connections | None = connections
        self._sources: tuple[str, ...] = ()

    def claim(self, address: str | None, limits: Limits) -> bool:
        """Whether this address, and its network, may have one more."""
        assert self._connections is not None
        assert not self._sources
        sources = self._connections.claim(address, limits)
        self._sources = sources or ()
        return sources is not None

    def leave(self) -> None:
        """Leaving twice is harmless."""
        if self._connections is not None:
            self._connections.leave(self._sources)
            self._connections = None


def plain_address(text: str) -> str:
    """An IPv4 address that a dual-stack socket reports as `::ffff:192.0.2.1` in its own form; anything else as it is."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return text
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def sources_of(address: str | None) -> tuple[str, ...]:
    """What a connection counts for: its address, and the IPv4 /24 or IPv6 /64 around it; `""` alone for a Unix socket."""
    if address is None:
        return ("",)
    plain, _, _zone = address.partition("%")
    try:
        parsed: IPv4Address | IPv6Address = ip_address(plain)
    except ValueError:
        return (address,)
    if isinstance(parsed, IPv4Address):
        return (plain, str(IPv4Network((int(parsed), 24), strict=False)))
    return (str(parsed), str(IPv6Network((int(parsed), 64), strict=False)))
