"""The sender child: the outbox out, by the relay, into a directory, or by the servers of single From addresses."""

from gateway.app.child import Live, engine_for, leave_when_changed, worker_name
from gateway.app.senders import own_transports
from gateway.app.undelivered import reporter
from gateway.config.dkim import dkim_keys
from gateway.config.outbound import Directory
from gateway.config.settings import Settings
from gateway.domain.letter import RELAY
from gateway.domain.states import EventKind
from gateway.outbound.connections import Relay
from gateway.outbound.deliver import SmtpTransport
from gateway.outbound.delivery import Transport
from gateway.outbound.directory import DirectoryTransport
from gateway.outbound.retry import Policy
from gateway.outbound.sign import Signing
from gateway.supervisor.child import Control
from gateway.telemetry import metrics
from gateway.workers.sender import Sender, Sending
from storage.engine import sessions

SHARE_OF_DRAINING = 0.85
"""Of the whole service's time to stop: the supervisor's patience ends later."""


async def run(control: Control) -> None:
    live = Live(control)
    settings = live.now.settings
    async with engine_for(control, settings.database.pool_size) as engine:
        sender = Sender(
            sessions(engine),
            {RELAY: transport(settings), **own_transports(settings)},
            reporter(EventKind.DELIVERY_FAILED, lambda: live.now.organisation),
            on_late=reporter(EventKind.DELIVERY_DELAYED, lambda: live.now.organisation),
            worker=worker_name(control),
            sending=sending(settings, shadow=control.configuration.shadow),
            signing=Signing(dkim_keys(settings.dkim), lambda address: live.now.organisation.gateway(address) is not None),
            attempted=measure,
        )
        leave_when_changed(control, live, lambda settings: (settings.outbound, settings.from_address, settings.dkim))
        control.ready()
        await sender.run(control.draining, engine)


def transport(settings: Settings) -> Transport:
    table = settings.outbound
    if isinstance(table.relay, Directory):
        return DirectoryTransport(table.relay.path)
    return SmtpTransport(
        Relay(
            table.relay.host,
            table.relay.port,
            table.security,
            table.user,
            table.password.get_secret_value() if table.password is not None else None,
            hostname=settings.server.hostname,
            connections=table.connections,
            timeout=table.timeout,
        )
    )


def sending(settings: Settings, *, shadow: bool) -> Sending:
    table = settings.outbound
    return Sending(
        Policy(first=table.retry.first_delay, longest=table.retry.max_delay),
        hands=max(table.connections, Sending().reserved + 1),
        drain=settings.limits.drain_seconds * SHARE_OF_DRAINING,
        shadow=shadow,
    )


def measure(outcome: str, seconds: float) -> None:
    metrics.deliveries.labels(outcome).inc()
    metrics.delivery_seconds.observe(seconds)
