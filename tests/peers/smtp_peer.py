"""An SMTP server that takes mail, remembers it, and makes each fault on request.

    async with SmtpPeer() as peer:
        peer.on("RCPT", reply("550 5.1.1 no such user"), times=1)
        peer.on("DATA", reset(after=100))
        ...
        [mail] = await peer.wait_for(1)

Faults are scripted per command, in the order of `on` calls; a rule with `times` is spent after so many uses. The commands are `CONNECT`
(before the greeting), `EHLO`, `HELO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA` (the command itself), `CONTENT` (while the content comes,
at a byte of it), `END` (after the final dot), `RSET`, `NOOP` and `QUIT`.
"""

import asyncio
import base64
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from tests.peers.ports import held
from tests.peers.smtp_faults import Fault, Rule, close, hang, raw, reply, reset, slow, twice

__all__ = ["Fault", "Received", "SmtpPeer", "close", "hang", "raw", "reply", "reset", "slow", "twice"]


@dataclass(frozen=True, slots=True)
class Received:
    """A mail whose final dot was answered with 250, or came before an END fault; `recipients` are those that were accepted."""

    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...] = ()
    login: str | None = None
    tls: bool = False
    connection: int = 0
    recipient_options: tuple[tuple[str, ...], ...] = ()
    """RCPT's parameters, a tuple for each of `recipients`."""

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.SMTP)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"]).strip()

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return "" if body is None else body.get_content().replace("\r\n", "\n")


class _Gone(Exception):  # noqa: N818  it is no error
    """The dialogue is over."""


@dataclass(slots=True)
class _Session:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    reverse_path: str | None = None
    recipients: list[str] = field(default_factory=list)
    options: tuple[str, ...] = ()
    recipient_options: list[tuple[str, ...]] = field(default_factory=list)
    login: str | None = None
    tls: bool = False
    greeted: bool = False


class SmtpPeer:
    """Listens on an ephemeral port of 127.0.0.1. `messages` are accepted mails; `unanswered` those that got their dot, and a fault then."""

    def __init__(
        self,
        *,
        extensions: Sequence[str] = ("SIZE 52428800", "8BITMIME", "SMTPUTF8", "PIPELINING"),
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: dict[str, str] | None = None,
        mechanisms: Sequence[str] = ("PLAIN", "LOGIN"),
        takes_letters_to_nobody: bool = False,
        port: int = 0,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.messages: list[Received] = []
        self.unanswered: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self.open_connections = 0
        self.most_open_connections = 0
        self._extensions = tuple(extensions)
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._users = users
        self._mechanisms = tuple(mechanisms)
        self._takes_letters_to_nobody = takes_letters_to_nobody
        self._rules: list[Rule] = []
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._sessions: set[asyncio.Task[None]] = set()
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        """As `outbound.relay` is written."""
        return f"{self.host}:{self.port}"

    def on(self, command: str, fault: Fault, *, times: int | None = None, matching: Callable[[str], bool] = lambda _argument: True) -> None:
        """From now on, `command` meets this fault, `times` often or always, where its argument matches."""
        self._rules.append(Rule(command.upper(), fault, times, matching))

    def heal(self) -> None:
        """No more faults. Sessions that hang go on hanging."""
        self._rules.clear()

    async def wait_for(self, number: int, timeout: float = 60.0) -> list[Received]:
        """Until so many mails were accepted; raises AssertionError otherwise."""
        try:
            async with asyncio.timeout(timeout), self._arrived:
                await self._arrived.wait_for(lambda: len(self.messages) >= number)
        except TimeoutError:
            raise AssertionError(f"{len(self.messages)} of {number} mails came within {timeout} s: {self.commands[-20:]}") from None
        return list(self.messages)

    def to(self, address: str) -> list[Received]:
        """The accepted mails that this recipient got."""
        return [each for each in self.messages if address in each.recipients]

    async def start(self) -> None:
        context = self._tls if self._implicit_tls else None
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=context, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        self._release()

    async def stop(self) -> None:
        """Refuses connections from now on, and cuts the open ones. `start` opens the same port again, which nobody gets meanwhile."""
        if self._server is not None:
            self._server.close()
            self._release()
            self._held = held(self.host, self.port)
        await self.hang_up()

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    async def hang_up(self) -> None:
        """Cuts the open connections, and goes on listening."""
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()
        self._release()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        self.most_open_connections = max(self.most_open_connections, self.open_connections)
        session = _Session(self.connections, reader, writer, tls=self._implicit_tls)
        task = asyncio.ensure_future(self._dialogue(session))
        self._sessions.add(task)
        try:
            await asyncio.wait([task])
        finally:
            self._sessions.discard(task)
            self.open_connections -= 1
            session.writer.close()

    async def _dialogue(self, session: _Session) -> None:
        with contextlib.suppress(_Gone, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await self._answer(session, "CONNECT", "", "220 peer.test ESMTP")
            while True:
                line = (await session.reader.readuntil(b"\n")).rstrip(b"\r\n").decode("utf-8", "replace")
                self.commands.append(line)
                await self._command(session, line)

    async def _command(self, session: _Session, line: str) -> None:
        verb, _, argument = line.partition(" ")
        match verb.upper():
            case "EHLO":
                session.greeted = True
                await self._answer(session, "EHLO", argument, self._announcement(session))
            case "HELO":
                await self._answer(session, "HELO", argument, "250 peer.test")
            case "STARTTLS":
                await self._start_tls(session)
            case "AUTH":
                await self._auth(session, argument)
            case "MAIL":
                await self._mail(session, argument)
            case "RCPT":
                await self._rcpt(session, argument)
            case "DATA":
                await self._data(session)
            case "RSET":
                self._forget(session)
                await self._answer(session, "RSET", "", "250 2.0.0 ok")
            case "NOOP":
                await self._answer(session, "NOOP", "", "250 2.0.0 ok")
            case "QUIT":
                await self._answer(session, "QUIT", "", "221 2.0.0 bye")
                raise _Gone
            case _:
                await self._say(session, "500 5.5.2 what?")

    def _announcement(self, session: _Session) -> str:
        lines = ["peer.test", *self._extensions]
        if self._tls is not None and not session.tls:
            lines.append("STARTTLS")
        if self._users is not None:
            lines.append(f"AUTH {' '.join(self._mechanisms)}")
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    async def _start_tls(self, session: _Session) -> None:
        # What comes after the answer is the handshake's.
        transport = session.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        if not (await self._answer(session, "STARTTLS", "", "220 2.0.0 go ahead")).startswith("220"):
            transport.resume_reading()
            return
        assert self._tls is not None
        await session.writer.start_tls(self._tls)
        session.tls = True

    async def _auth(self, session: _Session, argument: str) -> None:
        method, _, initial = argument.partition(" ")
        if method.upper() not in self._mechanisms:
            await self._say(session, "504 5.5.4 no such mechanism")
            return
        match method.upper():
            case "LOGIN":
                user = await self._ask(session, "Username:", initial)
                password = await self._ask(session, "Password:", "")
            case "XOAUTH2":
                user, password = [each.partition("=")[2] for each in (await self._ask(session, "", initial)).split("\x01")[:2]]
                password = password.removeprefix("Bearer ")
            case _:
                _, user, password = (await self._ask(session, "", initial)).split("\0")
        if self._users is not None and self._users.get(user) == password:
            session.login = user
            await self._answer(session, "AUTH", argument, "235 2.7.0 welcome")
            return
        if method.upper() == "XOAUTH2":
            # It explains itself in a challenge first, which wants an empty answer.
            await self._ask(session, '{"status":"401"}', "")
        await self._answer(session, "AUTH", argument, "535 5.7.8 wrong user or password")

    async def _ask(self, session: _Session, question: str, initial: str) -> str:
        if initial:
            return base64.b64decode(initial).decode()
        await self._say(session, f"334 {base64.b64encode(question.encode()).decode()}")
        return base64.b64decode(await session.reader.readuntil(b"\n")).decode()

    async def _mail(self, session: _Session, argument: str) -> None:
        if self._users is not None and session.login is None:
            await self._say(session, "530 5.7.0 authentication required")
            return
        path, *options = argument.removeprefix("FROM:").split(" ")
        if (await self._answer(session, "MAIL", argument, "250 2.1.0 ok")).startswith("2"):
            self._forget(session)
            session.reverse_path, session.options = path.strip("<>"), tuple(options)

    async def _rcpt(self, session: _Session, argument: str) -> None:
        path, *options = argument.removeprefix("TO:").split(" ")
        address = path.strip("<>")
        if session.reverse_path is None:
            await self._say(session, "503 5.5.1 MAIL first")
        elif (await self._answer(session, "RCPT", address, "250 2.1.5 ok")).startswith("2"):
            session.recipients.append(address)
            session.recipient_options.append(tuple(options))

    async def _data(self, session: _Session) -> None:
        if not session.recipients and not self._takes_letters_to_nobody:
            await self._say(session, "554 5.5.1 no valid recipients")
            return
        if not (await self._answer(session, "DATA", "", "354 go ahead")).startswith("354"):
            return
        content = await self._content(session)
        mail = Received(
            session.reverse_path or "",
            tuple(session.recipients),
            content,
            session.options,
            session.login,
            session.tls,
            session.number,
            tuple(session.recipient_options),
        )
        self._forget(session)
        # What the client is told nothing of may have been taken all the same.
        self.unanswered.append(mail)

        def taken(text: str) -> None:
            self.unanswered.remove(mail)
            if text.startswith("2"):
                self.messages.append(mail)

        said = await self._answer(session, "END", "", "250 2.0.0 taken", before=taken)
        async with self._arrived:
            self._arrived.notify_all()
        if said.startswith("2"):
            await self._taken(mail)

    async def _taken(self, mail: Received) -> None:
        """What a subclass does with its mail; the client has been answered."""

    async def _content(self, session: _Session) -> bytes:
        """The content with its dots undone. A CONTENT fault strikes at its octet, however the client cuts its packets."""
        fault = self._fault("CONTENT", "")
        if fault is not None:
            with contextlib.suppress(asyncio.IncompleteReadError):
                await session.reader.readexactly(fault.after)
            await self._suffer(session, fault)
            raise _Gone
        lines = []
        while (line := await session.reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _forget(self, session: _Session) -> None:
        session.reverse_path, session.recipients, session.recipient_options = None, [], []

    async def _answer(
        self, session: _Session, command: str, argument: str, usual: str, *, before: Callable[[str], None] = lambda _text: None
    ) -> str:
        """Says what is usual, or suffers the fault that is due; returns what was said.

        `before` is told an answer first: whoever acts on the answer finds what came of it, on whatever thread this peer lives.
        """
        fault = self._fault(command, argument)
        text = usual
        if fault is not None:
            match fault.kind:
                case "slow":
                    await asyncio.sleep(fault.seconds)
                case "twice":
                    text = f"{usual}\r\n{usual}"
                case "raw":
                    if fault.then == "go on":
                        before(fault.octets.decode("utf-8", "replace"))
                    session.writer.write(fault.octets)
                    await self._after(session, fault)
                    return fault.octets.decode("utf-8", "replace")
                case "reply":
                    text = fault.text
                case _:
                    await self._suffer(session, fault)
        before(text)
        await self._say(session, text)
        if text.startswith("421"):
            raise _Gone
        return text

    async def _after(self, session: _Session, fault: Fault) -> None:
        if fault.then == "hang":
            await asyncio.Event().wait()
        if fault.then == "close":
            session.writer.close()
            raise _Gone

    async def _suffer(self, session: _Session, fault: Fault) -> None:
        match fault.kind:
            case "hang":
                await asyncio.Event().wait()
            case "reset":
                # Closing with a linger of zero sends RST (RFC 9293 §3.6, the ABORT call).
                connection = session.writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                session.writer.transport.abort()
            case "reply":
                await self._say(session, fault.text)
                await self._let_it_be_read(session)
            case "close" | "slow" | "raw" | "twice":
                session.writer.close()
        raise _Gone

    async def _let_it_be_read(self, session: _Session) -> None:
        """To close over what has not been read sends RST, which may overtake the reply."""
        if session.writer.can_write_eof():
            session.writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while await session.reader.read(1 << 16):
                    pass

    def _fault(self, command: str, argument: str) -> Fault | None:
        for rule in self._rules:
            if rule.command == command and rule.matching(argument):
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times <= 0:
                        self._rules.remove(rule)
                return rule.fault
        return None

    async def _say(self, session: _Session, text: str) -> None:
        session.writer.write(text.encode() + b"\r\n")
        await session.writer.drain()
