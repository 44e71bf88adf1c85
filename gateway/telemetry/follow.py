"""Rooms that know nothing of metrics keep plain tallies; this carries them over."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class FollowedEach:
    """Counters by labels, which `counter` finds, and the tallies that they follow."""

    counter: Callable[..., Counting]
    tallies: Mapping[tuple[str, ...], float]
    seen: dict[tuple[str, ...], float] = field(default_factory=dict)

    def update(self) -> None:
        for labels, now in tuple(self.tallies.items()):
            if now > self.seen.get(labels, 0.0):
                self.counter(*labels).inc(now - self.seen.get(labels, 0.0))
                self.seen[labels] = now


async def follow(
    all_followed: Iterable[Followed | FollowedEach], also: Callable[[], None] = lambda: None, every: float = EVERY_SECONDS
) -> None:
    """Until cancelled, and once more then."""
    followed = tuple(all_followed)
    try:
        while True:
            update(followed, also)
            await asyncio.sleep(every)
    finally:
        update(followed, also)


def update(followed: Iterable[Followed | FollowedEach], also: Callable[[], None]) -> None:
    for each in followed:
        each.update()
    also()
