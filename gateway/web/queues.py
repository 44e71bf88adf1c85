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

from gateway.web.probes import AWAY, PATIENCE
from storage import inbound, outbox
from storage.alarms import letters_of_hour

log = structlog.get_logger()

REMEMBERED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows by state, the age of the oldest queued one in seconds, and automatic letters of the last hour."""

    inbound: Mapping[str, int] = field(default_factory=dict)
    outbox: Mapping[str, int] = field(default_factory=dict)
    oldest: Mapping[str, float] = field(default_factory=dict)
    automatic: int = 0


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
                automatic = await letters_of_hour(session)
        except AWAY as error:
            log.warning("queues_not_measured", error=f"{type(error).__name__}: {error}")
            return None
        return Waiting(
            {str(state): rows for state, rows in arrived.by_state.items()},
            {str(state): rows for state, rows in outgoing.by_state.items()},
            {queue: age or 0.0 for queue, age in ages.items()},
            automatic,
        )

    def collect(self) -> Iterator[Metric]:
        if self._waiting is None:
            return
        yield gauge("deskgate_inbound_messages", "Messages by state.", "state", self._waiting.inbound)
        yield gauge("deskgate_outbox_messages", "Letters by state.", "state", self._waiting.outbox)
        yield gauge("deskgate_oldest_queued_seconds", "Age of the oldest row that waits.", "queue", self._waiting.oldest)
        counted = "Automatic letters that outside mail caused within the hour."
        yield GaugeMetricFamily("deskgate_automatic_letters", counted, self._waiting.automatic)
        yield GaugeMetricFamily("deskgate_automatic_letters_budget", "How many there may be.", self._bound())


def gauge(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family
