"""The poller child: mailboxes in, durable rows out."""

import asyncio

from gateway.app import values
from gateway.app.child import Live, engine_for, worker_name
from gateway.app.screening import Screening
from gateway.fetch.look import Means
from gateway.ingress.checks.unasked import ScreeningAcceptor
from gateway.ingress.content import Content
from gateway.ingress.limits import Budget
from gateway.supervisor.child import Control
from gateway.workers.poller import Poller
from gateway.workers.schedule import HOUR, Job, Schedule, in_one
from gateway.workers.wake import Waker
from storage import mailboxes
from storage.engine import sessions

FORGETTING = Job("mailboxes", HOUR, in_one(mailboxes.forget))


async def run(control: Control) -> None:
    live = Live(control)
    settings = live.now.settings
    bounds = values.limits(settings)
    memory, total = Budget(bounds.memory_in_flight), Budget(bounds.content_in_flight)
    async with engine_for(control, settings.database.pool_size) as engine:
        make, waker, worker = sessions(engine), Waker(engine), worker_name(control)
        screening = Screening(make, lambda: live.now)
        control.on_change(lambda _configuration: screening.renew())
        acceptor = ScreeningAcceptor(make, settings.server.hostname, waker, commit_seconds=settings.limits.commit_seconds)
        acceptor.screener = lambda: screening.now
        means = Means(
            make,
            acceptor,
            lambda: live.now.organisation,
            lambda: values.limits(live.now.settings),
            lambda: Content(spill_at=bounds.spill_at, memory=memory, total=total),
        )
        control.ready()
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(Poller(means, worker).run(control.draining))
                together.create_task(Schedule(make, worker, (FORGETTING,)).run(control.draining))
        finally:
            await acceptor.aclose()
            await waker.aclose()
            await screening.close()
