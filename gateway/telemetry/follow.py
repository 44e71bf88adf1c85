"""Rooms that know nothing of metrics keep plain tallies; this carries them over."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

EVERY_SECONDS = 1.0


class Counting(Protocol):
    def inc(self, amount: float = 1) -> None: ...


@dataclass(slots=True)
class Followed:
    """A counter and the tally that it follows, which never decreases."""

    counter: Counting
    tally: Callable[[], float]
    seen: float = 0.0

    def update(self) -> None:
        now = self.tally()
        if now > self.seen:
            self.counter.inc(now - self.seen)
            self.seen = now


async def follow(all_followed: Iterable[Followed], also: Callable[[], None] = lambda: None, every: float = EVERY_SECONDS) -> None:
    """Until cancelled, and once more then."""
    followed = tuple(all_followed)
    try:
        while True:
            update(followed, also)
            await asyncio.sleep(every)
    finally:
        update(followed, also)


def update(followed: Iterable[Followed], also: Callable[[], None]) -> None:
    for each in followed:
        each.update()
    also()
