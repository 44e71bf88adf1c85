"""The life of one connection on aiosmtpd's SMTP class, of which the command table is kept: reading, replying, timing, ending.

What a command does is `protocol`'s. The tests of this room show what aiosmtpd 1.4.6 leaves open in each of these.
"""

# ruff: noqa: N802 (aiosmtpd finds commands by their methods' names)

import asyncio
import itertools
import logging
import secrets
import ssl
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import structlog
from aiosmtpd.smtp import SMTP

from gateway.ingress import replies
from gateway.ingress.door import Arrival, Door
from gateway.ingress.inbox import Inbox, OverlongError
from gateway.ingress.limits import MIB, Limits
from gateway.ingress.replies import Reply
from gateway.ingress.watch import Watch

log = structlog.get_logger()

# aiosmtpd tells of each connection that it has no use for; what is worth telling we tell ourselves.
logging.getLogger("mail.log").setLevel(logging.WARNING)

HOPELESS_LINE = MIB
FAIR_SHARE = 16
"""Commands of one session before the others have their turn."""
TOGETHER = 4 * FAIR_SHARE
"""Commands whose replies travel together at most."""
HANDSHAKE_SECONDS = 30.0
FAREWELL_SECONDS = 10.0
"""How long a peer may take to read our last words before the connection is torn down."""

_BEFORE_TLS = frozenset({"EHLO", "LHLO", "NOOP", "QUIT", "STARTTLS"})  # RFC 3207 §4
_BUDGETED = frozenset({"NOOP", "VRFY", "HELO", "EHLO", "LHLO", "RSET"})


class Session(SMTP, ABC):
    """Reads commands and carries them out one by one. Only `Reply` values are said, so nothing that a peer sent can get into a reply.

    The event loop's callbacks never cancel the session, as aiosmtpd's do: it ends when it finds nothing more to read, and a
    commit under way is waited for.
    """

    greets_lmtp: ClassVar[bool] = False
    _commands: ClassVar[Mapping[str, str]] = {}
    """Names of methods by verb."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._commands = {name.removeprefix("smtp_"): name for name in dir(cls) if name.startswith("smtp_")}

    def __init__(self, door: Door, arrival: Arrival) -> None:
        # Not aiosmtpd's own: it looks through all members of the class twice for each connection, a millisecond before its greeting, and
        # what it sets up serves callbacks that are overridden here.
        self.loop = loop = asyncio.get_running_loop()
        self._door = door
        self._id = secrets.token_hex(6)
        self._place = arrival.place
        self._address = arrival.address
        self._port = arrival.port
        self._tls: str | None = None
        self._tls_held = False
        self.begun = False
        """Whether there is a connection, and what goes with it is this session's to give back."""
        self._bad_commands = 0
        self._said: Counter[str] = Counter()
        self._replies = bytearray()
        self._closing = False
        self._waiting = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._farewell: asyncio.TimerHandle | None = None
        self._watch = Watch(loop, self._timed_out)
        self._ends_at = loop.time() + door.limits.session_seconds
        self._cut_off_at = self._ends_at + door.limits.session_seconds

    @property
    def _limits(self) -> Limits:
        return self._door.limits

    @property
    @abstractmethod
    def _in_transaction(self) -> bool:
        """Whether the peer is to be let finish when the service stops."""

    @property
    @abstractmethod
    def _in_content(self) -> bool:
        """Whether what the peer sends is content: were it read as commands after a failure, the peer's mail would command us."""

    @abstractmethod
    def _forget_session(self) -> None:
        """Forgets what the peer said before STARTTLS."""

    # Callbacks of the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.begun = True
        self._inbox = Inbox(self._wire, hopeless=HOPELESS_LINE, turns=self._door.turns)
        self._note_tls()
        self._door.sessions.add(self)
        self._handler_coroutine = self.loop.create_task(self._handle_client(), name=f"smtp {self._id}")

    def data_received(self, data: bytes) -> None:
        self._inbox.feed(data)

    def eof_received(self) -> bool:
        """A peer that has said all it wants may still read our replies, but TLS cannot be half open."""
        self._inbox.feed_eof()
        return self._tls is None

    def connection_lost(self, error: Exception | None) -> None:
        self._closing = True
        if self.begun:
            self._inbox.feed_eof()
        self._writable.set()
        if self._farewell is not None:
            self._farewell.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the service and the clock do to a session from outside.

    def drain(self) -> None:
        if self._waiting and not self._in_transaction:
            self.hang_up(replies.SHUTTING_DOWN)

    def hang_up(self, last_words: Reply) -> None:
        self._say(last_words)
        self._close()
        self._closing = True
        self._inbox.feed_eof()

    def abort(self) -> None:
        self._wire.abort()
        assert self._handler_coroutine is not None
        self._handler_coroutine.cancel()

    async def ended(self) -> None:
        """Returns once the session is over."""
        assert self._handler_coroutine is not None
        await asyncio.wait([self._handler_coroutine])

    def _timed_out(self) -> None:
        self._door.tally.timeouts += 1
        self.hang_up(replies.TIMED_OUT)

    # From greeting to farewell.

    async def _handle_client(self) -> None:
        try:
            await self._converse()
        except ConnectionError as error:
            log.debug("connection lost", peer=self._address, session=self._id, error=str(error))
        except Exception:
            log.exception("session failed", peer=self._address, session=self._id)
            self._say(replies.OUT_OF_STEP)
        finally:
            self._watch.stop()
            self._door.sessions.discard(self)
            self._place.leave()
            if self._tls_held:
                self._door.tls_sessions.give(1)
            self._close()

    async def _converse(self) -> None:
        if await self._spoke_first():
            log.info("connection refused", why="spoke before the greeting", peer=self._address, session=self._id)
            self._door.tally.connections_refused += 1
            self._door.tally.refuse("connection", "spoke first")
            self._say_last(replies.SPOKE_FIRST)
            return
        self._say(replies.greeting(self._door.hostname, lmtp=self.greets_lmtp))
        for number in itertools.count():
            if self._closing:
                return
            if number % FAIR_SHARE == FAIR_SHARE - 1:
                # A peer that pipelines may have sent thousands of commands at once, and may never stop.
                if number % TOGETHER == TOGETHER - 1:
                    await self._flush()
                await asyncio.sleep(0)
                await self._door.turns.take()
            try:
                line = await self._next_line()
            except OverlongError:
                self._fault(replies.LINE_TOO_LONG)
                continue
            if line is None:
                return
            await self._obey(line)
            self._end_if_over()

    async def _spoke_first(self) -> bool:
        delay = self._limits.greeting_delay
        if not delay:
            return False
        self._waiting = True
        try:
            return await self._inbox.hears_within(delay)
        finally:
            self._waiting = False

    async def _next_line(self) -> bytes | None:
        if not self._inbox.has_line:
            await self._flush()  # replies to pipelined commands go out together (RFC 2920 §3.2)
        self._watch.within(self._limits.idle_seconds)
        self._waiting = True
        try:
            return await self._inbox.line(self._limits.command_line)
        finally:
            self._waiting = False
            self._watch.lift()

    async def _obey(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            self._fault(replies.SYNTAX)  # RFC 5321 §2.3.8: a bare LF ends no line
            return
        try:
            text = line[:-2].decode("utf-8")
        except UnicodeDecodeError:
            self._fault(replies.SYNTAX)
            return
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        command = self._commands.get(verb)
        if command is None or not text.isprintable():
            self._fault(replies.UNKNOWN_COMMAND if text.isprintable() else replies.SYNTAX)
        elif self._door.tls_required and self._tls is None and verb not in _BEFORE_TLS:
            # Where no certificate can be used now, that is our failure and will pass.
            self._fault(replies.TLS_REQUIRED if self._door.tls is not None else replies.TLS_NOT_NOW)
        elif self._within_budget(verb):
            await self._carry_out(getattr(self, command), argument.strip(" "))

    async def _carry_out(self, command: Any, argument: str) -> None:
        try:
            await command(argument)
        except ConnectionError:
            raise
        except Exception:
            if self._in_content:
                raise
            log.exception("command failed", peer=self._address, session=self._id)
            self._say(replies.NOT_NOW)

    def _within_budget(self, verb: str) -> bool:
        self._said[verb] += verb in _BUDGETED
        if self._said[verb] <= self._limits.noops:
            return True
        self._say_last(replies.TOO_MANY_COMMANDS)
        return False

    def _end_if_over(self) -> None:
        if self._closing:
            return
        if self._door.draining and not self._in_transaction:
            self._say_last(replies.SHUTTING_DOWN)
        elif self.loop.time() > self._ends_at:
            self._say_last(replies.SESSION_OVER)

    # What is said.

    async def push(self, status: Reply) -> None:  # type: ignore[override]  # aiosmtpd's takes any text
        self._say(status)
        await self._flush()

    def _say(self, reply: Reply) -> None:
        self._replies += reply.wire

    def _say_last(self, reply: Reply) -> None:
        self._say(reply)
        self._closing = True

    def _fault(self, reply: Reply) -> None:
        """Says what is wrong with a command, so many times a session."""
        self._bad_commands += 1
        if self._bad_commands > self._limits.bad_commands:
            self._say_last(replies.TOO_MANY_ERRORS)
        else:
            self._say(reply)

    async def _flush(self) -> None:
        self._write_replies()
        if not self._writable.is_set():
            self._watch.within(self._limits.idle_seconds)
            await self._writable.wait()
            self._watch.lift()

    def _write_replies(self) -> None:
        if self._replies and not self._wire.is_closing():
            self._wire.write(bytes(self._replies))
        self._replies.clear()

    def _close(self) -> None:
        """Closes once the peer has read what is said, or has taken too long for it."""
        if self._wire.is_closing():
            return
        self._write_replies()
        self._wire.close()
        self._farewell = self.loop.call_later(FAREWELL_SECONDS, self._wire.abort)

    @property
    def _wire(self) -> asyncio.Transport:
        # uvloop's transports are no subclass of asyncio's.
        return self.transport  # type: ignore[return-value]

    # TLS.

    async def smtp_STARTTLS(self, argument: str) -> None:
        context = self._door.tls
        if argument:
            self._fault(replies.ARGUMENTS)
        elif context is None:
            self._fault(replies.TLS_NOT_NOW if self._door.tls_required else replies.NOT_IMPLEMENTED)
        elif self._tls is not None:
            self._fault(replies.TLS_ACTIVE)
        elif not self._door.tls_sessions.take(1):
            self._say(replies.TLS_NOT_NOW)  # RFC 3207 §4
        else:
            self._tls_held = True
            await self._start_tls(context)

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        self._wire.pause_reading()  # what comes from here on is the handshake's
        await self.push(replies.START_TLS)
        self._inbox.clear()  # RFC 3207 §4.2: what came in the clear may be injected; what comes after may precede `start_tls`'s return
        try:
            transport = await self.loop.start_tls(self._wire, self, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS)
        except OSError as error:
            raise ConnectionAbortedError(f"TLS handshake failed: {error}") from error
        if transport is None:
            raise ConnectionAbortedError("gone during the TLS handshake")
        self.transport = transport
        self._inbox.switch(transport)
        self._forget_session()
        self._note_tls()

    def _note_tls(self) -> None:
        tls = self._wire.get_extra_info("ssl_object")
        if tls is not None:
            self._tls_held = True
            self._tls = f"{tls.version()} {tls.cipher()[0]}"
