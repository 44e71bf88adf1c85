"""Settings as `gateway.dnscheck` takes them: where letters leave, the keys that sign, and every address that DNS has a say about."""

from collections.abc import Iterator

from gateway.config.convert import reply_address
from gateway.config.dkim import dkim_keys
from gateway.config.outbound import Directory, Mx
from gateway.config.settings import Settings
from gateway.dnscheck.report import Address, Names
from gateway.dnscheck.sending import Outlet
from gateway.domain.dkim import DkimKey


def outlet(settings: Settings) -> Outlet:
    relay = settings.outbound.relay
    host = None if isinstance(relay, Directory | Mx) else relay.host
    return Outlet(settings.server.hostname, host, settings.outbound.sends_from, straight=isinstance(relay, Mx))


def keys(settings: Settings) -> tuple[DkimKey, ...]:
    return tuple(dkim_keys(settings.dkim))


def names(settings: Settings) -> Names:
    return Names(tuple(addresses(settings)), outlet(settings), keys(settings), settings.outbound.bounce_domain)


def addresses(settings: Settings) -> Iterator[Address]:
    """Those that are switched off are left out."""
    own_servers = {each.address for each in settings.from_address if each.enabled and each.smtp is not None}
    gateways = {each.address for each in settings.gateway if each.enabled}
    for gateway in settings.gateway:
        if gateway.enabled:
            yield Address(gateway.address, "gateway", gateway.address in own_servers, gateway.fetch is not None)
    for sender in settings.from_address:
        if sender.enabled and sender.address not in gateways:
            yield Address(sender.address, "from_address", sender.address in own_servers)
    yield Address(reply_address(settings), "reply_address")
    if settings.outbound.bounce_domain is not None:
        yield Address(f"b@{settings.outbound.bounce_domain}", "bounce_domain")
