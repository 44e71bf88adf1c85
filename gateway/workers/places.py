"""Places for work at once, the urgent before the others; some are kept for the urgent alone, so that these never wait for slow others."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator


class Closed(Exception):  # noqa: N818  it names a fact
    """No more places are given."""


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

    @contextlib.asynccontextmanager
    async def take(self, *, urgent: bool) -> AsyncIterator[None]:
        """Waits for a place and holds it; raises `Closed`."""
        await self._wait(urgent)
        try:
            yield
        finally:
            self._leave(urgent)

    def close(self) -> None:
        """Whoever waits gets `Closed`; who has a place keeps it."""
        self._closed = True
        for waiter in (*self._urgent, *self._others):
            if not waiter.done():
                waiter.set_exception(Closed())

    async def _wait(self, urgent: bool) -> None:
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
        except asyncio.CancelledError:
            # The place may have been given in the very moment of the cancellation.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._leave(urgent)
            raise
        finally:
            with contextlib.suppress(ValueError):
                queue.remove(waiter)

    def _free(self, urgent: bool) -> bool:
        return self._taken < self._number and (urgent or self._taken_by_others < self._number - self._reserved)

    def _enter(self, urgent: bool) -> None:
        self._taken += 1
        self._taken_by_others += not urgent

    def _leave(self, urgent: bool) -> None:
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
