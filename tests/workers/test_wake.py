"""NOTIFY between processes: heard, coalesced, and never in anybody's way."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.workers.wake import Listener, Waker
from storage.engine import connect


@contextlib.asynccontextmanager
async def listening(engine: AsyncEngine, *channels: str) -> AsyncIterator[list[str]]:
    """What is heard, beginning after the first call that every connecting makes."""
    heard: list[str] = []
    ready = asyncio.Event()

    def hears(channel: str) -> Callable[[], None]:
        def note() -> None:
            heard.append(channel)
            ready.set()

        return note

    task = asyncio.create_task(Listener(engine, {channel: hears(channel) for channel in channels}).run())
    try:
        await asyncio.wait_for(ready.wait(), 60)
        heard.clear()
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object], timeout: float = 60.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_wake_up_is_heard_on_its_channel_alone(engine: AsyncEngine) -> None:
    async with listening(engine, "inbound") as inbound, listening(engine, "outbox") as outbox:
        waker = Waker(engine)
        waker("outbox")
        await until(lambda: outbox)
        await waker.aclose()
    assert (inbound, outbox) == ([], ["outbox"])


async def test_many_wake_ups_are_few_and_the_last_one_is_never_lost(engine: AsyncEngine) -> None:
    async with listening(engine, "inbound") as heard:
        waker = Waker(engine)
        began = time.monotonic()
        for _ in range(100):
            waker("inbound")
            await asyncio.sleep(0.004)
        before = len(heard)
        waker("inbound")
        await until(lambda: len(heard) > before)
        await waker.aclose()
        seconds = time.monotonic() - began
    assert 2 <= len(heard) <= 20 * seconds + 2


async def test_a_listener_whose_connection_is_cut_listens_again_and_wakes_everybody(engine: AsyncEngine) -> None:
    async with listening(engine, "inbound") as heard:
        async with engine.connect() as connection:
            cut = await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
            )
            assert cut.scalars().all() == [True]
        await until(lambda: heard)
        heard.clear()
        waker = Waker(engine)
        waker("inbound")
        await until(lambda: heard)
        await waker.aclose()


async def test_listening_takes_no_connection_of_the_pool(database_url: str) -> None:
    engine = connect(database_url, pool_size=1)
    try:
        async with listening(engine, "inbound"), engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        await engine.dispose()


async def test_a_database_that_is_away_stops_no_caller() -> None:
    engine = connect("postgresql://nobody@127.0.0.1:9/nothing")
    waker = Waker(engine)
    waker("inbound")
    waker("outbox")
    await waker.aclose()
    await engine.dispose()
