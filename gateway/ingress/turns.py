"""Work in large pieces shares each round of the event loop, so that a peer who says a word does not wait for a hundred who pour."""

import asyncio
from collections import deque

PIECES = 4
"""In one round: each takes a millisecond at most, and who waits for a reply waits for so many of them, not for one of every session."""


class Turns:
    """First come, first served. Who finds fewer than `PIECES` before them in this round does not wait at all."""

    def __init__(self) -> None:
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Returns when one piece may be worked on; the work itself must not wait for anything."""
        loop = asyncio.get_running_loop()
        if self._taken >= PIECES:
            turn = loop.create_future()
            self._waiting.append(turn)
            await turn
            return
        if not self._taken:
            loop.call_soon(self._next_round, loop)
        self._taken += 1

    def _next_round(self, loop: asyncio.AbstractEventLoop) -> None:
        self._taken = 0
        while self._waiting and self._taken < PIECES:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._taken += 1
        if self._taken:
            loop.call_soon(self._next_round, loop)
