"""Listens on sockets that somebody else bound, and stops without losing or cutting short what is under way."""

import asyncio
import socket
import ssl
from collections.abc import Sequence

import structlog

from gateway.domain.envelope import Entry
from gateway.domain.organisation import Organisation
from gateway.ingress import replies
from gateway.ingress.accept import Acceptor
from gateway.ingress.door import Door, Tally
from gateway.ingress.limits import Limits
from gateway.ingress.lmtp import LmtpSession
from gateway.ingress.protocol import SmtpSession
from gateway.ingress.smtp import Handler

log = structlog.get_logger()

BACKLOG = 4096
LAST_WORDS_SECONDS = 1.0


class SmtpService:
    """The listener of one process."""

    def __init__(self, door: Door, servers: Sequence[asyncio.Server]) -> None:
        self._door = door
        self._servers = servers

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each listening socket."""
        names = (each.getsockname() for server in self._servers for each in server.sockets)
        return tuple((name[0], name[1]) for name in names)

    @property
    def connections(self) -> int:
        return self._door.connections.total

    @property
    def tally(self) -> Tally:
        return self._door.tally

    def reload(self, organisation: Organisation, limits: Limits, tls: ssl.SSLContext | None) -> None:
        """Open sessions go on with the new ones from their next command."""
        self._door.handler.organisation = organisation
        self._door.handler.limits = limits
        self._door.tls = tls

    async def drain(self, seconds: float) -> bool:
        """Takes no more connections, says 421 to idle sessions, and lets the others finish their transaction; whether all did in time."""
        self._door.draining = True
        for server in self._servers:
            server.close()
        for session in tuple(self._door.sessions):
            session.drain()
        finished = await self._wait_for_sessions(seconds)
        if not finished:
            log.warning("sessions cut short", sessions=len(self._door.sessions))
            await self.close()
        return finished

    async def close(self) -> None:
        """Ends at once. A message whose content has come is committed all the same: its commit is the acceptor's."""
        self._door.draining = True
        for server in self._servers:
            server.close()
        for session in tuple(self._door.sessions):
            session.hang_up(replies.SHUTTING_DOWN)
        if not await self._wait_for_sessions(LAST_WORDS_SECONDS):
            for session in tuple(self._door.sessions):
                session.abort()

    async def _wait_for_sessions(self, seconds: float) -> bool:
        endings = [asyncio.ensure_future(session.ended()) for session in self._door.sessions]
        if not endings:
            return True
        _, unfinished = await asyncio.wait(endings, timeout=seconds)
        for each in unfinished:
            each.cancel()
        return not unfinished


async def serve_smtp(
    sockets: Sequence[socket.socket],
    *,
    acceptor: Acceptor,
    organisation: Organisation,
    limits: Limits,
    entry: Entry = Entry.SMTP,
    tls: ssl.SSLContext | None = None,
    tls_required: bool = False,
) -> SmtpService:
    """Serves SMTP, or LMTP by `entry`, on bound stream sockets; the host name it goes by is the desk's."""
    door = Door(organisation.desk.hostname, Handler(acceptor, organisation, limits), entry, tls, tls_required)
    replies.greeting(door.hostname)  # a name that no reply can carry is found now, not at the first connection
    session = LmtpSession if entry is Entry.LMTP else SmtpSession
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(lambda: session(door), sock=each, backlog=BACKLOG) for each in sockets]
    return SmtpService(door, servers)
