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
from gateway.ingress.checks.screener import Screener
from gateway.ingress.door import Door, Tally
from gateway.ingress.entrance import Entrance
from gateway.ingress.limits import KIB, Limits
from gateway.ingress.lmtp import LmtpSession
from gateway.ingress.protocol import SmtpSession
from gateway.ingress.smtp import Handler

log = structlog.get_logger()

BACKLOG = 4096
RECEIVE_BUFFER = 64 * KIB
"""What the kernel keeps of a connection, and so the most that is read of it at once. Were it left to grow, TLS, whose buffers take all that
is there and never shrink, would hold more than a MiB a connection, and one session's turn would last while megabytes are gone through."""
LAST_WORDS_SECONDS = 1.0


class SmtpService:
    """The listener of one process."""

    def __init__(self, door: Door, entrances: Sequence[Entrance]) -> None:
        self._door = door
        self._entrances = entrances

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each listening socket."""
        return tuple((each.name[0], each.name[1]) for each in self._entrances)

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
        self._door.tls_sessions.capacity = limits.tls_connections
        self._door.tls = tls

    def screen(self, screener: Screener | None) -> None:
        """By other checks, for connections and contents to come."""
        self._door.handler.screener = screener

    def renew(self, tls: ssl.SSLContext | None) -> None:
        """Another certificate, from the next handshake on."""
        self._door.tls = tls

    async def drain(self, seconds: float) -> bool:
        """Takes no more connections, says 421 to idle sessions, and lets the others finish their transaction; whether all did in time."""
        self._door.draining = True
        for entrance in self._entrances:
            entrance.close()
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
        for entrance in self._entrances:
            entrance.close()
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
    tls_sockets: Sequence[socket.socket] = (),
    screener: Screener | None = None,
) -> SmtpService:
    """Serves SMTP, or LMTP by `entry`, on bound stream sockets, at `tls_sockets` under TLS from the start; its host name is the desk's."""
    door = Door(organisation.desk.hostname, Handler(acceptor, organisation, limits, screener), entry, tls, tls_required)
    replies.greeting(door.hostname)  # a name that no reply can carry is found now, not at the first connection
    session = LmtpSession if entry is Entry.LMTP else SmtpSession
    for each in (*sockets, *tls_sockets):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)  # accepted sockets inherit it
        each.listen(BACKLOG)
    plain = [Entrance(door, each, session) for each in sockets]
    return SmtpService(door, [*plain, *(Entrance(door, each, session, tls=True) for each in tls_sockets)])
