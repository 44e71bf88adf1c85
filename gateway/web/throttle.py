"""How often somebody may ask: token buckets in the memory of one process, the least recently used forgotten first."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from starlette.requests import Request

REMEMBERED = 10_000
"""Buckets at most. Who makes us forget one by filling it has sent ten thousand requests from as many places."""


@dataclass(slots=True)
class Bucket:
    tokens: float
    at: float


class Throttle:
    """`burst` at once, then one in `seconds`."""

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def wait(self, key: Hashable) -> int:
        """Takes one from the key's bucket: 0, or, where it is empty, the whole seconds until there is one again."""
        now = self._clock()
        bucket = self._buckets.setdefault(key, Bucket(self._burst, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) / self._seconds)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return math.ceil((1 - bucket.tokens) * self._seconds)


def peer_of(request: Request) -> str:
    """Whom a request counts for: an IPv4 address, or the /64 of an IPv6 one.

    `X-Forwarded-For` is believed of peers on loopback and private networks, where proxies are. Of its addresses the last counts, which
    that proxy wrote itself. A neighbour who forges it escapes this limit and no other.
    """
    peer = address_of(request.client.host if request.client is not None else "")
    forwarded = request.headers.getlist("x-forwarded-for")
    if forwarded and (peer is None or peer.is_private):
        peer = address_of(forwarded[-1].rpartition(",")[2]) or peer
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
