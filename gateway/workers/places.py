"""Places for work at once, the urgent before the others; some are kept for the urgent alone, so that these never wait for slow others."""

import asyncio
import contextlib
from collections import deque


class Closed(Exception):  # noqa: N818  it names a fact
    """No more places are given, or not to those who waited."""


class Places:
    def __init__(self, number: int, reserved: int) -> None:
        """Of `number` places the urgent may take all, the others all but `reserved`."""
        self._number = number
        self._reserved = min(reserved, number - 1)
        self._taken = 0
        self._taken_by_others = 0
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def take(self, *, urgent: bool) -> "Place":
        """To be entered: waits for a place and holds it; raises `Closed`."""
        return Place(self, urgent)

    def close(self) -> None:
        """Whoever waits gets `Closed`, and whoever comes; who has a place keeps it."""
        self._closed = True
        self.dismiss()

    def dismiss(self) -> None:
        """Whoever waits at this moment gets `Closed`."""
        for waiter in (*self._urgent, *self._others):
            if not waiter.done():
                waiter.set_exception(Closed())

    async def wait(self, urgent: bool) -> None:
        if self._closed:
            raise Closed
        if self._free(urgent):
            self._enter(urgent)
            return
        queue = self._urgent if urgent else self._others
        waiter = asyncio.get_running_loop().create_future()
        queue.append(waiter)
        try:
            await waiter
        except (asyncio.CancelledError, Closed):
            # The place may have been given in the very moment of the cancellation.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.leave(urgent)
            with contextlib.suppress(ValueError):
                queue.remove(waiter)
            raise

    def _free(self, urgent: bool) -> bool:
        return self._taken < self._number and (urgent or self._taken_by_others < self._number - self._reserved)

    def _enter(self, urgent: bool) -> None:
        self._taken += 1
        self._taken_by_others += not urgent

    def leave(self, urgent: bool) -> None:
        self._taken -= 1
        self._taken_by_others -= not urgent
        self._give(self._urgent, urgent=True)
        self._give(self._others, urgent=False)

    def _give(self, queue: "deque[asyncio.Future[None]]", *, urgent: bool) -> None:
        while queue and self._free(urgent):
            waiter = queue.popleft()
            if not waiter.done():
                self._enter(urgent)
                waiter.set_result(None)


class Place:
    """One visit. Of a class, because it is entered for every letter, and a generator's context manager costs as much as the rest."""

    __slots__ = ("_places", "_urgent")

    def __init__(self, places: Places, urgent: bool) -> None:
        self._places = places
        self._urgent = urgent

    async def __aenter__(self) -> None:
        await self._places.wait(self._urgent)

    async def __aexit__(self, *_raised: object) -> None:
        self._places.leave(self._urgent)
