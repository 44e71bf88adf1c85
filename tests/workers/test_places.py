"""Places for the urgent and for the others."""

import asyncio
import contextlib

import pytest

from gateway.workers.places import Closed, Places


class Room:
    """Who is in, and in which order they came."""

    def __init__(self, number: int, reserved: int) -> None:
        self.places = Places(number, reserved)
        self.entered: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.leave: dict[str, asyncio.Event] = {}

    async def come(self, *names: str) -> None:
        """A name that begins with `u` is urgent."""
        for name in names:
            self.leave[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._stay(name))
        await asyncio.sleep(0.01)

    async def go(self, *names: str) -> None:
        for name in names:
            self.leave[name].set()
        await asyncio.sleep(0.01)

    async def _stay(self, name: str) -> None:
        async with self.places.take(urgent=name.startswith("u")):
            self.entered.append(name)
            await self.leave[name].wait()


async def test_some_places_are_for_the_urgent_alone() -> None:
    room = Room(3, reserved=1)
    await room.come("a", "b", "c", "u")
    assert room.entered == ["a", "b", "u"]
    await room.go("u")
    assert room.entered == ["a", "b", "u"]
    await room.go("a")
    assert room.entered == ["a", "b", "u", "c"]
    await room.go("b", "c")


async def test_the_urgent_come_first_and_everybody_else_in_turn() -> None:
    room = Room(1, reserved=0)
    await room.come("a", "b", "c", "u1", "u2")
    for name in ("a", "u1", "u2", "b", "c"):
        await room.go(name)
    assert room.entered == ["a", "u1", "u2", "b", "c"]


async def test_who_is_cancelled_while_waiting_takes_no_place_away() -> None:
    room = Room(1, reserved=0)
    await room.come("a", "b", "c")
    room.tasks["b"].cancel()
    await room.go("a")
    assert room.entered == ["a", "c"]


async def test_who_is_cancelled_in_the_moment_of_getting_a_place_passes_it_on() -> None:
    room = Room(1, reserved=0)
    await room.come("a", "b", "c")
    room.leave["a"].set()
    # Two turns of the loop: `a` leaves and gives its place to `b`, which has not yet run.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    room.tasks["b"].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await room.tasks["b"]
    await asyncio.sleep(0.01)
    assert "c" in room.entered


async def test_at_the_end_who_waits_is_turned_away_and_who_is_in_may_stay() -> None:
    room = Room(1, reserved=0)
    await room.come("a", "b")
    room.places.close()
    await room.come("u")
    with pytest.raises(Closed):
        await room.tasks["b"]
    with pytest.raises(Closed):
        await room.tasks["u"]
    await room.go("a")
    await room.tasks["a"]
    assert room.entered == ["a"]
