"""The schedule's job on From addresses, by the configuration of the moment; and the transports of their own servers."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app import dns_names
from gateway.app.child import Live
from gateway.auth.dns import Resolver
from gateway.config.login import login_of
from gateway.config.settings import Settings
from gateway.desk.senders.choice import destination
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Transport
from gateway.workers.senders import watch_senders

CONNECTIONS = 3
"""To one such server, of one process: it is a mailbox's, and few letters leave by it."""
PATIENCE = 1.0
"""Seconds for a place among them: a server that is slow must not keep the sender's hands from the others' letters."""


async def look_after_senders(sessions: async_sessionmaker[AsyncSession], live: Live, resolver: Resolver, wake: Callable[[], None]) -> int:
    now = live.now
    return await watch_senders(sessions, now.organisation, dns_names.keys(now.settings), dns_names.outlet(now.settings), resolver, wake)


def own_transports(settings: Settings) -> dict[str, Transport]:
    """By destination. Of disabled addresses too: what was written before they were switched off still leaves."""
    return {
        destination(each.address): SmtpTransport(
            Relay(
                each.smtp.host,
                each.smtp.port,
                each.smtp.security,
                login_of(each.smtp),
                hostname=settings.server.hostname,
                connections=min(CONNECTIONS, settings.outbound.connections),
                timeout=settings.outbound.timeout,
                letters_a_connection=settings.outbound.letters_per_connection,
                patience=PATIENCE,
                ca=None if each.smtp.ca is None else str(each.smtp.ca),
            )
        )
        for each in settings.from_address
        if each.smtp is not None
    }
