"""The schedule's job on From addresses, by the configuration of the moment; and the transports of their own servers."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app import dns_names
from gateway.app.child import Live
from gateway.auth.dns import Resolver
from gateway.config.settings import Settings
from gateway.desk.senders.choice import destination
from gateway.outbound.connections import Relay
from gateway.outbound.deliver import SmtpTransport
from gateway.outbound.delivery import Transport
from gateway.workers.senders import watch_senders

CONNECTIONS = 3
"""To one such server, of one process: it is a mailbox's, and few letters leave by it."""


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
                each.smtp.user,
                each.smtp.password.get_secret_value() if each.smtp.password is not None else None,
                hostname=settings.server.hostname,
                connections=min(CONNECTIONS, settings.outbound.connections),
                timeout=settings.outbound.timeout,
            )
        )
        for each in settings.from_address
        if each.smtp is not None
    }
