"""The listener child: SMTP or LMTP in, durable rows out."""

import asyncio
import time

from gateway.app import values
from gateway.app.certificate import Certificate
from gateway.app.child import Live, engine_for
from gateway.app.screening import Screening
from gateway.domain.envelope import Envelope
from gateway.ingress.accept import Acceptor, Also
from gateway.ingress.content import Content
from gateway.ingress.service import SmtpService, serve_smtp
from gateway.supervisor.child import Control
from gateway.supervisor.messages import Configuration
from gateway.telemetry import metrics
from gateway.telemetry.follow import Followed, FollowedEach, follow
from gateway.workers.wake import Waker
from storage.engine import sessions


async def run(control: Control) -> None:
    live = Live(control)
    settings = live.now.settings
    async with engine_for(control, settings.database.pool_size) as engine:
        waker, certificate = Waker(engine), Certificate(settings.tls)
        acceptor = MeasuredAcceptor(sessions(engine), settings.server.hostname, waker, commit_seconds=settings.limits.commit_seconds)
        screening = Screening(sessions(engine), lambda: live.now)
        service = await serve_smtp(
            control.sockets("smtp"),
            acceptor=acceptor,
            organisation=live.now.organisation,
            limits=values.limits(settings),
            entry=values.entry(settings),
            tls=certificate.context,
            tls_required=settings.tls.required,
            tls_sockets=control.sockets("smtps"),
            screener=screening.now,
        )

        def reload(_configuration: Configuration) -> None:
            now = live.now
            certificate.configure(now.settings.tls)
            screening.renew()
            service.screen(screening.now)
            service.reload(now.organisation, values.limits(now.settings), certificate.context)

        control.on_change(reload)
        beside = [
            asyncio.create_task(tell(service, acceptor)),
            asyncio.create_task(certificate.watch(lambda: service.renew(certificate.context))),
        ]
        control.ready()
        await control.draining.wait()
        try:
            await service.drain(live.now.settings.limits.drain_seconds)
        finally:
            await acceptor.aclose()
            await waker.aclose()
            await screening.close()
            for each in beside:
                each.cancel()


class MeasuredAcceptor(Acceptor):
    """Tells the metrics how long it took to make each message durable."""

    async def accept_message(self, envelope: Envelope, content: Content, also: Also | None = None) -> int:
        began = time.perf_counter()
        outcome = "failed"
        try:
            inbound_id = await super().accept_message(envelope, content, also)
            outcome = "kept"
        finally:
            metrics.accept_seconds.labels(outcome).observe(time.perf_counter() - began)
        return inbound_id


TURNED_AWAY = ("no PROXY header", "no TLS", "spoke first", "stopping", "too many", "too many of a source")
"""Why connections are: told from the start, for what appears with its first time shows no rise."""


async def tell(service: SmtpService, acceptor: Acceptor) -> None:
    tally = service.tally
    tally.accepted_after = metrics.acceptance_seconds.observe
    for why in TURNED_AWAY:
        metrics.refusals.labels("connection", why)
    await follow(
        (
            Followed(metrics.connections_opened.labels("admitted"), lambda: tally.connections),
            Followed(metrics.connections_opened.labels("refused"), lambda: tally.connections_refused),
            Followed(metrics.messages.labels("accepted"), lambda: tally.messages_accepted),
            Followed(metrics.messages.labels("refused"), lambda: tally.messages_refused),
            Followed(metrics.messages.labels("deferred"), lambda: tally.messages_deferred),
            Followed(metrics.recipients_refused, lambda: tally.recipients_refused),
            Followed(metrics.session_timeouts, lambda: tally.timeouts),
            Followed(metrics.commits, lambda: acceptor.commits),
            FollowedEach(metrics.refusals.labels, tally.refusals),
        ),
        also=lambda: metrics.connections.set(service.connections),
    )
