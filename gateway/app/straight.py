"""Delivery straight to the recipients' mail servers, by the configuration: `outbound.relay = "mx"`."""

import ssl
from pathlib import Path
from typing import Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app.intake import nameservers
from gateway.auth.dns import Resolver
from gateway.config.settings import Settings
from gateway.outbound.mx import tls
from gateway.outbound.mx.destination import Limits, Office
from gateway.outbound.mx.lookup import Lookup
from gateway.outbound.mx.opener import Ways
from gateway.outbound.mx.policies import HTTPS, Database, Policies
from gateway.outbound.mx.transport import MxTransport

log = structlog.get_logger()

DNS_SECONDS = 10.0
"""For one step of the way to a mail server; a letter waits for it, and nobody in a dialogue does."""
FIRST_PROBE, LONGEST_PROBE = 10.0, 600.0
POLICY_PORT = HTTPS


def straight(settings: Settings, sessions: async_sessionmaker[AsyncSession]) -> MxTransport:
    table = settings.outbound
    resolver = Resolver(nameservers(settings), dnssec=dnssec(settings), seconds=DNS_SECONDS)
    trusted = authorities(table.ca)
    listens = [(each.host, each.port) for each in (*settings.server.listen, *settings.server.listen_tls)]
    office = Office(
        Lookup(resolver, settings.server.hostname, table.mx_port, listens, dane=table.dane),
        Policies(resolver, Database(sessions), trusted, port=POLICY_PORT) if table.mta_sts else None,
        Ways(settings.server.hostname, table.mx_port, timeout=table.timeout, max_size=table.max_message_size, trusted=trusted),
        Limits(
            connections=min(table.connections_per_domain, table.connections),
            letters_a_connection=table.letters_per_connection,
            first_probe=min(FIRST_PROBE, table.retry.first_delay),
            longest_probe=min(LONGEST_PROBE, table.retry.max_delay),
        ),
    )
    return MxTransport(office, resolver, connections=table.connections)


def authorities(ca: Path | None) -> ssl.SSLContext:
    """Where the file is of no use, nobody is believed: what MTA-STS demands waits, and all other letters go."""
    try:
        return tls.verifying(None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        log.exception("ca_unusable", ca=str(ca), error=str(error))
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def dnssec(settings: Settings) -> Literal["unasked", "on this machine", "everybody"]:
    if not settings.outbound.dane:
        return "unasked"
    return "everybody" if settings.trust.dnssec else "on this machine"
