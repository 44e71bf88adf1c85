"""The one door that every way of entry shares: what it returns for is committed, and nothing else is."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.envelope import Envelope
from gateway.ingress.content import Content
from gateway.ingress.limits import MIB
from gateway.ingress.trace import stamp
from storage import inbound
from storage.engine import database_away

log = structlog.get_logger()


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


class Acceptor:
    """Commits messages, those that wait at the same time together: what came in during one commit shares the next.

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
    ) -> None:
        self._sessions = sessions
        self._hostname = hostname
        self._wake = wake
        self._clock = clock
        self._commit_seconds = commit_seconds
        self._group_octets = group_octets
        self._group_messages = group_messages
        self._max_writers = writers
        self._queue: deque[_Waiting] = deque()
        # Strong references: the loop itself keeps none, and a client that disconnects must not end a commit.
        self._writers: set[asyncio.Task[None]] = set()
        self.accepted = 0
        self.failed = 0
        self.commits = 0

    async def accept_message(self, envelope: Envelope, content: Content, also: Also | None = None) -> int:
        """Makes the message durable and returns its inbound id; closes `content` in any case. What `also` raises, refuses the message.

        Raises TimeoutError past `commit_seconds`, else what the database raised. After a failure the message may yet be kept; the peer's
        redelivery is then known by its key. Cancelling the caller does not stop a commit.
        """
        waiting = _Waiting(envelope, content, asyncio.get_running_loop().create_future(), also)
        self._queue.append(waiting)
        self._start_writer()
        try:
            async with asyncio.timeout(self._commit_seconds):
                return await asyncio.shield(waiting.answer)
        except TimeoutError:
            waiting.given_up = True
            raise

    async def aclose(self) -> None:
        """Waits for the commits under way; nothing new may come in meanwhile."""
        while self._writers:
            await asyncio.wait(self._writers)

    def _start_writer(self) -> None:
        if len(self._writers) < self._max_writers:
            writer = asyncio.create_task(self._write(), name="inbound writer")
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)

    async def _write(self) -> None:
        while group := self._next_group():
            try:
                await self._keep(group)
            finally:
                for waiting in group:
                    waiting.content.close()
                    waiting.answer.cancel()  # only if something tore this task down before it was answered

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        octets = 0
        while self._queue and len(group) < self._group_messages:
            waiting = self._queue[0]
            if group and octets + waiting.content.size > self._group_octets:
                break
            self._queue.popleft()
            if waiting.given_up:
                waiting.content.close()
                continue
            octets += waiting.content.size
            group.append(waiting)
        return group

    async def _keep(self, group: Sequence[_Waiting]) -> None:
        try:
            ids = await self._commit(group)
        except Exception as error:  # noqa: BLE001 (whatever it was, it is handed to those who wait, one by one)
            await self._keep_each(group, error)
            return
        for waiting, inbound_id in zip(group, ids, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(inbound_id)
        self.accepted += len(group)
        self._wake("inbound")

    async def _keep_each(self, group: Sequence[_Waiting], error: Exception) -> None:
        """One message may have spoilt the commit of all."""
        if len(group) > 1:
            for waiting in group:
                if not waiting.given_up:
                    await self._keep([waiting])
            return
        self.failed += 1
        _log_failure(group[0], error)
        if not group[0].answer.done():
            group[0].answer.set_exception(error)

    async def _commit(self, group: Sequence[_Waiting]) -> list[int]:
        arrivals = [await self._arrival(each) for each in group]
        # Twice what a caller waits: a commit that succeeds late is worth having, one that never ends is not.
        async with asyncio.timeout(2 * self._commit_seconds), self._sessions.begin() as session:
            for waiting in group:
                if waiting.also is not None:
                    await waiting.also(session)
            ids = await inbound.receive(session, arrivals)
        self.commits += 1
        return ids

    async def _arrival(self, waiting: _Waiting) -> inbound.Arrival:
        head = stamp(waiting.envelope, self._hostname, self._clock())
        return inbound.Arrival(
            waiting.envelope, head + await waiting.content.read(), redelivery_key(waiting.envelope, waiting.content.digest)
        )


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


def redelivery_key(envelope: Envelope, digest: bytes) -> bytes:
    """Equal when the same bytes (SHA-256 `digest`, without our own stamp) come for the same recipients from the same reverse-path."""
    fields = (envelope.reverse_path, *sorted(set(envelope.recipients)))
    told_apart = b"".join(b"%d:%b" % (len(octets), octets) for octets in (each.encode("utf-8", "replace") for each in fields))
    return hashlib.sha256(digest + told_apart).digest()
