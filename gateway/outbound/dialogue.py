"""Commands and replies over an open connection, each reply matched to its command (RFC 2920: commands may go together).

aiosmtplib knows one command at a time and drops what comes unread; a session is taken over from it once it is ready for MAIL. Whoever is
out of step is not believed: a reply that nobody waits for, or that is none, ends the session, and what it was about is tried again.
"""

import asyncio
import contextlib
from collections import deque

from gateway.outbound.replies import Malformed, Replies, Reply


class Broken(Exception):  # noqa: N818  it names a fact
    """The session is over; says nothing of a letter. `out_of_step`: not even what was answered before can be believed.

    `farewell` is a 421 that came unasked (RFC 5321 §3.8)."""

    def __init__(self, how: str, *, out_of_step: bool = False, farewell: Reply | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.out_of_step = out_of_step
        self.farewell = farewell


class Dialogue(asyncio.Protocol):
    """Takes the transport over. One user at a time; every method but `abort` may raise `Broken`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = Replies()
        self._replies: deque[Reply] = deque()
        self._awaited = 0
        self._paused = False
        self._broken: Broken | None = None
        self._waiter: asyncio.Future[bool] | None = None
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None
        self._rings_at = self._deadline = 0.0
        transport.set_protocol(self)
        # So that writing is paused as long as anything has not left: the final dot's leaving has to be known. Under TLS the mark is where
        # the pause begins, not what it comes after; what the socket beneath has still to send is not counted there, so that the dot may
        # seem to have left before it has: rather a possible duplicate too many than one too few.
        transport.set_write_buffer_limits(0 if transport.get_extra_info("sslcontext") is None else 1, 0)
        if transport.is_closing():
            self._broken = Broken(_CLOSED)

    @property
    def open(self) -> bool:
        """Nothing is known against it."""
        return self._broken is None and not self._transport.is_closing()

    @property
    def answered(self) -> bool:
        """A reply waits to be read."""
        return bool(self._replies)

    @property
    def unsent(self) -> bool:
        return self._paused

    def write(self, octets: bytes | memoryview, *, replies: int = 0) -> None:
        """`replies` will answer it."""
        self._check()
        self._awaited += replies
        self._transport.write(octets)

    async def reply(self, seconds: float) -> Reply:
        """The next one. What came before the session broke is still told."""
        while not self._replies:
            self._check()
            await self._wait(seconds, f"no answer within {seconds:g} s")
        return self._replies.popleft()

    async def sent(self, seconds: float) -> None:
        """Until all that was written has left, or a reply has come."""
        while self._paused and not self._replies:
            self._check()
            await self._wait(seconds, f"the server took nothing for {seconds:g} s")

    async def silence(self, seconds: float) -> bool:
        """Whether nothing more comes, for so long or until the connection ends."""
        if self._broken is None:
            with contextlib.suppress(Broken):
                await self._wait(seconds, "silence")
        return self._broken is None or not self._broken.out_of_step

    def abort(self) -> None:
        """At once: what has not left never will."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._broken is not None:
            return
        try:
            for reply in self._reader.take(data):
                self._heard(reply)
        except Malformed as error:
            self._break(Broken(f"the server sent {error}", out_of_step=True))
        except Broken as error:
            self._break(error)
        self._wake()

    def eof_received(self) -> bool:
        self._break(Broken(_CLOSED))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(Broken(_CLOSED if exc is None else f"the connection broke: {exc}"))

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    def _heard(self, reply: Reply) -> None:
        if self._awaited:
            self._awaited -= 1
            self._replies.append(reply)
        elif reply.code == 421:
            raise Broken(f"{reply.code} {reply.text}", farewell=reply)
        else:
            raise Broken(f"the server said what nobody had asked: {reply.code} {reply.text}", out_of_step=True)

    def _check(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _break(self, how: Broken) -> None:
        if self._broken is None:
            self._broken = how
        self._wake()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self) -> None:
        if self._waiter is not None:
            _tell(self._waiter, in_time=True)

    async def _wait(self, seconds: float, else_: str) -> None:
        self._waiter = waiter = self._loop.create_future()
        self._ring_at(self._loop.time() + seconds)
        try:
            if not await waiter:
                raise Broken(else_)
        finally:
            self._waiter = None

    def _ring_at(self, deadline: float) -> None:
        """One alarm for many waits, for there are several in every letter, and nearly none comes to its end: it stays where it is set, and
        looks, when it rings, for how long the wait that is then under way may still last."""
        self._deadline = deadline
        if self._alarm is None or deadline < self._rings_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._rings_at = deadline
            self._alarm = self._loop.call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._ring_at(self._deadline)
        else:
            _tell(self._waiter, in_time=False)


def _tell(waiter: "asyncio.Future[bool]", in_time: bool) -> None:
    if not waiter.done():
        waiter.set_result(in_time)


_CLOSED = "the server closed the connection"
