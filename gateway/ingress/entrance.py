"""From a connection's acceptance to its session: is there room, whom does a balancer speak for, TLS from the start.

Connections are accepted here and not by the event loop, for what it reads ahead it hands to nobody else: behind a PROXY header a TLS
handshake may follow in the same segment, and a peer that is to be turned away must not get as far as a handshake.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable

import structlog

from gateway.ingress import replies
from gateway.ingress.door import Arrival, Door
from gateway.ingress.limits import Place, plain_address
from gateway.ingress.proxy_header import LONGEST, ProxyHeader, ProxyHeaderError
from gateway.ingress.replies import Reply
from gateway.ingress.session import HANDSHAKE_SECONDS, Session

log = structlog.get_logger()

BATCH = 64
"""Connections accepted before others have their turn."""
REST_SECONDS = 0.5
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

MakeSession = Callable[[Door, Arrival], Session]


class Entrance:
    """One listening socket, which it closes. With `tls`, sessions begin with a handshake (RFC 8314 §3.3)."""

    def __init__(self, door: Door, listening: socket.socket, make_session: MakeSession, *, tls: bool = False) -> None:
        self._door, self._listening, self._make_session, self._tls = door, listening, make_session, tls
        self._loop = asyncio.get_running_loop()
        self._resting: asyncio.TimerHandle | None = None
        # Strong references: the loop itself keeps none.
        self._arriving: set[asyncio.Task[None]] = set()
        listening.setblocking(False)
        self.name = listening.getsockname()
        self._open()

    def close(self) -> None:
        """Whoever is not in a session yet is not let in any more."""
        if self._listening.fileno() < 0:
            return
        if self._resting is not None:
            self._resting.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for each in self._arriving:
            each.cancel()

    def _open(self) -> None:
        self._resting = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(BATCH):
            try:
                connection, name = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                # Without a pause the loop would do nothing but fail at this.
                log.error("no connection can be accepted", error=error.strerror)  # noqa: TRY400 - the text says it all
                self._loop.remove_reader(self._listening)
                self._resting = self._loop.call_later(REST_SECONDS, self._open)
                return
            self._receive(connection, name)

    def _receive(self, connection: socket.socket, name: object) -> None:
        connection.setblocking(False)
        self._door.tally.connections += 1
        address, port = (plain_address(name[0]), int(name[1])) if isinstance(name, tuple) else (None, None)
        if self._door.draining:
            self._turn_away(connection, replies.SHUTTING_DOWN, "stopping")
            return
        place = self._door.connections.enter(self._door.limits)
        if place is None:
            self._turn_away(connection, replies.TOO_MANY_CONNECTIONS, "too many", "too many in all", address)
            return
        by_proxy = self._door.limits.is_proxy(address)
        if not by_proxy and not self._claim(connection, place, address):
            return
        arriving = self._loop.create_task(self._let_in(connection, place, address, port, by_proxy=by_proxy))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)

    def _claim(self, connection: socket.socket, place: Place, address: str | None) -> bool:
        if place.claim(address, self._door.limits):
            return True
        place.leave()
        self._turn_away(connection, replies.TOO_MANY_CONNECTIONS, "too many of a source", "too many of one address or network", address)
        return False

    async def _let_in(self, connection: socket.socket, place: Place, address: str | None, port: int | None, *, by_proxy: bool) -> None:
        begun = False
        try:
            if by_proxy:
                header = await self._proxy_header(connection, address)
                if header is None:
                    return
                if header.original is not None:
                    address, port = plain_address(header.original.address), header.original.port
                if not self._claim(connection, place, address):
                    return
            begun = await self._begin(connection, Arrival(place, address, port))
        finally:
            if not begun:
                connection.close()
                place.leave()

    async def _begin(self, connection: socket.socket, arrival: Arrival) -> bool:
        """Whether there is a session now, which has the connection and the place."""
        context = self._door.tls if self._tls else None
        if self._tls and (context is None or not self._door.tls_sessions.take(1)):
            self._turn_away(connection, replies.TLS_NOT_NOW, "no TLS", "no TLS now", arrival.address)
            return False
        session = self._make_session(self._door, arrival)
        seconds = None if context is None else HANDSHAKE_SECONDS
        try:
            await self._loop.connect_accepted_socket(lambda: session, connection, ssl=context, ssl_handshake_timeout=seconds)
        except OSError as error:
            log.debug("connection lost", peer=arrival.address, error=str(error))
        finally:
            if context is not None and not session.begun:
                self._door.tls_sessions.give(1)
        return session.begun

    async def _proxy_header(self, connection: socket.socket, address: str | None) -> ProxyHeader | None:
        """None where there was none: the connection is over then."""
        header = ProxyHeader()
        try:
            async with asyncio.timeout(self._door.limits.proxy_seconds):
                while not header.whole:
                    await _readable(connection)
                    shown = connection.recv(LONGEST, socket.MSG_PEEK)
                    if not shown:
                        # Balancers look whether a port answers, and close.
                        return None
                    connection.recv(header.take(shown))
        except (ProxyHeaderError, TimeoutError) as error:
            why = "no PROXY header in time" if isinstance(error, TimeoutError) else str(error)
            self._turn_away(connection, replies.NO_PROXY_HEADER, "no PROXY header", why, address)
            return None
        except OSError as error:
            log.debug("connection lost", peer=address, error=str(error))
            return None
        return header

    def _turn_away(self, connection: socket.socket, last_words: Reply, label: str, why: str = "", address: str | None = None) -> None:
        """Says it at once or not at all: nothing is kept of whom there is no room for. `why` is for the log, `label` for the metrics."""
        self._door.tally.connections_refused += 1
        self._door.tally.refuse("connection", label)
        if why:
            log.warning("connection refused", why=why, peer=address)
        with contextlib.suppress(OSError):
            if not self._tls:
                connection.send(last_words.wire)
            connection.shutdown(socket.SHUT_WR)
        connection.close()


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)
