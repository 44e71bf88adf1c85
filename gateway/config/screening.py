"""`[screening]`: who is let in, and what is scanned. All of it is off until it is switched on here."""

from ipaddress import IPv4Network
from typing import Annotated, Final, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from gateway.config.section import Kind, Section
from gateway.config.values import Count, Domain, Endpoint, Line, Network, Seconds, Size, parse_endpoint, read_network, text_of

CODES: Final = 'an address in 127.0.0.0/8, or a network of them, such as "127.0.0.4" or "127.0.0.10/31"'
SOCKET: Final = 'an address and a port, such as "127.0.0.1:11333", or the path of a socket, such as "unix:/run/clamav/clamd.ctl"'
OUR_OWN: Final = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "::1/128", "fe80::/10", "fc00::/7",
)  # fmt: skip
"""Loopback (RFC 1122, RFC 4291), private (RFC 1918, RFC 4193), link-local and shared (RFC 6598) addresses."""
LARGEST: Final = {"spamd": 512 << 10, "rspamd": 50 << 20, "clamd": 25 << 20}
"""What each scanner's own clients send, or itself takes, when nobody says otherwise."""


def read_code(value: object) -> str:
    network = IPv4Network(_network_of(text_of(value, CODES)))
    if not network.subnet_of(IPv4Network("127.0.0.0/8")):
        raise ValueError(f"expected {CODES}")
    return str(network)


def _network_of(text: str) -> str:
    try:
        network = read_network(text)
    except ValueError:
        raise ValueError(f"expected {CODES}") from None
    if ":" in network:
        raise ValueError(f"expected {CODES}")
    return network


def read_socket(value: object) -> Endpoint | str:
    text = text_of(value, SOCKET)
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        # A socket's address has 108 octets on Linux, with the NUL at its end.
        if not path.startswith("/") or "\0" in path or len(path.encode()) > 107:
            raise ValueError(f"expected {SOCKET}; the path is whole, and no longer than 107 octets")
        return text
    endpoint = parse_endpoint(text, SOCKET)
    if endpoint.port == 0:
        raise ValueError(f"expected {SOCKET}; port 0 cannot be connected to")
    return endpoint


Code = Annotated[str, PlainValidator(read_code), Kind(CODES)]
Socket = Annotated[Endpoint | str, PlainValidator(read_socket), PlainSerializer(str), Kind(SOCKET)]


class DnsList(Section):
    """A list of addresses in DNS (a DNSBL, or with `accept` a DNSWL; RFC 5782). Each peer is looked up in it, unless it is exempt. Answers
    by which lists refuse to serve a name server (127.255.255.0/24, 127.0.0.1) never count; DNS that is silent lists nobody."""

    zone: Domain
    """The list's domain, such as `zen.spamhaus.org`. Mind its terms of use, and that most answer no public resolver."""
    action: Literal["tag", "defer", "reject", "accept"] = "tag"
    """For peers that are listed: `tag` records it, `defer` answers 451 4.7.1, `reject` 550 5.7.1. `accept` makes it a list of good peers:
    nothing else is held against them, and they are not greylisted. Postmaster hears everybody."""
    codes: tuple[Code, ...] = ("127.0.0.0/8",)
    """Which answers count; lists tell by them why an address is listed."""
    score: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """What it adds to the spam score that rules see (`when.spam_score`); may be below nothing for a list of good peers."""
    reply: Line | None = None
    """What a peer that is turned away is told after the zone's name, such as `"see https://desk.example/listed?ip={address}"`; `{address}`
    stands for the peer's. ASCII alone."""


class Greylisting(Section):
    """Greylisting (RFC 6647): a peer that we do not know, with a sender and a recipient that it never brought, is asked to come back.
    Mail servers do, most robots do not. Clients' and agents' addresses, and peers that delivered before, are let in at once."""

    enabled: bool = False
    """Whether strangers have to come back."""
    delay: Seconds = 300
    """Seconds until a peer that was turned away is let in."""
    window_hours: Seconds = 48
    """Hours within which it has to come back; later it is a stranger once more."""
    passes: Count = 5
    """After so many times that a network, or a domain that SPF vouches for, came through, it is a stranger no more; counted once an hour
    at most."""
    remembered_days: Seconds = 35
    """Days for which who came through is remembered after the last time."""


class Scanner(Section):
    """A content scanner, asked after the content has come and before we answer for it. Several are asked side by side."""

    kind: Literal["spamd", "rspamd", "clamd"]
    """SpamAssassin's spamd, Rspamd (its normal worker or proxy), ClamAV's clamd."""
    at: Socket
    """Where it listens."""
    max_size: Size | None = None
    """Content beyond this goes past it, which is recorded; the default is 512 KiB for spamd, 50 MiB for rspamd, 25 MiB for clamd. Keep it
    below the scanner's own limit."""
    when_down: Literal["accept", "defer"] = "accept"
    """When it gives no answer: `accept` takes the mail unscanned, which is recorded, `defer` answers 451 4.3.0; fetched mail stays in its
    mailbox then."""
    seconds: Annotated[float, Field(gt=0, le=240, allow_inf_nan=False)] = 30
    """What one scan may take. Peers wait for our answer no less than ten minutes (RFC 5321 §4.5.3.2.6), many give up sooner."""


class Screening(Section):
    """Checks of peers and of content; see [screening.md](screening.md). None is on by default."""

    exempt: tuple[Network, ...] = OUR_OWN
    """Peers that are never asked about: loopback and private networks. `trust.relays`, `trust.local` and `server.proxies` never are
    either. Their mail is scanned like any other."""
    reverse_dns: Literal["off", "tag", "defer", "reject"] = "off"
    """For peers whose name in DNS does not exist or does not lead back to them: `tag` records it, `defer` answers 451 4.7.25, `reject` 550
    5.7.25. Where it is on, the name that does lead back stands in `Received:`."""
    dns_seconds: Annotated[float, Field(gt=0, le=30, allow_inf_nan=False)] = 3
    """What looking up one peer may take in all. What is not known by then is not held against it."""
    dns_list: tuple[DnsList, ...] = ()
    greylisting: Greylisting = Greylisting()
    scanner: tuple[Scanner, ...] = ()
    on_spam: Literal["tag", "hold", "reject"] = "tag"
    """For what a scanner calls spam: `tag` gives its score to rules (`when.spam_score`), `hold` has a person look at it, `reject` answers
    550 5.7.1. Fetched mail cannot be refused, and is held."""
    on_virus: Literal["hold", "reject"] = "reject"
    """For what a scanner calls infected, likewise."""
    scans_at_once: Count = 16
    """Contents that a process has scanned at the same time; others wait."""

    @property
    def is_on(self) -> bool:
        return bool(self.dns_list or self.scanner) or self.reverse_dns != "off" or self.greylisting.enabled
