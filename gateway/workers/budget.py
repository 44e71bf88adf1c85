"""So many octets of attachments in memory at once, however many letters with large files wait: the urgent first."""

import asyncio
from collections import deque

from gateway.workers.places import Closed


class Budget:
    def __init__(self, octets: int) -> None:
        """What is larger than all of it gets in alone."""
        self._octets = octets
        self._held = 0
        self._urgent: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._others: deque[tuple[int, asyncio.Future[None]]] = deque()

    def take(self, octets: int, *, urgent: bool) -> "Holding":
        """To be entered: waits until so much may be held, and holds it; raises `Closed`. What needs nothing never waits."""
        return Holding(self, octets, urgent)

    def dismiss(self) -> None:
        """Whoever waits at this moment gets `Closed`."""
        for _, waiter in (*self._urgent, *self._others):
            if not waiter.done():
                waiter.set_exception(Closed())
        self._urgent.clear()
        self._others.clear()

    async def wait(self, octets: int, urgent: bool) -> None:
        if octets == 0:
            return
        queue = self._urgent if urgent else self._others
        if not queue and self._fits(octets):
            self._held += octets
            return
        waiter = asyncio.get_running_loop().create_future()
        queue.append((octets, waiter))
        try:
            await waiter
        except asyncio.CancelledError:
            # The room may have been given in the very moment of the cancellation.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.leave(octets)
            raise

    def _fits(self, octets: int) -> bool:
        return self._held == 0 or self._held + octets <= self._octets

    def leave(self, octets: int) -> None:
        if octets == 0:
            return
        self._held -= octets
        for queue in (self._urgent, self._others):
            while queue and (queue[0][1].done() or self._fits(queue[0][0])):
                wanted, waiter = queue.popleft()
                if not waiter.done():
                    self._held += wanted
                    waiter.set_result(None)
            if queue:
                return  # what is urgent and large is not overtaken for ever by what is small


class Holding:
    """One letter's share; of a class, as `Place` is."""

    __slots__ = ("_budget", "_octets", "_urgent")

    def __init__(self, budget: Budget, octets: int, urgent: bool) -> None:
        self._budget = budget
        self._octets = octets
        self._urgent = urgent

    async def __aenter__(self) -> None:
        await self._budget.wait(self._octets, self._urgent)

    async def __aexit__(self, *_raised: object) -> None:
        self._budget.leave(self._octets)
