"""Octets in memory at once."""

import asyncio

import pytest

from gateway.workers.budget import Budget
from gateway.workers.places import Closed


class Load:
    """Who holds octets, and in which order they got them."""

    def __init__(self, octets: int) -> None:
        self.budget = Budget(octets)
        self.got: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.done: dict[str, asyncio.Event] = {}

    async def come(self, **wanted: int) -> None:
        """A name that begins with `u` is urgent."""
        for name, octets in wanted.items():
            self.done[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._hold(name, octets))
        await asyncio.sleep(0.01)

    async def go(self, *names: str) -> None:
        for name in names:
            self.done[name].set()
        await asyncio.sleep(0.01)

    async def _hold(self, name: str, octets: int) -> None:
        async with self.budget.take(octets, urgent=name.startswith("u")):
            self.got.append(name)
            await self.done[name].wait()


async def test_no_more_is_held_than_there_is_and_the_urgent_come_first() -> None:
    load = Load(10)
    await load.come(a=6, b=6, u=6, small=1, none=0)
    assert load.got == ["a", "none"]
    await load.go("a")
    assert load.got == ["a", "none", "u"]
    await load.go("u")
    assert load.got == ["a", "none", "u", "b", "small"]
    await load.go("b", "small", "none")


async def test_what_is_larger_than_everything_gets_in_alone() -> None:
    load = Load(10)
    await load.come(huge=100, b=1)
    assert load.got == ["huge"]
    await load.go("huge")
    assert load.got == ["huge", "b"]
    await load.go("b")


async def test_who_is_cancelled_or_dismissed_while_waiting_leaves_nothing_behind() -> None:
    load = Load(10)
    await load.come(a=10, b=10, c=10)
    load.tasks["b"].cancel()
    await load.go("a")
    assert load.got == ["a", "c"]
    await load.come(d=10)
    load.budget.dismiss()
    with pytest.raises(Closed):
        await load.tasks["d"]
    await load.go("c")
    await load.come(e=10)
    assert load.got == ["a", "c", "e"]
    await load.go("e")
