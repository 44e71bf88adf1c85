"""The intake child: rows in, tickets and letters out. It has the parse children, and the schedule runs beside it."""

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import get_args

from gateway.app.alarms import alarm_jobs
from gateway.app.child import Live, engine_for, leave_when_changed, worker_name
from gateway.app.health import health_jobs, names_jobs
from gateway.app.screening import forget_knocks
from gateway.app.senders import look_after_senders
from gateway.auth.dns import Resolver
from gateway.config.convert import retention
from gateway.config.settings import Settings
from gateway.desk.digest import write_digests
from gateway.desk.firing import fire_rules
from gateway.desk.indexing import index_tickets
from gateway.desk.retaining import remove_past
from gateway.domain.decision import Outcome
from gateway.domain.states import InboundState
from gateway.parsing.parent import Counters, Parser
from gateway.parsing.process import Limits
from gateway.supervisor.child import Control
from gateway.telemetry import metrics
from gateway.telemetry.follow import Followed, follow
from gateway.workers.forwarding import watch_forwarding
from gateway.workers.intake import LEASE, Intake, Taken
from gateway.workers.loop import Loop, Pace
from gateway.workers.schedule import HOUR, JOBS, Job, Schedule, in_one
from gateway.workers.wake import Waker
from storage.engine import sessions
from storage.search import Stems

PARSERS = 2
"""At work at once: a message that takes its ten seconds must not hold up all others."""
HANDS = 32
"""Messages in work at once: while half of them are settled together, the others are parsed."""
RULES_SECONDS = 10.0
DIGESTS_SECONDS = 30.0
SENDERS_SECONDS = 60.0
"""Between two looks at what rules may fire on, at agents whose digest is due, and at what DNS says of From addresses."""
SEARCH_SECONDS = 2.0
"""Between two looks at tickets whose words are to be read for the search; the schedule's own look is what it waits for."""
FORWARDING_SECONDS = 60.0
"""Between two looks at probes that are due, or did not come back."""
SHARE_OF_DRAINING = 0.7
"""Of the whole service's time to stop: the supervisor's patience ends later."""


async def run(control: Control) -> None:
    live = Live(control)
    settings = live.now.settings
    resolver = Resolver(nameservers(settings))
    parse_limits = Limits(settings.limits.parse_seconds, settings.limits.parse_memory)
    async with engine_for(control, settings.database.pool_size) as engine, Parser(parse_limits, size=PARSERS) as parser:
        make, worker, waker = sessions(engine), worker_name(control), Waker(engine)
        intake = MeasuredIntake(make, parser, resolver, lambda: live.now, worker, waker, count)
        pace = Pace(hands=HANDS, refill=HANDS // 4, sweep=5.0, heartbeat=LEASE / 3, drain=settings.limits.drain_seconds * SHARE_OF_DRAINING)
        leave_when_changed(control, live, lambda now: (now.trust.nameservers, now.limits.parse_seconds, now.limits.parse_memory))
        telling = asyncio.create_task(tell(parser.counters))
        for outcome in (*get_args(Outcome), InboundState.BURIED):
            metrics.intakes.labels(outcome)
        control.ready()
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(Loop(intake, engine, pace).run(control.draining))
                together.create_task(Schedule(make, worker, jobs(live, waker, resolver)).run(control.draining))
                together.create_task(Schedule(make, worker, names_jobs(live, resolver)).run(control.draining))
        finally:
            await intake.aclose()
            await resolver.close()
            await waker.aclose()
            telling.cancel()


def jobs(live: Live, wake: Waker, resolver: Resolver) -> tuple[Job, ...]:
    """Those of every desk, and those that go by its configuration of the moment."""

    def letters() -> None:
        wake("outbox")

    stems = Stems()
    return (
        *JOBS,
        Job("rules", RULES_SECONDS, lambda sessions: fire_rules(sessions, live.now.organisation, letters)),
        Job("senders", SENDERS_SECONDS, lambda sessions: look_after_senders(sessions, live, resolver, letters)),
        Job("digests", DIGESTS_SECONDS, lambda sessions: write_digests(sessions, live.now.organisation, letters)),
        Job("forwarding", FORWARDING_SECONDS, lambda sessions: watch_forwarding(sessions, live.now.organisation, letters)),
        Job("retention", HOUR, lambda sessions: remove_past(sessions, retention(live.now.settings))),
        Job("search", SEARCH_SECONDS, lambda sessions: index_tickets(sessions, stems)),
        Job("greylist", HOUR, in_one(lambda session: forget_knocks(session, live.now.settings))),
        *health_jobs(live),
        *alarm_jobs(live, letters),
    )


class MeasuredIntake(Intake):
    """Tells the metrics how long the work on each message took, and how long its ticket was in coming."""

    async def work(self, item: Taken) -> None:
        arrived_at.set(item.row.received_at)
        with metrics.intake_seconds.time():
            await super().work(item)

    async def sweep(self) -> int:
        returned = await super().sweep()
        metrics.leases_expired.labels("inbound").inc(returned)
        return returned


arrived_at: ContextVar[datetime | None] = ContextVar("arrived_at", default=None)
"""Of the message that this task works on."""


def count(outcome: str) -> None:
    metrics.intakes.labels(outcome).inc()
    arrived = arrived_at.get()
    if arrived is not None:
        # By the database's clock and ours, which may differ a little.
        metrics.ticket_seconds.observe(max(0.0, (datetime.now(UTC) - arrived).total_seconds()))


async def tell(counters: Counters) -> None:
    await follow(
        (
            Followed(metrics.parses, lambda: counters.requests),
            Followed(metrics.parse_failures.labels("died"), lambda: counters.deaths),
            Followed(metrics.parse_failures.labels("timeout"), lambda: counters.timeouts),
            Followed(metrics.parse_failures.labels("exception"), lambda: counters.failures),
        )
    )


def nameservers(settings: Settings) -> list[tuple[str, int]] | None:
    """None for the system's."""
    return [(each.host, each.port) for each in settings.trust.nameservers] or None
