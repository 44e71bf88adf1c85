"""Sessions of one destination, kept for the next letter: at most so many at once, each for so many letters, none idle for long."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.outbound.session import QUIT_SECONDS, Session

Open = Callable[[], Awaitable[Session]]
"""A session that is ready for MAIL; raises `Unreachable`."""


class Full(Exception):  # noqa: N818  it names a fact
    """No place became free in the time given."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`idle` in seconds."""

    connections: int = 10
    idle: float = 20.0
    letters_a_connection: int = 200


class Connections:
    def __init__(self, bounds: Bounds, open_session: Open) -> None:
        self._bounds = bounds
        self._open = open_session
        self._places = asyncio.Semaphore(bounds.connections)
        self._idle: list[Session] = []
        """The one used last is the last."""
        self._idle_since: dict[Session, float] = {}
        self._review: asyncio.TimerHandle | None = None
        self._partings: set[asyncio.Task[None]] = set()

    def use(self, *, fresh: bool = False, patience: float | None = None) -> "Use":
        """To be entered: gives a session for one transaction; raises `Unreachable`, and `Full` after `patience` seconds without a place.
        Left in the middle of the transaction (cancelled), it is closed."""
        return Use(self, fresh, patience)

    async def aclose(self) -> None:
        while session := self._kept():
            self._part(session)
        if self._review is not None:
            self._review.cancel()
            self._review = None
        if self._partings:
            await asyncio.wait(self._partings, timeout=QUIT_SECONDS)

    async def take(self, fresh: bool, patience: float | None) -> Session:
        await self._take_place(patience)
        try:
            return (None if fresh else self._kept()) or await self._open()
        except BaseException:
            self._places.release()
            raise

    def give_back(self, session: Session) -> None:
        session.letters += 1
        if not session.fit:
            session.close()
        elif session.letters >= self._bounds.letters_a_connection:
            self._part(session)
        else:
            loop = asyncio.get_running_loop()
            self._idle.append(session)
            self._idle_since[session] = loop.time()
            # One for all of them: a timer a letter would cost more than the rest of this.
            if self._review is None:
                self._review = loop.call_later(self._bounds.idle, self._part_with_old, loop)
        self._places.release()

    def drop(self, session: Session) -> None:
        session.close()
        self._places.release()

    async def _take_place(self, patience: float | None) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(patience):
                await self._places.acquire()
        except TimeoutError:
            raise Full from None

    def _kept(self) -> Session | None:
        """The one used last: the others may grow old enough to be closed."""
        while self._idle:
            session = self._idle.pop()
            del self._idle_since[session]
            if session.fit:
                return session
            session.close()
        return None

    def _part_with_old(self, loop: asyncio.AbstractEventLoop) -> None:
        self._review = None
        while self._idle:
            left = self._idle_since[self._idle[0]] + self._bounds.idle - loop.time()
            if left > 0:
                self._review = loop.call_later(left, self._part_with_old, loop)
                return
            session = self._idle.pop(0)
            del self._idle_since[session]
            self._part(session)

    def _part(self, session: Session) -> None:
        task = asyncio.create_task(session.quit())
        self._partings.add(task)
        task.add_done_callback(self._partings.discard)


class Use:
    """One transaction's. A class, because it is entered for every letter, and a generator's context manager costs as much as the rest."""

    __slots__ = ("_connections", "_fresh", "_patience", "_session")
    _session: Session

    def __init__(self, connections: Connections, fresh: bool, patience: float | None) -> None:
        self._connections = connections
        self._fresh = fresh
        self._patience = patience

    async def __aenter__(self) -> Session:
        self._session = await self._connections.take(self._fresh, self._patience)
        return self._session

    async def __aexit__(self, raised: type[BaseException] | None, *_more: object) -> None:
        if raised is None:
            self._connections.give_back(self._session)
        else:
            self._connections.drop(self._session)
