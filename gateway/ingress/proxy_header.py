"""The PROXY protocol of HAProxy, versions 1 and 2: what a balancer says of a connection before it passes it on. Pure.

Whatever follows the header is the peer's, perhaps a TLS handshake: so the reader says how much of what it was shown is the header's.
"""

import re
import struct
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
V1_PREFIX: Final = b"PROXY "
V1_LONGEST: Final = 107
"""Octets, line end and all (§2.1)."""
V2_FIXED: Final = 16
V2_LONGEST: Final = 4096
"""Octets of addresses and TLVs. The protocol would allow 65,535; what balancers send is some hundreds."""
LONGEST: Final = V2_FIXED + V2_LONGEST

_PORT = re.compile(rb"0|[1-9][0-9]{0,4}")


class ProxyHeaderError(ValueError):
    """What a balancer sent is no header, and the text says why. No octet of it may be taken for the peer's."""


@dataclass(frozen=True, slots=True)
class Original:
    """Whom the balancer speaks for."""

    address: str
    port: int


class _Command(IntEnum):
    LOCAL = 0
    PROXY = 1


class _Family(IntEnum):
    UNSPEC = 0
    INET = 1
    INET6 = 2
    UNIX = 3


class _Transport(IntEnum):
    UNSPEC = 0
    STREAM = 1
    DGRAM = 2


class ProxyHeader:
    """Shown what has come, says how many octets of it are the header's, until it is `whole`; then it tells the `original` peer."""

    def __init__(self) -> None:
        self._head = b""
        self.whole = False
        self.original: Original | None = None
        """None where the balancer speaks for itself, as health checks do, or cannot tell: the connection is then its own (§2)."""

    def take(self, shown: bytes) -> int:
        """Raises ProxyHeaderError as soon as this cannot become a header."""
        known = len(self._head)
        seen = self._head + shown
        end = self._end_v2(seen) if _may_begin(seen, SIGNATURE) else self._end_v1(seen)
        self._head = seen[:end]
        return len(self._head) - known

    def _end_v1(self, seen: bytes) -> int:
        if not _may_begin(seen, V1_PREFIX):
            raise ProxyHeaderError("no PROXY header")
        end = seen.find(b"\r\n", 0, V1_LONGEST)
        if end < 0:
            if len(seen) >= V1_LONGEST:
                raise ProxyHeaderError("a line of version 1 that does not end")
            return len(seen)
        self.original = _read_v1(seen[:end])
        self.whole = True
        return end + 2

    def _end_v2(self, seen: bytes) -> int:
        if len(seen) < V2_FIXED:
            return len(seen)
        length = int.from_bytes(seen[14:16], "big")
        if length > V2_LONGEST:
            raise ProxyHeaderError(f"a header of version 2 with {length} octets")
        end = V2_FIXED + length
        if len(seen) >= end:
            self.original = _read_v2(seen[:end])
            self.whole = True
        return end


def _may_begin(seen: bytes, prefix: bytes) -> bool:
    return seen[: len(prefix)] == prefix[: len(seen)]


def _read_v1(line: bytes) -> Original | None:
    """`PROXY TCP4 192.0.2.1 192.0.2.2 49152 25`; after UNKNOWN anything may stand, and means nothing (§2.1)."""
    words = line.split(b" ")
    if words[1] == b"UNKNOWN":
        return None
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise ProxyHeaderError("a line of version 1 with other words than it should have")
    source, _ = (_address_v1(each, v6=words[1] == b"TCP6") for each in words[2:4])
    port, _ = (_port_v1(each) for each in words[4:6])
    return Original(source, port)


def _address_v1(word: bytes, *, v6: bool) -> str:
    try:
        address = IPv6Address(word.decode("ascii")) if v6 else IPv4Address(word.decode("ascii"))
    except (UnicodeDecodeError, AddressValueError):
        raise ProxyHeaderError("an address of version 1 that is none") from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ProxyHeaderError("an address of version 1 with a zone, which means nothing here")
    return str(address)


def _port_v1(word: bytes) -> int:
    if not _PORT.fullmatch(word) or int(word) > 65535:
        raise ProxyHeaderError("a port of version 1 that is none")
    return int(word)


def _read_v2(header: bytes) -> Original | None:
    """TLVs behind the addresses are passed over: nothing that they tell is needed here (§2.2)."""
    version, command = header[12] >> 4, header[12] & 0x0F
    family, transport = header[13] >> 4, header[13] & 0x0F
    if version != 2 or command not in set(_Command):
        raise ProxyHeaderError("a version or a command of version 2 that is unknown")
    if command == _Command.LOCAL:
        return None
    if family not in set(_Family) or transport not in set(_Transport) or transport == _Transport.DGRAM:
        raise ProxyHeaderError("a family or a transport of version 2 that mail does not come by")
    if transport == _Transport.UNSPEC or family in (_Family.UNSPEC, _Family.UNIX):
        return None
    return _addresses_v2(header[V2_FIXED:], _Family(family))


def _addresses_v2(octets: bytes, family: _Family) -> Original:
    width = 4 if family is _Family.INET else 16
    layout = struct.Struct(f"!{width}s{width}sHH")
    if len(octets) < layout.size:
        raise ProxyHeaderError("addresses of version 2 that are cut short")
    source, _, port, _ = layout.unpack_from(octets)
    return Original(str(IPv4Address(source) if width == 4 else IPv6Address(source)), port)
