"""Settings as the values that rooms take, where `gateway.config.convert` may not know those rooms."""

from ipaddress import ip_network

from gateway.config.settings import Settings
from gateway.domain.envelope import Entry
from gateway.ingress.limits import Limits


def limits(settings: Settings) -> Limits:
    table = settings.limits
    return Limits(
        max_message_size=table.max_message_size,
        connections=table.connections,
        connections_per_address=table.connections_per_address,
        connections_per_network=table.connections_per_network,
        tls_connections=table.tls_connections,
        proxies=tuple(map(ip_network, settings.server.proxies)),
        greeting_delay=table.greeting_delay,
        normalise_newlines=settings.server.bare_newline == "normalize",
        recipients=table.recipients,
        noops=table.noops,
        bad_commands=table.bad_commands,
        received_fields=table.received_hops,
        content_line=table.max_line_length,
        idle_seconds=table.idle_seconds,
        session_seconds=table.session_seconds,
    )


def entry(settings: Settings) -> Entry:
    return Entry(settings.server.protocol)
