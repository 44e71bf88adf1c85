"""SMTP sessions without sockets and without a database, quick enough for thousands of examples."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.domain.envelope import Entry, Envelope
from gateway.domain.organisation import Organisation
from gateway.ingress.content import Content
from gateway.ingress.door import Arrival, Door
from gateway.ingress.limits import Limits
from gateway.ingress.lmtp import LmtpSession
from gateway.ingress.protocol import SmtpSession
from gateway.ingress.smtp import Handler

SETTLED = 200
"""Turns of the event loop within which a session has answered all that it was sent."""


class Wire(asyncio.Transport):
    """What a session writes to; the peer reads at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closing = False
        self.paused = False

    def write(self, data: Any) -> None:
        assert not self.closing
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Keeper:
    """In the acceptor's place: keeps what it is handed, or fails as it is told to."""

    def __init__(self) -> None:
        self.kept: list[tuple[Envelope, bytes]] = []
        self.failure: Exception | None = None

    async def accept_message(self, envelope: Envelope, content: Content, also: Callable[..., Awaitable[None]] | None = None) -> int:
        octets = await content.read()
        content.close()
        if self.failure is not None:
            raise self.failure
        self.kept.append((envelope, octets))
        return len(self.kept)


class InMemory:
    """One session. `say` gives what it answers to some octets."""

    def __init__(self, organisation: Organisation, limits: Limits, *, entry: Entry = Entry.SMTP) -> None:
        self.loop = asyncio.new_event_loop()
        self.keeper, self.wire = Keeper(), Wire()
        acceptor: Any = self.keeper
        self.door = Door(organisation.desk.hostname, Handler(acceptor, organisation, limits), entry)
        self.loop.run_until_complete(self._begin(LmtpSession if entry is Entry.LMTP else SmtpSession))

    async def _begin(self, kind: type[SmtpSession]) -> None:
        place = self.door.connections.enter(self.door.limits)
        assert place is not None
        assert place.claim("192.0.2.1", self.door.limits)
        self.session = kind(self.door, Arrival(place, "192.0.2.1", 49152))
        self.session.connection_made(self.wire)

    @property
    def over(self) -> bool:
        return self.wire.closing

    def say(self, *chunks: bytes) -> bytes:
        self.loop.run_until_complete(self._say(chunks))
        said = bytes(self.wire.written)
        self.wire.written.clear()
        return said

    async def _say(self, chunks: tuple[bytes, ...]) -> None:
        for each in chunks:
            if not self.wire.closing:
                self.session.data_received(each)
                await asyncio.sleep(0)
        quiet = 0
        while quiet < SETTLED and not (self.wire.closing and not self.door.sessions):
            before = len(self.wire.written)
            await asyncio.sleep(0)
            # Reading a spilled file takes a thread, and so real time; nothing here spills.
            quiet = quiet + 1 if len(self.wire.written) == before else 0
            if self.session._waiting and not self.session._inbox.has_line:
                return

    def close(self) -> None:
        """Ends it; nothing may stay behind."""
        self.loop.run_until_complete(self._end())
        self.loop.close()
        assert not self.door.sessions
        assert self.door.connections.total == 0
        assert (self.door.memory.used, self.door.total.used, self.door.tls_sessions.used) == (0, 0, 0)

    async def _end(self) -> None:
        self.session.eof_received()
        self.session.connection_lost(None)
        await self.session.ended()
