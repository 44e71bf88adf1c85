"""Where the world sees our letters come from: the addresses that SPF has to name and a reverse name has to stand for. Pure."""

import ipaddress
from dataclasses import dataclass

from gateway.dnscheck.known import Known

# RFC 1918, RFC 4193, RFC 3927, RFC 4291, RFC 6598: addresses that nobody outside sees.
INNER = tuple(
    map(
        ipaddress.ip_network,
        (
            "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "169.254.0.0/16",
            "fe80::/10",
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outlet:
    """As the configuration has it. `relay` is the host of `outbound.relay`, None where letters go into a directory or `straight` to the
    recipients' servers; `sends_from` what `outbound.sends_from` says: addresses, and domains to include."""

    hostname: str
    relay: str | None
    sends_from: tuple[str, ...] = ()
    straight: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """`host` is whom the addresses belong to; `includes` are domains whose SPF records name more of them. `unknown`: DNS did not say."""

    host: str
    addresses: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    unknown: bool = False

    @property
    def known(self) -> bool:
        return bool(self.addresses or self.includes)


def sending(outlet: Outlet, known: Known) -> Sending:
    if outlet.sends_from:
        addresses = tuple(each for each in outlet.sends_from if is_address(each))
        return Sending(outlet.hostname, addresses, tuple(each for each in outlet.sends_from if each not in addresses))
    relay: tuple[str, ...] = (outlet.relay,) if outlet.relay is not None and is_address(outlet.relay) else ()
    if relay and not is_inner(relay[0]):
        return Sending(outlet.relay or "", relay)
    if outlet.relay is not None and not relay and outlet.relay != "localhost":
        found, unknown = known.hosts(outlet.relay)
        if unknown or not all(map(is_inner, found)):
            return Sending(outlet.relay, found, unknown=unknown)
        relay = found
    own, unknown = known.hosts(outlet.hostname)
    # Without a name that the world could look up, what the relay itself is known by is all there is.
    return Sending(outlet.hostname, own if own or unknown else relay, unknown=unknown)


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_inner(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in network for network in INNER if network.version == found.version)
