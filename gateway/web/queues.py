"""What waits, as gauges: asked of the database at a scrape, and remembered for some seconds so that scrapers cost it little."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.alarms import Alarm
from gateway.web.probes import AWAY, PATIENCE
from storage import inbound, outbox, webhooks
from storage.alarms import letters_of_hour
from storage.measuring import Measured, measure

log = structlog.get_logger()

REMEMBERED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows by state, the age of the oldest queued one in seconds, and automatic letters of the last hour."""

    inbound: Mapping[str, int] = field(default_factory=dict)
    outbox: Mapping[str, int] = field(default_factory=dict)
    oldest: Mapping[str, float] = field(default_factory=dict)
    automatic: int = 0
    measured: Measured | None = None


class Queues(Collector):
    """`refresh` before each scrape. A database that is away leaves the gauges out rather than telling old ones. `bound` is that of all
    automatic letters in an hour."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], bound: Callable[[], int]) -> None:
        self._sessions = sessions
        self._bound = bound
        self._waiting: Waiting | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self.registry = CollectorRegistry()
        self.registry.register(self)

    async def refresh(self) -> None:
        async with self._asking:
            if time.monotonic() - self._asked_at < REMEMBERED_SECONDS:
                return
            self._waiting = await self._ask()
            self._asked_at = time.monotonic()

    async def _ask(self) -> Waiting | None:
        try:
            async with asyncio.timeout(PATIENCE), self._sessions() as session:
                arrived, outgoing = await inbound.counts(session), await outbox.counts(session)
                ages = {"inbound": await inbound.oldest_queued_seconds(session), "outbox": await outbox.oldest_queued_seconds(session)}
                ages["webhooks"] = await webhooks.oldest_queued_seconds(session)
                automatic = await letters_of_hour(session)
                measured = await measure(session)
        except AWAY as error:
            log.warning("queues_not_measured", error=f"{type(error).__name__}: {error}")
            return None
        return Waiting(
            {str(state): rows for state, rows in arrived.by_state.items()},
            {str(state): rows for state, rows in outgoing.by_state.items()},
            {queue: age or 0.0 for queue, age in ages.items()},
            automatic,
            measured,
        )

    def collect(self) -> Iterator[Metric]:
        if self._waiting is not None:
            yield from families(self._waiting, self._bound())


def families(waiting: Waiting, bound: int) -> Iterator[Metric]:
    yield gauge("deskgate_inbound_messages", "Messages by state.", "state", waiting.inbound)
    yield gauge("deskgate_outbox_messages", "Letters by state.", "state", waiting.outbox)
    yield gauge("deskgate_oldest_queued_seconds", "Age of the oldest row that waits.", "queue", waiting.oldest)
    counted = "Automatic letters that outside mail caused within the hour."
    yield GaugeMetricFamily("deskgate_automatic_letters", counted, waiting.automatic)
    yield GaugeMetricFamily("deskgate_automatic_letters_budget", "How many there may be.", bound)
    if waiting.measured is not None:
        yield from of_measured(waiting.measured)


def of_measured(found: Measured) -> Iterator[Metric]:
    ages = GaugeMetricFamily(
        "deskgate_oldest_seconds", "How long the oldest row has been in a state, 0: none is.", labels=["queue", "state"]
    )
    for labels, seconds in found.ages.items():
        ages.add_metric(labels, seconds)
    yield ages
    yield gauge("deskgate_alarm", "Whether an alarm is up.", "alarm", {each: each in found.alarms for each in Alarm})
    yield GaugeMetricFamily("deskgate_sending_paused", "Whether sending is held, or the database came from elsewhere.", found.paused)
    yield GaugeMetricFamily("deskgate_destinations_down", "Servers that letters go to and that cannot be reached.", found.destinations_down)
    opened = "For how long the oldest transaction has been open on the database, prepared ones included."
    yield GaugeMetricFamily("deskgate_database_oldest_transaction_seconds", opened, found.oldest_transaction)
    xmin = "Transactions begun since the oldest one that keeps old rows from being cleared away; replication slots included."
    yield GaugeMetricFamily("deskgate_database_xmin_age", xmin, found.oldest_xmin)
    frozen = "Transactions begun since the oldest row that is not frozen; PostgreSQL stops taking writes before 2^31."
    yield GaugeMetricFamily("deskgate_database_wraparound_age", frozen, found.wraparound)
    yield GaugeMetricFamily("deskgate_database_connections", "Connections to the database server, anybody's.", found.connections)
    yield GaugeMetricFamily("deskgate_database_connections_limit", "How many there may be.", found.most_connections)


def gauge(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family
