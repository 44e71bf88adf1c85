"""What a peer has sent and nobody has read yet. Bounded: the transport is paused while there is much of it."""

import asyncio

from gateway.ingress.limits import KIB
from gateway.ingress.turns import Turns

HIGH_WATER = 128 * KIB


class OverlongError(Exception):
    """A line exceeded its limit. It has been thrown away up to its end, so the next line can be read."""


class Inbox:
    """Takes octets from a protocol's callbacks and gives them out as lines or chunks, to one reader at a time."""

    def __init__(self, transport: asyncio.Transport, *, hopeless: int, turns: Turns | None = None) -> None:
        """`turns` are those that others read in as well; without, nobody else is to be thought of."""
        self._transport = transport
        self._buffer: bytes | bytearray = b""
        """As the transport gave it, while it is one piece: content goes through here without being copied."""
        self._paused = False
        self._ended = False
        self._arrival: asyncio.Future[None] | None = None
        self._turns = turns
        self._hopeless = hopeless

    @property
    def has_line(self) -> bool:
        return b"\n" in self._buffer

    @property
    def has_octets(self) -> bool:
        return bool(self._buffer)

    def feed(self, octets: bytes) -> None:
        if self._buffer:
            self._grown().extend(octets)
        else:
            self._buffer = octets
        if len(self._buffer) > HIGH_WATER and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._tell_reader()

    def feed_eof(self) -> None:
        self._ended = True
        self._tell_reader()

    def unread(self, octets: bytes) -> None:
        self._buffer = octets + self._buffer

    def clear(self) -> None:
        """Forgets what has come; reading has been paused by the caller."""
        self._buffer = b""
        self._paused = False

    def switch(self, transport: asyncio.Transport) -> None:
        """Reads on from another transport, which is not paused."""
        self._transport = transport

    async def hears_within(self, seconds: float) -> bool:
        """Whether the peer says anything, or leaves, within this time."""
        try:
            async with asyncio.timeout(seconds):
                while not self._buffer and not self._ended:
                    await self._more()
        except TimeoutError:
            return False
        return bool(self._buffer)

    async def chunk(self) -> bytes:
        """Everything that is there once there is anything and it is this reader's turn; `b""` at the end."""
        while not self._buffer and not self._ended:
            await self._more()
        await self._turn()
        return self._take(len(self._buffer))

    async def _turn(self) -> None:
        if self._turns is not None:
            await self._turns.take()

    async def line(self, limit: int) -> bytes | None:
        """A line up to its LF; None at the end. Raises OverlongError, and ConnectionAbortedError when a line is hopelessly long."""
        searched = thrown_away = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            if self._ended:
                return None
            if len(self._buffer) > limit:
                await self._turn()
                if self._buffer.find(b"\n", searched) >= 0:
                    continue  # its end has come meanwhile, and perhaps more behind it
                thrown_away += len(self._take(len(self._buffer)))
                if thrown_away > self._hopeless:
                    raise ConnectionAbortedError("a line without end")
            searched = len(self._buffer)
            await self._more()
        line = self._take(end + 1)
        if thrown_away or len(line) > limit:
            raise OverlongError
        return line

    def _take(self, count: int) -> bytes:
        if count == len(self._buffer):
            taken, self._buffer = bytes(self._buffer), b""
        else:
            rest = self._grown()
            taken = bytes(rest[:count])
            del rest[:count]
        if self._paused and len(self._buffer) <= HIGH_WATER:
            self._paused = False
            self._transport.resume_reading()
        return taken

    def _grown(self) -> bytearray:
        """The buffer as what can be added to and taken from at little cost."""
        if not isinstance(self._buffer, bytearray):
            self._buffer = bytearray(self._buffer)
        return self._buffer

    async def _more(self) -> None:
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _tell_reader(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
