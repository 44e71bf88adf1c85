"""The web child."""

import asyncio
import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import __version__
from gateway.api.api import Api
from gateway.api.routes import routes as api_routes
from gateway.app.alarms import alarm_jobs
from gateway.app.child import Live, engine_for, worker_name
from gateway.app.console import Window
from gateway.app.templates import templates_now
from gateway.desk.alarm import overall_fault
from gateway.desk.suppress import staff_fault
from gateway.desk.suppressing import staff_unreached
from gateway.supervisor.child import Control
from gateway.supervisor.messages import Standing
from gateway.telemetry import metrics
from gateway.web import files, health, picture, preview, probes, rating, server
from gateway.web.app import create_app
from gateway.web.queues import Queues, gauge
from gateway.web.throttle import Throttle
from gateway.workers.schedule import Schedule
from gateway.workers.wake import Waker
from storage import alarms
from storage.alarms import letters_of_hour
from storage.engine import sessions

POOL_SIZE = 8


async def run(control: Control) -> None:
    live = Live(control)
    async with engine_for(control, POOL_SIZE) as engine:
        make, waker = sessions(engine), Waker(engine)
        queues = Queues(make, lambda: live.now.organisation.budget.overall_hour)
        children = CollectorRegistry()
        children.register(Children(control))

        async def exposition() -> bytes:
            await queues.refresh()
            return await asyncio.to_thread(metrics.exposition, queues.registry, children)

        alive = [probes.database_answers(engine)]
        ready = [
            probes.schema_serves(engine, await asyncio.to_thread(schema_fault)),
            probes.saying(lambda: children_fault(control.standing)),
        ]
        degraded = [
            probes.judging(make, alarms_up),
            probes.judging(make, lambda session: letters_fault(session, live)),
            probes.judging(make, lambda session: unreached(session, live)),
        ]
        pictures = picture.Pictures(lambda: live.now.organisation)
        ratings = rating.RatingPages(make, lambda: live.now.organisation, pictures, lambda: waker("outbox"), rating.limits())
        previews = preview.PreviewPages(make, lambda: live.now.organisation, templates_now, Throttle(120, 0.5))
        linked = files.FilePages(make, lambda: live.now.organisation, pictures, files.limits())
        pages = (*picture.routes(pictures), *ratings.routes(), *previews.routes(), *linked.routes())
        routes = [*health.routes(alive, ready, exposition, degraded), *pages]
        window = Window(control, live, make, waker)
        api = api_routes(Api(make, lambda: live.now.organisation, waker))
        app = create_app([*routes, *api, *window.routes], window.failed(ratings.failed), window.console.absent)
        # Intakes look after them too; what tells that none of those is at work must not be one.
        watching = Schedule(make, worker_name(control), alarm_jobs(live, lambda: waker("outbox")))
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(server.serve(app, control.sockets("web"), control.ready, control.draining))
                together.create_task(watching.run(control.draining))
        finally:
            await window.aclose()
            await waker.aclose()


def schema_fault() -> probes.Judge:
    """In a thread, since alembic takes its time to import."""
    from gateway.app.schema import fault

    return fault


async def letters_fault(session: AsyncSession, live: Live) -> str | None:
    return overall_fault(await letters_of_hour(session), live.now.organisation.budget)


async def alarms_up(session: AsyncSession) -> str | None:
    """By name alone, for anybody may read this page."""
    found = await alarms.up(session)
    return f"{', '.join(found)} (deskgate status)" if found else None


async def unreached(session: AsyncSession, live: Live) -> str | None:
    return staff_fault(await staff_unreached(session, live.now.organisation), in_public=True)


def children_fault(standing: Standing) -> str | None:
    if standing.stopping:
        return "the service is stopping"
    if not standing.roles:
        return "the service is starting"
    missing = [f"{each.ready} of {each.wanted} {each.role} processes are ready" for each in standing.missing]
    return "; ".join(missing) or None


class Children(Collector):
    """The supervisor's children, as it tells of them."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def collect(self) -> Iterator[Metric]:
        standing = self._control.standing
        yield gauge(
            "deskgate_children_wanted", "Child processes that there shall be.", "role", {each.role: each.wanted for each in standing.roles}
        )
        yield gauge(
            "deskgate_children_ready", "Child processes that do their work.", "role", {each.role: each.ready for each in standing.roles}
        )
        told = {"node": os.uname().nodename, "version": __version__}
        node = GaugeMetricFamily("deskgate_node_info", "1, for the node whose page this is.", labels=list(told))
        node.add_metric(list(told.values()), 1)
        yield node
        yield GaugeMetricFamily("deskgate_configuration", "Number of the configuration that was handed on last.", standing.configuration)
        restarts = CounterMetricFamily("deskgate_child_restarts", "Children that died and were replaced.", labels=["role"])
        for each in standing.roles:
            restarts.add_metric([each.role], each.restarts)
        yield restarts
