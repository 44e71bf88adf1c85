"""The loop of a queue worker: claim, work, stop. Intake and sender share it; a `Queue` says what is claimed and what is done with it.

It never dies of what it meets: a database that is away is asked again after 1 to 10 s and logged once; an item whose work raises is
logged, and its lease, which expires, brings it back.
"""

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Coroutine, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.workers.wake import Listener

log = structlog.get_logger()

Item = TypeVar("Item", bound=Hashable)


class Queue(ABC, Generic[Item]):
    """What a worker does. Methods open their own transactions; every one may raise when the database is away."""

    name: str
    """In the logs: `intake`, `sender`."""
    channel: str
    """The NOTIFY channel that tells of new rows."""
    control: str | None = None
    """Another one, that tells of something to be looked at by `look`."""
    exhaustive = True
    """The last claim would have taken whatever is due, so that nothing waits if it came back empty."""

    @abstractmethod
    async def claim(self, limit: int) -> Sequence[Item]:
        """Takes up to `limit` (≥ 1) due rows under lease. Work on each of them starts at once, so the attempt may be counted here."""

    @abstractmethod
    async def work(self, item: Item) -> None:
        """Does all of one item and records its outcome. Cancelled when its lease is lost or the drain's time is over."""

    @abstractmethod
    async def sweep(self) -> int:
        """Returns expired leases (and does what else is due regularly); says how many rows have become claimable."""

    async def next_due_in(self) -> float | None:
        """Seconds until the next row that is not yet due; asked when a claim came back empty. None: nothing is waiting."""
        return None

    def room(self) -> int | None:
        """How many more items it would take at this moment. None: as many as the pace has hands free."""
        return None

    def worth_a_claim(self, free: int, refill: int) -> bool:
        """While there is a backlog: whether a claim would bring enough for its round trip. `free` hands wait, and the pace asks for
        `refill` of them."""
        return free >= refill

    async def look(self) -> None:
        """Somebody has said so on the `control` channel."""

    async def renew(self, items: Sequence[Item]) -> Collection[Item]:
        """Prolongs the leases of the items in hand; returns those that are lost, whose work is then cancelled."""
        return ()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, and how many items are worked on at once. A lease without `heartbeat` has to outlast its whole work."""

    hands: int = 8
    refill: int = 1
    """While there is a backlog, a claim waits (a moment) for so many free hands, so that one round trip fills them all."""
    poll: float = 5.0
    sweep: float = 8.0
    drain: float = 20.0
    heartbeat: float | None = None
    backoff: float = 1.0
    longest_backoff: float = 10.0


class Loop(Generic[Item]):
    """Works one queue until told to stop. Without an engine it hears no NOTIFY and lives by its polls and `wake()` alone."""

    def __init__(self, queue: Queue[Item], engine: AsyncEngine | None = None, pace: Pace | None = None) -> None:
        self._queue = queue
        self._pace = pace or Pace()
        self._called = asyncio.Event()
        channels = {queue.channel: self.wake} | ({} if queue.control is None else {queue.control: self._called.set})
        self._listener = None if engine is None else Listener(engine, channels)
        self._in_hand: dict[asyncio.Task[None], Item] = {}
        self._backlog = False
        self._stirred = asyncio.Event()
        self._outage = _Outage(queue.name, self._pace)

    def wake(self) -> None:
        """Makes the loop look for work now. Never blocks."""
        self._stirred.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Returns after `stop` is set and the work in hand is finished, or was cancelled when `pace.drain` was over."""
        helpers = [asyncio.create_task(each) for each in self._companions(stop)]
        try:
            while not stop.is_set():
                self._stirred.clear()
                rest = await self._take_work()
                await self._rest(rest)
            await self._drain()
        finally:
            await _cancelled(helpers)
            await _cancelled(list(self._in_hand))

    def _companions(self, stop: asyncio.Event) -> Iterator[Coroutine[None, None, None]]:
        yield self._wake_at(stop)
        yield self._sweep_regularly()
        if self._pace.heartbeat is not None:
            yield self._beat(self._pace.heartbeat)
        if self._listener is not None:
            yield self._listener.run()
            yield self._look_when_called()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.wake()

    async def _look_when_called(self) -> None:
        outage = _Outage(f"{self._queue.name} control", self._pace)
        while True:
            await self._called.wait()
            self._called.clear()
            try:
                await self._queue.look()
                outage.over()
            except Exception as error:  # noqa: BLE001  as in _take_work
                await asyncio.sleep(outage.next_pause(error))
                self._called.set()

    def _free(self) -> int:
        room = self._queue.room()
        return self._pace.hands - len(self._in_hand) if room is None else room

    async def _take_work(self) -> float:
        """Starts work on what is due while hands are free; returns for how many seconds to rest unless woken."""
        free = self._free()
        if free <= 0:
            return self._pace.poll
        try:
            items = await self._queue.claim(free)
            due_in = None if items else await self._queue.next_due_in()
        except Exception as error:  # noqa: BLE001  the loop outlives whatever the database does
            return self._outage.next_pause(error)
        self._outage.over()
        self._backlog = bool(items) or (self._backlog and not self._queue.exhaustive)
        for item in items:
            self._start(item)
        return self._pace.poll if due_in is None else min(self._pace.poll, max(due_in, _SHORTEST_REST))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), seconds)
        for _ in range(_GATHERINGS):
            # Hands that become free together are filled by one claim.
            await asyncio.sleep(_GATHER)
            if not self._backlog or self._queue.worth_a_claim(self._free(), self._pace.refill):
                break

    def _start(self, item: Item) -> None:
        task = asyncio.create_task(self._queue.work(item))
        self._in_hand[task] = item
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        item = self._in_hand.pop(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work_failed", queue=self._queue.name, item=_name_of(item), exc_info=error)

    async def _sweep_regularly(self) -> None:
        outage = _Outage(f"{self._queue.name} sweep", self._pace)
        while True:
            pause = self._pace.sweep
            try:
                if await self._queue.sweep():
                    self.wake()
                outage.over()
            except Exception as error:  # noqa: BLE001  as in _take_work
                pause = outage.next_pause(error)
            await asyncio.sleep(pause)

    async def _beat(self, seconds: float) -> None:
        outage = _Outage(f"{self._queue.name} heartbeat", self._pace)
        while True:
            await asyncio.sleep(seconds)
            if self._in_hand:
                await self._renew(outage)

    async def _renew(self, outage: "_Outage") -> None:
        held = dict(self._in_hand)
        try:
            lost = set(await self._queue.renew(list(held.values())))
        except Exception as error:  # noqa: BLE001  as in _take_work; the next beat asks again
            outage.next_pause(error)
            return
        outage.over()
        for task, item in held.items():
            if item in lost and not task.done():
                log.warning("lease_lost", queue=self._queue.name, item=_name_of(item))
                task.cancel()

    async def _drain(self) -> None:
        if not self._in_hand:
            return
        _, late = await asyncio.wait(list(self._in_hand), timeout=self._pace.drain)
        if late:
            log.warning("drain_over", queue=self._queue.name, unfinished=len(late))


class _Outage:
    """Tells of a database that is away once, and of its return."""

    def __init__(self, what: str, pace: Pace) -> None:
        self._what = what
        self._pace = pace
        self._failures = 0
        self._since = 0.0

    def next_pause(self, error: Exception) -> float:
        if self._failures == 0:
            self._since = time.monotonic()
            log.error("queue_unreachable", queue=self._what, error=f"{type(error).__name__}: {error}")
        self._failures += 1
        return min(self._pace.longest_backoff, self._pace.backoff * 2.0 ** min(self._failures - 1, 10))

    def over(self) -> None:
        if self._failures:
            log.info("queue_reachable", queue=self._what, seconds=round(time.monotonic() - self._since, 1))
            self._failures = 0


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _name_of(item: object) -> object:
    return getattr(item, "id", None)


_SHORTEST_REST = 0.02
_GATHER = 0.002
_GATHERINGS = 20
