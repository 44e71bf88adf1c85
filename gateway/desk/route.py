"""Which gateway address a message was written to (B8, U3, U8). PURE."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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


def route(message: Message, recipients: tuple[str, ...], organisation: Organisation, department: str | None = None) -> Route | Unrouted:
    """The first address of ours, source by source in the order of `desk.route_by`. `recipients` are the envelope's, normalised.

    With `department`, the first that is this department's; the others are named all the same.
    """
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
        if found is None and department in (None, gateway.department):
            found = Route(gateway, concrete, f"{IN_WORDS[source]} names {concrete}")
        if concrete not in also:
            also.append(concrete)
    if found is not None:
        return replace(found, also=tuple(each for each in also if each != found.address))
    if "envelope" in organisation.desk.route_by and any(each.startswith("postmaster@") for each in recipients):
        # RFC 5321 §4.5.1: somebody has to read what is written to postmaster.
        return Route(organisation.default_gateway, organisation.default_gateway.address, "the envelope names postmaster")
    if disabled is not None:
        return Unrouted(f"the gateway address {disabled} is switched off")
    looked_at = ", ".join(IN_WORDS[source] for source in organisation.desk.route_by)
    return Unrouted(f"no gateway address stands in {looked_at}")


def departments_addressed(message: Message, recipients: tuple[str, ...], organisation: Organisation) -> tuple[str, ...]:
    """Whose tickets a mail becomes: the first address's department alone or, as `desk.duplicates` says, each of those it was written to."""
    routed = route(message, recipients, organisation)
    if isinstance(routed, Unrouted):
        return ()
    if organisation.desk.duplicates == "one":
        return (routed.gateway.department,)
    others = (organisation.gateway(each) for each in routed.also)
    return tuple(dict.fromkeys((routed.gateway.department, *(each.department for each in others if each is not None))))


def outside_address(message: Message, routed: Route, organisation: Organisation) -> str | None:
    """The outside mailbox that a client wrote to and that forwards to us; None where the gateway itself was written to, or nothing proves
    that it is ours: whoever stands in To of a blind copy is no mailbox of the desk's."""
    named = [each for each in (*message.to, *message.cc) if each.key]
    if any(organisation.gateway(each.key) is not None for each in named):
        return None
    known = (*routed.gateway.forwarded_from, *(each.address for each in organisation.from_addresses))
    passed = {each.key for each in message.delivered_to}
    ours = (each for each in named if organisation.agent(each.key) is None and (each.key in known or each.key in passed))
    return next((each.address for each in ours), None)


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
