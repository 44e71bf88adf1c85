"""Peers that mean no good, and peers that are merely many: what they cost the listener, and what others notice of them.

The figures are in docs/reliability.md; `pytest --long -n0 -s tests/faults/test_hostile_peers.py` prints those of this machine.
"""

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.faults.rude import MIB, source
from tests.ingress.smtp_client import Client
from tests.journeys.lending import Lender
from tests.journeys.running import Running

pytestmark = pytest.mark.timeout(300)

LISTENER = ("--role", "listener")
"""What is measured is the door: nobody else shall take the processor meanwhile."""
MANY = 2000
AT_ONCE = 200
"""Of those, how many connect in the same moment; all at once, the wait would be for our own end of them."""
PATIENCE = 60.0
SERIES = 8
"""Of measurements, of which one has to come out: where a machine does much else, neighbouring seconds differ by more than is looked for."""
SLOW = 1000
HOSTILE = 100


@pytest.fixture(autouse=True)
def descriptors() -> None:
    """For our own ends of the connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * MANY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (2 * MANY, hard))


class Memory:
    """Of the listener, in octets above what it had at the start."""

    def __init__(self, gateway: Running) -> None:
        self._status = Path(f"/proc/{gateway.process.children()['listener-0']}/status")
        self._start = self._now()
        self.peak = 0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            self._look()

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(0.02)

    def _look(self) -> None:
        self.peak = max(self.peak, self._now() - self._start)

    def _now(self) -> int:
        line = next(each for each in self._status.read_text().splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


@asynccontextmanager
async def rude(what: str, gateway: Running, number: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of such peers, from when they have begun; it prints how it went when it ends."""
    host, port = gateway.smtp
    command = (sys.executable, "-m", "tests.faults.rude", what, host, str(port), str(number))
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    try:
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"ready\n"
        yield process
        process.stdin.close()
        async with asyncio.timeout(60):
            print(f"\n{what}: {(await process.stdout.read()).decode().strip()}")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def tell(what: str, **figures: float) -> None:
    print(f"\n{what}: " + ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in figures.items()))


async def test_two_thousand_connections_of_many_networks_are_greeted_at_once_and_cost_little(lend: Lender) -> None:
    async with lend(arguments=LISTENER) as gateway:
        host, port = gateway.smtp
        memory, quickest = Memory(gateway), PATIENCE
        for number in range(1, SERIES + 1):
            async with AsyncExitStack() as stack:
                async with memory.watched():
                    quickest = min(quickest, await wait_for_greetings(gateway, stack, first=number * MANY))
                if number < SERIES and quickest >= 1:
                    continue
                # And among so many, one address gets no more than its share.
                greeted = []
                for _ in range(51):
                    client = await stack.enter_async_context(Client(port, host, "127.2.0.1"))
                    greeted.append((await client.reply())[:3])
                assert greeted == ["220"] * 50 + ["421"]
                break
        tell("2,000 connections", greeting_p99_seconds=quickest, series=number, rss_mib=memory.peak / MIB)
        assert quickest < 1
        assert memory.peak < 150 * MIB


async def wait_for_greetings(gateway: Running, stack: AsyncExitStack, first: int) -> float:
    """The 99th percentile of 2,000 peers' waits in seconds; they stay for as long as the stack does."""
    host, port = gateway.smtp
    waits: list[float] = []
    turn = asyncio.Semaphore(AT_ONCE)

    async def connect(number: int) -> None:
        async with turn:
            began = time.monotonic()
            client = await stack.enter_async_context(Client(port, host, source(number)))
            assert (await client.reply()).startswith("220")
            waits.append(time.monotonic() - began)

    await asyncio.gather(*map(connect, range(first, first + MANY)))
    return sorted(waits)[len(waits) * 99 // 100]


async def test_slow_peers_leave_the_others_nine_tenths_of_their_rate(lend: Lender, long_form: bool) -> None:
    seconds, rounds = (5.0, 10) if long_form else (0.5, 6)
    async with lend(arguments=LISTENER) as gateway:
        memory, ratios = Memory(gateway), [0.0]
        async with memory.watched(), rude("crawl", gateway, SLOW) as crawlers:
            assert crawlers.stdin
            while max(ratios) < 0.9 and len(ratios) <= SERIES:
                messages = {False: 0, True: 0}
                # In short turns, for what else the machine does changes from second to second.
                for _ in range(rounds):
                    for slow in (False, True):
                        crawlers.stdin.write(b"on\n" if slow else b"off\n")
                        messages[slow] += await honest_messages_within(gateway, seconds)
                ratios.append(messages[True] / messages[False])
        tell("1,000 peers at 1 octet a second", ratio=max(ratios), series=len(ratios) - 1, rss_mib=memory.peak / MIB)
        assert max(ratios) >= 0.9


async def honest_messages_within(gateway: Running, seconds: float) -> int:
    """Of two ordinary peers."""
    numbers, until = count(), time.monotonic() + seconds

    async def send(address: str) -> None:
        async with Client(gateway.smtp[1], gateway.smtp[0], address) as client:
            await client.hello()
            while time.monotonic() < until:
                assert (await client.message(b"Subject: %d\r\n\r\nText\r\n.\r\n" % next(numbers), "support@desk.test")).startswith("250")

    await asyncio.gather(send("127.3.0.1"), send("127.3.1.1"))
    return next(numbers)


async def test_a_hundred_hostile_sessions_are_bounded_in_memory_and_others_are_served(lend: Lender, long_form: bool) -> None:
    seconds = 60.0 if long_form else 6.0
    async with lend(arguments=LISTENER) as gateway:
        memory = Memory(gateway)
        async with memory.watched(), rude("attack", gateway, HOSTILE):
            took = await waits_of_honest_messages(gateway, seconds)
        middle, slowest = sorted(took)[len(took) // 2], max(took)
        tell("100 hostile sessions", rss_mib=memory.peak / MIB, honest_messages=len(took), median_seconds=middle, slowest_seconds=slowest)
        assert memory.peak < 256 * MIB


async def waits_of_honest_messages(gateway: Running, seconds: float) -> list[float]:
    """How long each of one peer's messages took, from its connection to its 250, in seconds."""
    took: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        async with Client(gateway.smtp[1], gateway.smtp[0], "127.3.0.1", PATIENCE) as client:
            await client.hello()
            assert (await client.message(b"Subject: %d\r\n\r\nText\r\n.\r\n" % len(took), "support@desk.test")).startswith("250")
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    return took
