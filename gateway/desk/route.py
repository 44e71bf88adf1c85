"""Which gateway address a message was written to (B8, U3, U8). PURE."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain.organisation import Gateway, Organisation, RouteSource, without_subaddress
from gateway.mail.message import Message
from gateway.tokens.carriers import is_reply_address

IN_WORDS: dict[RouteSource, str] = {
    "to": "To",
    "cc": "Cc",
    "delivered-to": "Delivered-To",
    "envelope": "the envelope",
}


@dataclass(frozen=True, slots=True)
class Route:
    """`address` is the concrete one written to: for a catch-all, the address it caught. `also` are further gateways of ours it names."""

    gateway: Gateway
    address: str
    reason: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrouted:
    reason: str


def route(message: Message, recipients: tuple[str, ...], organisation: Organisation) -> Route | Unrouted:
    """The first address of ours, source by source in the order of `desk.route_by`. `recipients` are the envelope's, normalised."""
    disabled = None
    found: Route | None = None
    also: list[str] = []
    for source, address in candidates(message, recipients, organisation):
        gateway = organisation.gateway(address)
        if gateway is None:
            continue
        if not gateway.enabled:
            disabled = disabled or gateway.address
            continue
        concrete = without_subaddress(address) if gateway.catches_all else gateway.address
        if found is None:
            found = Route(gateway, concrete, f"{IN_WORDS[source]} names {concrete}")
        elif concrete != found.address and concrete not in also:
            also.append(concrete)
    if found is not None:
        return Route(found.gateway, found.address, found.reason, tuple(also))
    if "envelope" in organisation.desk.route_by and any(each.startswith("postmaster@") for each in recipients):
        # RFC 5321 §4.5.1: somebody has to read what is written to postmaster.
        return Route(organisation.default_gateway, organisation.default_gateway.address, "the envelope names postmaster")
    if disabled is not None:
        return Unrouted(f"the gateway address {disabled} is switched off")
    looked_at = ", ".join(IN_WORDS[source] for source in organisation.desk.route_by)
    return Unrouted(f"no gateway address stands in {looked_at}")


def candidates(message: Message, recipients: tuple[str, ...], organisation: Organisation) -> Iterator[tuple[RouteSource, str]]:
    """Every usable address of the message, with where it stands."""
    for source in organisation.desk.route_by:
        match source:
            case "to":
                addresses = tuple(each.key for each in message.to)
            case "cc":
                addresses = tuple(each.key for each in message.cc)
            case "delivered-to":
                addresses = tuple(each.key for each in message.delivered_to)
            case "envelope":
                addresses = recipients
        for address in addresses:
            # A catch-all does not take what is written to agents' reply address: without its token that is no ticket.
            if address and not is_reply_address(address, organisation.desk.reply_address):
                yield source, address
