"""The loop with a queue in memory: what it claims, how it rests, what it survives, how it stops."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from gateway.workers.loop import Loop, Pace, Queue

BRISK = Pace(hands=4, poll=30.0, sweep=30.0, drain=2.0, backoff=0.05, longest_backoff=0.1)


class Numbers(Queue[int]):
    """Hands out the numbers that wait; `act` is the work on each."""

    name = "numbers"
    channel = "numbers"

    def __init__(self, *waiting: int, act: Callable[[int], object] | None = None) -> None:
        self.waiting = list(waiting)
        self.done: list[int] = []
        self.cancelled: list[int] = []
        self.limits: list[int] = []
        self.at_once = 0
        self.most_at_once = 0
        self.away = False
        self.sweeps = 0
        self.returned: list[int] = []
        self.due_in: float | None = None
        self.lost: Collection[int] = ()
        self.renewed: list[Sequence[int]] = []
        self.seconds = 0.0
        self.act = act

    async def claim(self, limit: int) -> Sequence[int]:
        if self.away:
            raise ConnectionRefusedError("the database is away")
        self.limits.append(limit)
        claimed, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return claimed

    async def work(self, item: int) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
            if self.act is not None:
                self.act(item)
            self.done.append(item)
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        finally:
            self.at_once -= 1

    async def sweep(self) -> int:
        self.sweeps += 1
        returned, self.returned = self.returned, []
        self.waiting += returned
        return len(returned)

    async def next_due_in(self) -> float | None:
        return self.due_in

    async def renew(self, items: Sequence[int]) -> Collection[int]:
        self.renewed.append(items)
        return self.lost


@contextlib.asynccontextmanager
async def running(queue: Numbers, pace: Pace = BRISK) -> AsyncIterator[Loop[int]]:
    loop = Loop(queue, None, pace)
    stop = asyncio.Event()
    task = asyncio.create_task(loop.run(stop))
    try:
        yield loop
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


async def until(condition: Callable[[], object], timeout: float = 60.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)


async def test_everything_is_done_by_as_many_hands_as_there_are() -> None:
    queue = Numbers(*range(50))
    queue.seconds = 0.005
    async with running(queue):
        await until(lambda: len(queue.done) == 50)
    assert sorted(queue.done) == list(range(50))
    assert queue.most_at_once == 4
    assert max(queue.limits) == 4


async def test_a_wake_up_ends_the_rest() -> None:
    queue = Numbers()
    async with running(queue) as loop:
        await until(lambda: queue.limits)
        await asyncio.sleep(0.05)
        queue.waiting.append(1)
        await asyncio.sleep(0.1)
        assert queue.done == []
        loop.wake()
        await until(lambda: queue.done == [1])


async def test_an_idle_loop_rests_until_the_next_row_is_due() -> None:
    queue = Numbers()
    queue.due_in = 0.1
    async with running(queue):
        await until(lambda: queue.limits)
        began = time.monotonic()
        await until(lambda: len(queue.limits) > 4)
        assert time.monotonic() - began > 0.3


async def test_a_database_that_is_away_is_asked_again_until_it_is_back() -> None:
    queue = Numbers(1)
    queue.away = True
    async with running(queue):
        await asyncio.sleep(0.3)
        assert queue.done == []
        queue.away = False
        await until(lambda: queue.done == [1])


async def test_work_that_raises_stops_nothing() -> None:
    def act(item: int) -> None:
        if item == 1:
            raise RuntimeError("a fault")

    queue = Numbers(1, 2, 3, act=act)
    async with running(queue):
        await until(lambda: len(queue.done) == 2)
    assert queue.done == [2, 3]


async def test_a_sweep_that_returns_rows_wakes_the_loop() -> None:
    queue = Numbers()
    async with running(queue, Pace(hands=4, poll=30.0, sweep=0.05)):
        await until(lambda: queue.sweeps >= 2)
        queue.returned = [7]
        await until(lambda: queue.done == [7])


async def test_a_stop_lets_work_in_hand_finish_and_takes_no_more() -> None:
    queue = Numbers(*range(20))
    queue.seconds = 0.2
    async with running(queue):
        await until(lambda: queue.at_once == 4)
    assert len(queue.done) == 4
    assert len(queue.waiting) == 16
    assert queue.cancelled == []


async def test_a_drain_that_takes_too_long_is_cut() -> None:
    queue = Numbers(1)
    queue.seconds = 60.0
    async with running(queue, Pace(drain=0.1)):
        await until(lambda: queue.at_once == 1)
    assert queue.cancelled == [1]


async def test_work_whose_lease_is_lost_is_cancelled_and_the_rest_goes_on() -> None:
    queue = Numbers(1, 2)
    queue.seconds = 0.3
    queue.lost = [1]
    async with running(queue, Pace(heartbeat=0.05)):
        await until(lambda: queue.done == [2])
    assert queue.cancelled == [1]
    assert sorted(queue.renewed[0]) == [1, 2]
