"""Settings as the values that rooms take, where `gateway.config.convert` may not know those rooms."""

import ssl

from gateway.config.settings import Settings
from gateway.domain.envelope import Entry
from gateway.ingress.limits import Limits


def limits(settings: Settings) -> Limits:
    table = settings.limits
    return Limits(
        max_message_size=table.max_message_size,
        connections=table.connections,
        connections_per_address=table.connections_per_address,
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


def tls(settings: Settings) -> ssl.SSLContext | None:
    """Read anew at each reload, so that a renewed certificate needs no restart."""
    table = settings.tls
    if table.certificate is None or table.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(table.certificate, table.key)
    return context
