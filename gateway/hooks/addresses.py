"""Which addresses a webhook may be at. A URL of the configuration, or whoever answers for its name in DNS, must not lead us to what only
machines of our own network are meant to reach. PURE."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def why_refused(text: str, *, allow_private: bool) -> str | None:
    """What speaks against connecting there; None when nothing does. `allow_private` lets in hosts of our own network, and nothing else that
    is special."""
    try:
        # A scope (`fe80::1%eth0`) is of link-local addresses alone, which are refused with and without it.
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "it is no address"
    inner = address_within(address)
    for each in (address,) if inner is None else (address, inner):
        for network, what in NEVER.items():
            if each.version == network.version and each in network:
                return what
        if allow_private:
            continue
        for network, what in PRIVATE.items():
            if each.version == network.version and each in network:
                return f"{what}; `allow_private = true` would let it be"
    return None


def address_within(address: Address) -> IPv4Address | None:
    """The IPv4 address that a gateway on the way, or our own kernel, would make of it."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    # The first of the compatible ones are `::` and `::1`.
    if address in NAT64 or (address in COMPATIBLE and int(address) > 0xFFFF):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


NAT64: Final = IPv6Network("64:ff9b::/96")
COMPATIBLE: Final = IPv6Network("::/96")

# The special-purpose registries of IANA (RFC 6890), but for what the Internet routes.
PRIVATE: Final[dict[Network, str]] = {
    ip_network(network): what
    for network, what in {
        "10.0.0.0/8": "a private address",
        "172.16.0.0/12": "a private address",
        "192.168.0.0/16": "a private address",
        "127.0.0.0/8": "an address of this machine",
        "100.64.0.0/10": "an address behind a provider's NAT (RFC 6598)",
        "198.18.0.0/15": "an address for measurements (RFC 2544)",
        "::1/128": "an address of this machine",
        "fc00::/7": "a private address (RFC 4193)",
        "64:ff9b:1::/48": "an address of a local NAT64 (RFC 8215)",
    }.items()
}
NEVER: Final[dict[Network, str]] = {
    ip_network(network): what
    for network, what in {
        # Linux takes 0.0.0.0 for this very machine.
        "0.0.0.0/8": "no host's address",
        # Metadata services of clouds, which hand out credentials, are here.
        "169.254.0.0/16": "a link-local address",
        "192.0.0.0/24": "an address for protocols (RFC 6890)",
        "192.0.2.0/24": "an address for documentation",
        "192.88.99.0/24": "an address of 6to4 relays",
        "198.51.100.0/24": "an address for documentation",
        "203.0.113.0/24": "an address for documentation",
        "224.0.0.0/4": "a multicast address",
        "240.0.0.0/4": "a reserved address",
        "::/128": "no host's address",
        "100::/64": "an address that discards (RFC 6666)",
        "2001::/32": "a Teredo address",
        "2001:db8::/32": "an address for documentation",
        "3fff::/20": "an address for documentation",
        "5f00::/16": "a segment routing address",
        "fe80::/10": "a link-local address",
        "fec0::/10": "a site-local address",
        "ff00::/8": "a multicast address",
        # AWS has its metadata service here as well, within what `allow_private` would let in.
        "fd00:ec2::254/128": "an address of a metadata service",
    }.items()
}
