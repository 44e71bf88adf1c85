"""A connection to a mail server, in lines and counted octets. The server is a stranger: all it says is bounded, in length and in time."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self, cast

from gateway.accounts import tls
from gateway.accounts.sasl import AccountError
from gateway.domain.fetch import Server
from gateway.fetch.mailbox import MailboxError
from gateway.ingress.inbox import HIGH_WATER, Inbox, OverlongError
from gateway.ingress.limits import KIB, MIB

CONNECT_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 60.0
"""Within which a command is answered, and within which each piece of a message comes."""
LONGEST_LINE: Final = HIGH_WATER
"""The UIDs that one search finds are one line."""
LONGEST_ANSWER: Final = MIB
"""What a server may say to one command, messages and lists of a POP3 mailbox apart."""
COMMAND_SECONDS: Final = 300.0
"""For the whole answer to a command, messages apart."""
SLOW_SECONDS: Final = 300.0
SLOW_RATE: Final = KIB
"""A message may take `SLOW_SECONDS`, and then so long as its octets come at `SLOW_RATE` a second over all."""


class Wire(asyncio.Protocol):
    """Speaks when spoken to: one reader, one writer. Everything raises `MailboxError` once the connection fails or a bound is hit."""

    def __init__(self, server: Server, longest_answer: int = LONGEST_ANSWER) -> None:
        self._server = server
        self._longest_answer = longest_answer
        self._transport: asyncio.Transport | None = None
        self._inbox: Inbox | None = None
        self._said = 0
        self._until = 0.0
        self._lost: str | None = None

    @classmethod
    async def connect(cls, server: Server, *, longest_answer: int = LONGEST_ANSWER, seconds: float = CONNECT_SECONDS) -> Self:
        wire = cls(server, longest_answer)
        context = context_of(server) if server.security == "tls" else None
        loop = asyncio.get_running_loop()
        async with failing_as(server, seconds):
            await loop.create_connection(
                lambda: wire, server.host, server.port, ssl=context, server_hostname=server.host if context else None
            )
        return wire

    @property
    def secure(self) -> bool:
        return self._open.get_extra_info("ssl_object") is not None

    async def start_tls(self) -> None:
        """From here on TLS. What came in the clear behind the server's consent may be injected, and ends it all (RFC 9051 §6.2.1)."""
        if self._box.has_octets:
            raise MailboxError("the server went on talking in the clear after it agreed to STARTTLS")
        loop = asyncio.get_running_loop()
        async with failing_as(self._server, CONNECT_SECONDS):
            transport = await loop.start_tls(self._open, self, context_of(self._server), server_hostname=self._server.host)
        if transport is None:
            raise MailboxError("the server closed the connection during the TLS handshake")
        self._transport = transport
        self._box.switch(transport)

    def send(self, octets: bytes) -> None:
        """The server's answer to it has bounds of its own."""
        self._said = 0
        self.give_time(COMMAND_SECONDS)
        if self._lost is None:
            self._open.write(octets)

    def give_time(self, seconds: float) -> None:
        """Until the answer under way has to be complete."""
        self._until = asyncio.get_running_loop().time() + seconds

    async def line(self, seconds: float | None = None) -> bytes:
        """Without its line end; awaited for `ANSWER_SECONDS`, unless told otherwise."""
        seconds = ANSWER_SECONDS if seconds is None else seconds
        left = self._until - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(seconds, left)):
                line = await self._box.line(LONGEST_LINE)
        except TimeoutError:
            told = f"said nothing for {seconds:g} s" if seconds < left else "did not come to the end of an answer in time"
            raise MailboxError(f"the server {told}") from None
        except (OverlongError, ConnectionAbortedError):
            raise MailboxError(f"the server sent a line of more than {LONGEST_LINE // KIB} KiB") from None
        if line is None:
            raise MailboxError(f"the server closed the connection{self._lost or ''}")
        self.count(len(line))
        return line.rstrip(b"\r\n")

    async def octets(self, count: int) -> AsyncIterator[bytes]:
        """So many, in pieces; a message's, so they do not count as talk."""
        began, given = asyncio.get_running_loop().time(), 0
        while given < count:
            piece = await self.piece()
            if len(piece) > count - given:
                self.unread(piece[count - given :])
                piece = piece[: count - given]
            given += len(piece)
            self.see_progress(began, given)
            yield piece
        self.give_time(COMMAND_SECONDS)

    def see_progress(self, began: float, given: int) -> None:
        """Ends a message that trickles in; `began` by the loop's clock."""
        spent = asyncio.get_running_loop().time() - began
        if spent > SLOW_SECONDS + given / SLOW_RATE:
            raise MailboxError(f"the server took {spent:.0f} s for {given} octets of a message")

    async def piece(self) -> bytes:
        """Whatever has come of a message, at least one octet; what does not belong to it any more is for `unread`."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                piece = await self._box.chunk()
        except TimeoutError:
            raise MailboxError(f"the server stopped for {ANSWER_SECONDS:g} s within a message") from None
        if not piece:
            raise MailboxError(f"the server closed the connection within a message{self._lost or ''}")
        return piece

    def unread(self, octets: bytes) -> None:
        self._box.unread(octets)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self._inbox = Inbox(self._transport, hopeless=0)
        self.give_time(COMMAND_SECONDS)

    def data_received(self, octets: bytes) -> None:
        self._box.feed(octets)

    def eof_received(self) -> bool:
        self._box.feed_eof()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = f": {error}" if error is not None else ""
        if self._inbox is not None:
            self._inbox.feed_eof()

    @property
    def _open(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    @property
    def _box(self) -> Inbox:
        assert self._inbox is not None
        return self._inbox

    def count(self, octets: int) -> None:
        """As talk; of a line it is done already."""
        self._said += octets
        if self._said > self._longest_answer:
            raise MailboxError(f"the server answered one command with more than {self._longest_answer // KIB} KiB")


def context_of(server: Server) -> ssl.SSLContext:
    """Verifies the certificate and the name, always."""
    try:
        return tls.context_of(server.ca)
    except AccountError as error:
        raise MailboxError(str(error)) from error


@asynccontextmanager
async def failing_as(server: Server, seconds: float) -> AsyncIterator[None]:
    """Why there is no connection, in words."""
    where = f"{server.host}:{server.port}"
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise MailboxError(f"{where} did not answer within {seconds:.0f} s") from None
    except OSError as error:
        raise MailboxError(tls.told(where, error)) from error
