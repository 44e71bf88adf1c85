"""Lists of addresses in DNS (RFC 5782). PURE: names to ask for, and what answers mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Final

from gateway.ingress.checks.policy import Address, DnsList

_LISTINGS: Final = IPv4Network("127.0.0.0/8")
REFUSALS: Final = IPv4Network("127.255.255.0/24")
"""How lists say that they do not answer this resolver, or take no question of this kind: said of any address, it would refuse all mail."""
# RFC 5782 §5: the one address that is never listed; as an answer some lists mean a refusal by it.
_NEVER: Final = IPv4Address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class Listing:
    by: DnsList
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"dns list: listed in {self.by.zone} ({', '.join(self.codes)})"


def name_in(zone: str, address: Address) -> str:
    """RFC 5782 §2.1: octets backwards; §2.4: nibbles backwards."""
    # Both forms end with two labels of the tree that reverse names live in.
    return f"{address.reverse_pointer.rsplit('.', 2)[0]}.{zone}"


def codes_that_count(records: Iterable[object], by: DnsList) -> tuple[str, ...]:
    """RFC 5782 §2.1: an answer elsewhere than in 127/8 is a parked domain's, not a listing."""
    read = sorted({each for each in map(_address, records) if each is not None})
    counting = (each for each in read if each in _LISTINGS and each not in REFUSALS and each != _NEVER)
    return tuple(str(each) for each in counting if any(each in network for network in by.codes))


def refuses_us(records: Iterable[object]) -> bool:
    return any(each is not None and (each in REFUSALS or each == _NEVER) for each in map(_address, records))


def _address(record: object) -> IPv4Address | None:
    try:
        return IPv4Address(str(record))
    except AddressValueError:
        return None
