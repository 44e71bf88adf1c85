"""How many letters of one domain are under way at once: one alone until its servers are known to take letters, then as many as allowed.

Domains whose servers say nothing would else keep every hand of the sender, each for a minute, before any of them is known to be down.
"""

import asyncio
from typing import Final

STEP: Final = 0.02
"""Seconds between the times at which those come again who were turned away."""
LATEST: Final = 600.0


class Gate:
    """One event loop uses it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._width = 1
        self._inside = 0
        self._jammed = False
        """Somebody waited in vain, and nobody has left since."""
        self._turned_away = 0
        self._moved = asyncio.Event()

    async def enter(self, patience: float) -> bool:
        """False where no place became free in so many seconds; or at once, where another has just waited in vain."""
        try:
            async with asyncio.timeout(0 if self._jammed else patience):
                while self._inside >= self._width:
                    await self._moved.wait()
        except TimeoutError:
            self._jammed = True
            return False
        self.force()
        return True

    def force(self) -> None:
        """For a letter that a person wants tried, however many are inside."""
        self._inside += 1

    def leave(self) -> None:
        self._inside -= 1
        self._move()

    def widen(self) -> None:
        """The servers take letters."""
        if self._width < self._most:
            self._width = self._most
            self._move()

    def narrow(self) -> None:
        """They do not, or nobody knows."""
        self._width = 1

    def turned_away(self, pause: float) -> float:
        """Seconds until one who found no place should come again: not all of thousands together, and not all over again in vain."""
        self._turned_away += 1
        return min(pause + STEP * (self._turned_away - 1), max(pause, LATEST))

    def _move(self) -> None:
        self._jammed, self._turned_away = False, 0
        self._moved.set()
        self._moved = asyncio.Event()
