"""What a relay of ours found out: the Authentication-Results (RFC 8601) that may be believed, and what they say.

Anybody can write such a field. One counts if a host of ours wrote it, which its place tells: every host writes above what it was given.

    Received: from relay.our.example ([10.0.0.5]) by desk …     ← ours, stamped on acceptance
    Authentication-Results: relay.our.example; dkim=pass …      ← above relay's Received, so relay wrote it
    Received: from client.example ([203.0.113.7]) by relay …    ← relay's: the topmost Received of a listed relay
    Authentication-Results: relay.our.example; dkim=pass …      ← came with the message: believed by nobody

So a field counts if every `Received` above it names a relay of `trust.relays` as the one who handed the message over: for ours that is the
peer itself, for the next one what that relay wrote (RFC 5321 §4.4 makes it write one). Where there is no peer, `trust.authserv_id` must say
whose word counts. Mail fetched from a mailbox is different: its provider puts the field below `Received` fields of its own and removes
foreign ones that bear its name (RFC 8601 §5), so there the topmost one with that name counts; the caller gives the mailbox's `authserv_id`.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import cast, get_args

from gateway.auth.organisational import aligned
from gateway.domain.envelope import Entry, Peer
from gateway.domain.organisation import Trust
from gateway.domain.verdict import Result
from gateway.mail.address import normalise_domain
from gateway.mail.message import Message, Trace

LONGEST_FIELD = 16 << 10

FETCHED = frozenset({Entry.IMAP, Entry.POP3, Entry.MAILDIR})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Stated:
    """One result of a field: `domain` is the normalised one that the method looked at (`header.d`, `smtp.mailfrom`, `header.from` …)."""

    method: str
    result: Result
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    authserv_id: str
    stated: tuple[Stated, ...] = field(default_factory=tuple)


def believed(message: Message, peer: Peer, trust: Trust) -> tuple[Stated, ...]:
    """Everything that hosts of ours state about the message, the topmost first."""
    wanted = (trust.authserv_id or "").lower()
    traces = message.authentication_results
    if peer.entry in FETCHED:
        fields = [each for each in map(read_field, traces) if wanted and each.authserv_id == wanted][:1]
    else:
        depth = _depth_of_trust(message, peer, trust)
        fields = [read_field(trace) for trace in traces if trace.received_above <= depth]
        fields = [each for each in fields if each.authserv_id and wanted in ("", each.authserv_id)]
    return tuple([stated for each in fields for stated in each.stated])


def is_relay(peer: Peer, trust: Trust) -> bool:
    return peer.address is not None and within(peer.address, trust.relays)


def within(address: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of these networks; what is no network (a way of entry) contains nothing."""
    try:
        own = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(own, ipaddress.IPv6Address) and own.ipv4_mapped is not None:
        own = own.ipv4_mapped
    return any(network is not None and own in network for network in map(_network, networks))


@lru_cache(maxsize=1024)
def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _depth_of_trust(message: Message, peer: Peer, trust: Trust) -> int:
    """How many Received fields from the top were written by us or were handed over by a listed relay; fields up to there are ours."""
    known = is_relay(peer, trust) or (peer.address is None and trust.authserv_id is not None)
    if not known:
        return -1
    # The topmost is our own stamp: whom it names is the peer, and that we know better than by reading it.
    below = [value for name, value in message.headers if name == "received"][1:]
    return 1 + len(list(takewhile(lambda value: _handed_over_by_relay(value, trust.relays), below)))


_ADDRESS = re.compile(r"[\[(](?:ipv6:)?([0-9a-f:.]{3,45})[\])]", re.IGNORECASE)


def _handed_over_by_relay(received: str, relays: Sequence[str]) -> bool:
    """Every address of the from-clause must be a listed relay's: the client chose its HELO, which may look like an address of ours."""
    start, by, _ = received[:4096].rpartition(" by ")
    addresses = _ADDRESS.findall(start)
    return bool(by and start.lstrip().lower().startswith("from ") and addresses) and all(within(each, relays) for each in addresses)


def read_field(trace: Trace) -> Field:
    """RFC 8601 §2.2, leniently in white space, strictly in structure; `Field("")` where it is malformed."""
    parts = _split(trace.value[:LONGEST_FIELD])
    words = parts[0].split() if parts else []
    if not words:
        return Field("")
    stated = [each for each in map(_stated, parts[1:]) if each is not None]
    return Field(words[0].strip('"').lower(), tuple(stated))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[;()]|[^"\\;()]+|["\\]', re.DOTALL)


def _split(value: str) -> list[str]:
    """At semicolons, comments taken out; a semicolon within quotes or comments separates nothing."""
    parts, depth = [""], 0
    for token in _TOKEN.findall(value):
        if token == "(":
            depth += 1
        elif token == ")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif token == ";":
            parts.append("")
        else:
            parts[-1] += token
    return parts


_METHOD = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r'([a-z0-9-]+)\s*\.\s*([a-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)', re.IGNORECASE)

_PROPERTIES = {
    "spf": ("smtp.mailfrom", "smtp.mail"),
    "dkim": ("header.d", "header.i"),
    "dmarc": ("header.from",),
    "arc": ("header.d",),
}
"""Which property names the domain that a method looked at, the best one first."""

# Names that some servers write, and what RFC 8601 calls them.
_SYNONYMS = {"hardfail": "fail", "bestguesspass": "none", "error": "temperror", "unknown": "neutral"}


def _stated(part: str) -> Stated | None:
    found = _METHOD.match(part)
    if found is None:
        return None
    method, result = found[1].lower(), found[2].lower()
    result = _SYNONYMS.get(result, result)
    if method not in _PROPERTIES or result not in get_args(Result):
        return None
    properties = {f"{kind}.{name}".lower(): value.strip('"') for kind, name, value in _PROPERTY.findall(part[found.end() :])}
    domain = next((properties[name] for name in _PROPERTIES[method] if name in properties), "")
    return Stated(method, cast(Result, result), normalise_domain(domain.rpartition("@")[2].strip("<>")))


def first_result(stated: Iterable[Stated], method: str) -> Result | None:
    """The topmost; of several signatures one that passes."""
    results = [each.result for each in stated if each.method == method]
    return "pass" if method == "dkim" and "pass" in results else next(iter(results), None)


def aligned_pass(stated: Iterable[Stated], domain: str) -> Stated | None:
    """The statement, of any method, that authenticates the author's domain."""
    return next((each for each in stated if each.result == "pass" and each.method != "arc" and aligned(each.domain, domain)), None)
