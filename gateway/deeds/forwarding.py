"""How mail comes to each gateway address, as far as probes have shown; and sending another one (U7)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.refused import NotYet, Refused
from gateway.desk.forwarding.report import gateway_of, worst
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.probes import ForwardingState, Probe
from gateway.mail.address import address_key
from storage import outbox

Way = tuple[str, Probe | None]
"""An address by which a gateway's mail comes, with the latest probe to it."""


class NoAddress(Refused):
    """What was given is none that mail could go to."""


def ways_of(gateway: Gateway, known: Mapping[str, Probe], organisation: Organisation) -> list[Way]:
    """The addresses by which its mail comes. Outside mailboxes that no table names, and of which no probe ever arrived, stand with the
    default gateway."""
    named: list[Way] = [(each, known.get(each)) for each in gateway.probed]
    others: list[Way] = [
        (address, probe) for address, probe in known.items() if address not in gateway.probed and home_of(probe, organisation) is gateway
    ]
    return [*named, *others]


def home_of(probe: Probe, organisation: Organisation) -> Gateway:
    return gateway_of(probe, organisation) or organisation.default_gateway


def state_of(probe: Probe | None) -> ForwardingState:
    return "unproven" if probe is None else probe.state


def forwarding_of(gateway: Gateway, ways: Collection[Way]) -> ForwardingState:
    """The worst of addresses that are known for the gateway's; of others only where nothing is known of those: neither a mistyped address
    that somebody verified once shall speak for the gateway, nor its own that nobody has asked about."""
    known = tuple(state_of(probe) for address, probe in ways if is_known(gateway, address, probe))
    return worst(known or (state_of(probe) for _, probe in ways))


def is_known(gateway: Gateway, address: str, probe: Probe | None) -> bool:
    """Whether its table names it, a probe has come from it, or it is its own and was probed."""
    own = address == gateway.address and state_of(probe) != "unproven"
    return own or (probe is not None and probe.last_gateway is not None) or address in gateway.forwarded_from


def last_success(ways: Collection[Way]) -> datetime | None:
    times = (probe.last_success_at for _, probe in ways if probe is not None)
    return max((each for each in times if each is not None), default=None)


def address_to_verify(given: str, organisation: Organisation) -> str:
    """Normalised. Raises Refused, NoAddress among it."""
    key = address_key(given)
    if not key:
        raise NoAddress(f"{given}: expected one e-mail address, such as support@example.com", "addresses.refused_no_address", address=given)
    if key.startswith("*@"):
        instead = f"probe{key[1:]}"
        why = f"{given}: a catch-all is no address that mail could go to; verify one of its domain, such as {instead}"
        raise NoAddress(why, "addresses.refused_catch_all", address=given, instead=instead)
    gateway = organisation.gateway(key)
    if gateway is not None and not gateway.enabled:
        why = f"{gateway.address} is switched off: set its enabled = true first"
        raise Refused(why, "addresses.refused_off", address=gateway.address)
    return key


async def verify(session: AsyncSession, address: str, organisation: Organisation) -> int:
    """Writes a probe to this normalised address; its number. Raises NotYet while nothing is sent."""
    # Whoever only shows how mail comes, such as `deskgate status`, need not wait for all that letters are made with.
    from gateway.desk.forwarding.probing import send_probe

    held = await outbox.held(session)
    if held is not None:
        why = f"sending is paused, so no probe can leave: {held.why}; `deskgate outbox release` lets letters go"
        raise NotYet(why, "addresses.refused_paused", reason=held.why)
    return await send_probe(session, address, organisation)
