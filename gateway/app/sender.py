"""The sender child: the outbox out, by the relay, into a directory, or by the servers of single From addresses; and webhooks told."""

import asyncio
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.app.child import Live, engine_for, leave_when_changed, worker_name
from gateway.app.measured import MeasuredSender, MeasuredTransport, begin, measure
from gateway.app.senders import own_transports
from gateway.app.straight import straight
from gateway.app.undelivered import reporter
from gateway.config.convert_webhooks import webhooks
from gateway.config.dkim import dkim_keys
from gateway.config.login import login_of
from gateway.config.outbound import Directory, Mx
from gateway.config.settings import Settings
from gateway.desk.views import ticket_document
from gateway.domain.letter import RELAY
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind
from gateway.hooks.post import Post
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.delivery import Transport
from gateway.outbound.directory import DirectoryTransport
from gateway.outbound.lighten import Links
from gateway.outbound.retry import Policy
from gateway.outbound.sign import Signing
from gateway.supervisor.child import Control
from gateway.telemetry import metrics
from gateway.tokens.codec import Keyring
from gateway.workers.sender import Sending
from gateway.workers.webhooks import Messenger, by_name
from storage.engine import sessions

SHARE_OF_DRAINING = 0.85
"""Of the whole service's time to stop: the supervisor's patience ends later."""


async def run(control: Control) -> None:
    live = Live(control)
    settings = live.now.settings
    signing = Signing(dkim_keys(settings.dkim), lambda address: live.now.organisation.gateway(address) is not None)
    async with engine_for(control, settings.database.pool_size) as engine:
        make = sessions(engine)
        transports = {RELAY: transport(settings, make), **own_transports(settings)}
        sender = MeasuredSender(
            make,
            {name: MeasuredTransport(each) for name, each in transports.items()},
            reporter(EventKind.DELIVERY_FAILED, lambda: live.now.organisation),
            on_late=reporter(EventKind.DELIVERY_DELAYED, lambda: live.now.organisation),
            worker=worker_name(control),
            sending=sending(settings, shadow=control.configuration.shadow),
            signing=signing,
            links=lambda: links(live.now.organisation, live.now.settings),
            attempted=measure,
        )
        messenger = Messenger(
            make,
            lambda: by_name(webhooks(live.now.settings, shadow=control.configuration.shadow)),
            lambda row: ticket_document(row, live.now.organisation),
            Post(),
            worker=worker_name(control),
            attempted=lambda outcome: metrics.webhook_attempts.labels(outcome).inc(),
        )
        leave_when_changed(control, live, read_at_start)
        begin()
        control.ready()
        async with asyncio.TaskGroup() as together:
            together.create_task(sender.run(control.draining, engine))
            together.create_task(messenger.run(control.draining, drain=settings.limits.drain_seconds * SHARE_OF_DRAINING))


def transport(settings: Settings, sessions: async_sessionmaker[AsyncSession]) -> Transport:
    table = settings.outbound
    if isinstance(table.relay, Directory):
        return DirectoryTransport(table.relay.path)
    if isinstance(table.relay, Mx):
        return straight(settings, sessions)
    return SmtpTransport(
        Relay(
            table.relay.host,
            table.relay.port,
            table.security,
            login_of(table),
            hostname=settings.server.hostname,
            connections=table.connections,
            timeout=table.timeout,
            letters_a_connection=table.letters_per_connection,
            patience=table.timeout,
            ca=None if table.ca is None else str(table.ca),
            max_size=table.max_message_size,
        )
    )


def read_at_start(settings: Settings) -> object:
    return settings.outbound, settings.from_address, settings.dkim, settings.trust


def links(organisation: Organisation, settings: Settings) -> Links | None:
    """Only where somebody said how the world sees the pages: what `web.listen` has would lead a client nowhere."""
    site, days = settings.web.base_url, settings.outbound.link_days
    return None if site is None else Links(Keyring(organisation.desk.secrets), site, timedelta(days=days))


def sending(settings: Settings, *, shadow: bool) -> Sending:
    table = settings.outbound
    return Sending(
        Policy(first=table.retry.first_delay, longest=table.retry.max_delay, warn_after=timedelta(hours=table.warn_hours).total_seconds()),
        hands=max(table.connections, Sending().reserved + 1),
        drain=settings.limits.drain_seconds * SHARE_OF_DRAINING,
        shadow=shadow,
    )
