"""What waits for people, beside the names of the pages: counted once in some seconds for all who see the same departments."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.operators import Operator
from gateway.domain.organisation import Organisation
from gateway.domain.visible import visible_to
from storage import nav_counts

FRESH_SECONDS: Final = 4.0
REMEMBERED: Final = 200
"""Sets of departments."""


@dataclass(slots=True)
class Counted:
    counts: Mapping[str, int]
    at: float
    lock: asyncio.Lock


class Counts:
    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        organisation: Callable[[], Organisation],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions, self._organisation, self._clock = sessions, organisation, clock
        self._known: OrderedDict[frozenset[str] | None, Counted] = OrderedDict()

    def outdate(self) -> None:
        """After a change: whoever made it sees what came of it."""
        for each in self._known.values():
            each.at = float("-inf")

    async def of(self, operator: Operator) -> Mapping[str, int]:
        """No older than some seconds."""
        key = None if operator.all_departments else frozenset(operator.departments)
        counted = self._known.setdefault(key, Counted({}, float("-inf"), asyncio.Lock()))
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        async with counted.lock:
            if self._clock() - counted.at > FRESH_SECONDS:
                async with self._sessions() as session:
                    counted.counts = await nav_counts.waiting(session, visible_to(key, self._organisation()))
                counted.at = self._clock()
        return counted.counts
