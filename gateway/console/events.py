"""Server-sent events (HTML §9.2): what waits for people, told to open pages as it changes.

A page holds a connection and nothing else: the database is asked once in some seconds for all who see the same, and no request of this
kind keeps a session from being idle. A stream ends with the service, with its session, and after a while anyway; browsers come back.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from enum import Enum, auto
from typing import Final

from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.visit import Visit
from storage.engine import database_away

TICK_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 600.0
BACK_AFTER: Final = 3000
"""Milliseconds until browsers come back."""
MOST: Final = 300
"""Streams of a process."""
MOST_OF_ONE: Final = 12
"""Of a session; browsers open no more than six over HTTP/1.1 anyway."""
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no"}


class Over(Enum):
    """The session is over, or the database is away, and the browser may come back."""

    NOW = auto()
    LATER = auto()


class Events:
    def __init__(self, console: Console, tick: float = TICK_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        self.console = console
        self._tick, self._longest = tick, longest
        self._open: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        return [self.console.get("/events", self.events, quiet=True)]

    async def events(self, visit: Visit) -> Response:
        if self._open.total() >= MOST or self._open[visit.seat.session] >= MOST_OF_ONE:
            return Response(status_code=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
        return StreamingResponse(self._stream(visit), media_type="text/event-stream", headers=HEADERS)

    async def _stream(self, visit: Visit) -> AsyncIterator[str]:
        self._open[visit.seat.session] += 1
        try:
            yield f"retry: {BACK_AFTER}\n\n"
            async for each in self._told(visit, time.monotonic() + self._longest):
                yield each
        finally:
            self._open[visit.seat.session] -= 1
            self._open += Counter()

    async def _told(self, visit: Visit, until: float) -> AsyncIterator[str]:
        told: Mapping[str, int] | None = None
        while time.monotonic() < until and not self.console.ending.is_set():
            # Whoever goes away ends this at any moment, and must not leave a database connection behind that is neither free nor ours.
            match await asyncio.shield(asyncio.ensure_future(self._look(visit))):
                case Over.NOW:
                    yield "event: over\ndata: {}\n\n"
                    return
                case Over.LATER:
                    return
                case counts:
                    # A comment shows whether anybody still listens.
                    yield ":\n\n" if counts == told else f"event: counts\ndata: {json.dumps(counts)}\n\n"
                    told = counts
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.console.ending.wait(), self._tick)

    async def _look(self, visit: Visit) -> Mapping[str, int] | Over:
        try:
            seat = await self.console.door.seat(visit.request, quiet=True)
            return Over.NOW if seat is None else dict(await self.console.counts.of(seat.operator))
        except Exception as error:
            if not database_away(error):
                raise
            return Over.LATER
