"""The one door that every way of entry shares: what it returns for is committed, and nothing else is."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.contextvars import unbind_contextvars

from gateway.domain.envelope import Envelope
from gateway.ingress.content import Content
from gateway.ingress.limits import KIB, MIB
from gateway.ingress.trace import stamp
from storage import inbound
from storage.engine import database_away, engine_behind

log = structlog.get_logger()

SLOW_SECONDS = 0.02
"""A commit of small messages that lasts longer gets another writer beside it. Until then what waits goes together, in fewer commits."""
PATIENCE = 6
"""For how many times `commit_seconds` a message may wait behind others that get on."""

Also = Callable[[AsyncSession], Awaitable[None]]
"""What is written in the transaction that keeps a message, or neither of them is."""


@dataclass(slots=True, eq=False)
class _Waiting:
    envelope: Envelope
    content: Content
    answer: asyncio.Future[int]
    also: Also | None = None
    given_up: bool = field(default=False)
    """Nobody can answer for it any more, so that it need not be kept."""


@dataclass(slots=True, eq=False)
class _Lane:
    """Messages that wait for each other, and not for those of another lane. `piecewise`: their content is sent by COPY, and not as
    parameters of the statement, which are copied over and over."""

    max_writers: int
    group_octets: int
    """Of the messages that share a commit."""
    piecewise: bool = False
    slow_seconds: float = 0.0
    """How long the writers must have been at what they have before another comes to help them."""
    begun_at: float = 0.0
    """When the latest of them took something up, in the loop's time."""
    moved_at: float = 0.0
    """When the database last took something of it."""
    helping: asyncio.TimerHandle | None = None
    queue: deque[_Waiting] = field(default_factory=deque)
    # Strong references: the loop itself keeps none, and a client that disconnects must not end a commit.
    writers: set[asyncio.Task[None]] = field(default_factory=set)


class Acceptor:
    """Commits messages, those that wait at the same time together: what came in during one commit shares the next.

    Those above `medium_octets` go to the database piece by piece, and by writers of their own, a few at a time, so that some are on their
    way while others wait for the disk; those above `large_octets`, which may take a second each, by another: small ones would be told 451
    if they waited behind some dozens of them.

    Nothing waits for company. `wake` is called with a channel name after each commit; it must neither block nor raise.
    `clock` gives the time of the Received field.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        hostname: str,
        wake: Callable[[str], None],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        commit_seconds: float = 10.0,
        group_octets: int = 8 * MIB,
        group_messages: int = 200,
        writers: int = 2,
        medium_octets: int = 128 * KIB,
        medium_group_octets: int = 2 * MIB,
        medium_writers: int = 3,
        large_octets: int = MIB,
    ) -> None:
        self._sessions = sessions
        self._hostname = hostname
        self._wake = wake
        self._clock = clock
        self._commit_seconds = commit_seconds
        self._group_messages = group_messages
        self._medium_octets, self._large_octets = medium_octets, large_octets
        self._small = _Lane(writers, group_octets, slow_seconds=SLOW_SECONDS)
        self._medium = _Lane(medium_writers, medium_group_octets, piecewise=True)
        self._large = _Lane(1, group_octets, piecewise=True)
        self.accepted = 0
        self.failed = 0
        self.commits = 0

    async def accept_message(self, envelope: Envelope, content: Content, also: Also | None = None) -> int:
        """Makes the message durable and returns its inbound id; closes `content` in any case. What `also` raises, refuses the message.

        Raises TimeoutError past `commit_seconds`, else what the database raised. Large ones have that much time since the database took
        anything of any of them, and `PATIENCE` times as much in all. After a failure the message may yet be kept; the peer's redelivery is
        then known by its key. Cancelling the caller does not stop a commit.
        """
        waiting = _Waiting(envelope, content, asyncio.get_running_loop().create_future(), also)
        lane = self._lane(content.size)
        lane.queue.append(waiting)
        if not lane.writers:
            self._start_writer(lane)
        elif lane.helping is None:
            self._help(lane)
        return await self._answered(waiting, lane)

    def _lane(self, size: int) -> _Lane:
        if size > self._large_octets:
            return self._large
        return self._medium if size > self._medium_octets else self._small

    async def _answered(self, waiting: _Waiting, lane: _Lane) -> int:
        loop = asyncio.get_running_loop()
        began = loop.time()
        last = began + PATIENCE * self._commit_seconds

        timer: asyncio.TimerHandle | None = None

        def look() -> None:
            nonlocal timer
            left = min(max(began, lane.moved_at) + self._commit_seconds, last) - loop.time()
            if left > 0:
                timer = loop.call_later(left, look)
            elif not waiting.answer.done():
                waiting.given_up = True
                waiting.answer.set_exception(TimeoutError())

        # Not by asyncio.wait, which costs a message several times as much.
        timer = loop.call_later(self._commit_seconds, look)
        try:
            return await waiting.answer
        finally:
            timer.cancel()

    async def aclose(self) -> None:
        """Waits for the commits under way; nothing new may come in meanwhile."""
        while writers := self._small.writers | self._medium.writers | self._large.writers:
            await asyncio.wait(writers)

    def _help(self, lane: _Lane) -> None:
        """Has one more writer take what waits: as soon as those that there are have been at what they have for too long."""
        lane.helping = None
        if not lane.queue or len(lane.writers) >= lane.max_writers:
            return
        loop = asyncio.get_running_loop()
        left = lane.begun_at + lane.slow_seconds - loop.time()
        if left > 0:
            lane.helping = loop.call_later(left, self._help, lane)
        else:
            self._start_writer(lane)

    def _start_writer(self, lane: _Lane) -> None:
        lane.begun_at = asyncio.get_running_loop().time()
        writer = asyncio.create_task(self._write(lane), name="inbound writer")
        lane.writers.add(writer)
        writer.add_done_callback(lane.writers.discard)

    async def _write(self, lane: _Lane) -> None:
        unbind_contextvars("session")  # it is many connections' writer, whoever of them began it
        while group := self._next_group(lane):
            lane.begun_at = asyncio.get_running_loop().time()
            try:
                await self._keep(group, lane)
            finally:
                for waiting in group:
                    waiting.content.close()
                    waiting.answer.cancel()  # only if something tore this task down before it was answered
        # Now, and not when the loop gets to the callback: who comes in between would wait for a writer that has gone.
        lane.writers -= {asyncio.current_task()}

    def _next_group(self, lane: _Lane) -> list[_Waiting]:
        group: list[_Waiting] = []
        queue, octets = lane.queue, 0
        while queue and len(group) < self._group_messages:
            waiting = queue[0]
            if group and octets + waiting.content.size > lane.group_octets:
                break
            queue.popleft()
            if waiting.given_up:
                waiting.content.close()
                continue
            octets += waiting.content.size
            group.append(waiting)
        return group

    async def _keep(self, group: Sequence[_Waiting], lane: _Lane) -> None:
        try:
            ids = await self._commit(group, lane)
        except Exception as error:  # noqa: BLE001 (whatever it was, it is handed to those who wait, one by one)
            await self._keep_each(group, lane, error)
            return
        for waiting, inbound_id in zip(group, ids, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(inbound_id)
        self.accepted += len(group)
        self._wake("inbound")

    async def _keep_each(self, group: Sequence[_Waiting], lane: _Lane, error: Exception) -> None:
        """One message may have spoilt the commit of all."""
        if len(group) > 1:
            for waiting in group:
                if not waiting.given_up:
                    await self._keep([waiting], lane)
            return
        self.failed += 1
        _log_failure(group[0], error)
        if not group[0].answer.done():
            group[0].answer.set_exception(error)
            group[0].answer.exception()  # so that nobody complains where who asked has gone

    async def _commit(self, group: Sequence[_Waiting], lane: _Lane) -> list[int]:
        loop = asyncio.get_running_loop()
        # Twice what a caller waits: a commit that succeeds late is worth having, one that never ends is not.
        async with asyncio.timeout(2 * self._commit_seconds) as bound:

            def moved() -> None:
                lane.moved_at = loop.time()
                bound.reschedule(lane.moved_at + 2 * self._commit_seconds)

            if lane.piecewise or any(waiting.also is not None for waiting in group):
                ids = await self._commit_together(group, lane, moved)
            else:
                ids = await inbound.receive_alone(engine_behind(self._sessions), [await self._arrival(each) for each in group])
        self.commits += 1
        return ids

    async def _commit_together(self, group: Sequence[_Waiting], lane: _Lane, moved: Callable[[], None]) -> list[int]:
        """In a transaction of several statements."""
        async with self._sessions.begin() as session:
            for waiting in group:
                if waiting.also is not None:
                    await waiting.also(session)
            if lane.piecewise:
                return await inbound.receive_large(session, [self._large_arrival(each, moved) for each in group])
            return await inbound.receive(session, [await self._arrival(each) for each in group])

    async def _arrival(self, waiting: _Waiting) -> inbound.Arrival:
        return inbound.Arrival(waiting.envelope, self._stamp(waiting) + await waiting.content.read(), _key(waiting))

    def _large_arrival(self, waiting: _Waiting, moved: Callable[[], None]) -> inbound.LargeArrival:
        head = self._stamp(waiting)

        async def chunks() -> AsyncIterator[bytes]:
            yield head
            async for chunk in waiting.content.chunks():
                moved()  # each is asked for once the database has taken the one before
                yield chunk

        return inbound.LargeArrival(waiting.envelope, len(head) + waiting.content.size, chunks, _key(waiting))

    def _stamp(self, waiting: _Waiting) -> bytes:
        return stamp(waiting.envelope, self._hostname, self._clock())


def _log_failure(waiting: _Waiting, error: Exception) -> None:
    """A database that is away needs no traceback a message; and a driver's detail lines quote the row, with addresses and tokens."""
    log.error(
        "message not kept",
        trace_id=waiting.envelope.trace_id,
        size=waiting.content.size,
        error=type(error).__name__,
        cause=str(error).partition("\n")[0],
        exc_info=None if database_away(error) else error,
    )


def _key(waiting: _Waiting) -> bytes:
    return redelivery_key(waiting.envelope, waiting.content.digest)


def redelivery_key(envelope: Envelope, digest: bytes) -> bytes:
    """Equal when the same bytes (SHA-256 `digest`, without our own stamp) come for the same recipients from the same reverse-path."""
    fields = [each.encode("utf-8", "replace") for each in (envelope.reverse_path, *sorted(set(envelope.recipients)))]
    told_apart = b"".join([b"%d:%b" % (len(octets), octets) for octets in fields])
    return hashlib.sha256(digest + told_apart).digest()
