"""The commands of SMTP (RFC 5321) and what they make of a session: a transaction, its recipients, its content."""

# ruff: noqa: N802 (aiosmtpd finds commands by their methods' names)

from dataclasses import dataclass, field
from typing import NoReturn

import structlog
from structlog.contextvars import bind_contextvars

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.ingress import replies
from gateway.ingress.checks.look import Seen
from gateway.ingress.checks.screener import Visit
from gateway.ingress.content import Content
from gateway.ingress.data_reader import DataReader, Fault
from gateway.ingress.door import Arrival, Door
from gateway.ingress.path import Fault as PathFault
from gateway.ingress.path import MailOptions, Path, read_mail_options, read_path
from gateway.ingress.recipients import Recipient
from gateway.ingress.replies import Reply
from gateway.ingress.session import Session

log = structlog.get_logger()

MAX_HELO = 255
_INTRODUCTIONS = ("HELO", "EHLO", "LHLO")

_CONTENT_FAULTS = {
    Fault.TOO_LARGE: replies.TOO_LARGE,
    Fault.LINE_TOO_LONG: replies.CONTENT_LINE_TOO_LONG,
    Fault.BARE_NEWLINE: replies.BARE_NEWLINE,
    Fault.NO_ROOM: replies.NO_SPACE,
}
_PATH_FAULTS = {
    PathFault.ARGUMENTS: replies.ARGUMENTS,
    PathFault.UNKNOWN_PARAMETER: replies.UNKNOWN_PARAMETER,
    PathFault.NEEDS_SMTPUTF8: replies.NEEDS_SMTPUTF8,
}


@dataclass(slots=True)
class _Transaction:
    reverse_path: str
    options: MailOptions
    recipients: list[str] = field(default_factory=list)
    """As often as RCPT was answered with 250: LMTP owes each a reply."""
    refused: bool = False
    """Some RCPT was refused."""
    refused_for_good: bool = False
    """By a 5xx."""
    content_begun: bool = False


class SmtpSession(Session):
    """One SMTP session."""

    def __init__(self, door: Door, arrival: Arrival) -> None:
        super().__init__(door, arrival)
        self._messages = 0
        self._connected_at = self._answered_at = self.loop.time()
        self._helo = ""
        self._extended = False
        self._transaction: _Transaction | None = None
        self._mail_refused = False
        self._refused_recipients = 0
        self._visit: Visit | None = None

    async def _handle_client(self) -> None:
        # For good: this task, and its context, are this connection's alone. Trace ids of its messages begin with it.
        bind_contextvars(session=self._id)
        # By LMTP it is our own mail server that speaks, and not the peer that anything could be asked about.
        self._visit = self._door.handler.visit(self._address) if self._door.entry is Entry.SMTP else None
        try:
            await super()._handle_client()
        finally:
            if self._visit is not None:
                self._visit.end()

    @property
    def _in_transaction(self) -> bool:
        return self._transaction is not None

    @property
    def _in_content(self) -> bool:
        return self._transaction is not None and self._transaction.content_begun

    def _forget_session(self) -> None:
        self._helo, self._extended, self._transaction = "", False, None

    async def smtp_HELO(self, argument: str) -> None:
        self._greet(argument, extended=False)

    async def smtp_EHLO(self, argument: str) -> None:
        self._greet(argument, extended=True)

    def _greet(self, argument: str, *, extended: bool) -> None:
        helo = argument.split(" ", 1)[0]
        if not helo or len(helo) > MAX_HELO:
            self._fault(replies.ARGUMENTS)
            return
        self._helo, self._extended, self._transaction = helo, extended, None
        self._say(replies.hello(self._door.hostname, self._keywords() if extended else ()))

    def _keywords(self) -> tuple[str, ...]:
        starttls = ("STARTTLS",) if self._door.tls is not None and self._tls is None else ()
        size = f"SIZE {self._limits.max_message_size}"
        return ("PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", *starttls)

    async def smtp_MAIL(self, argument: str) -> None:
        self._mail_refused = True
        if not self._helo:
            self._fault(replies.HELLO_FIRST)
        elif self._transaction is not None:
            self._fault(replies.ALREADY_IN_TRANSACTION)
        else:
            self._open_transaction(read_path(argument, "FROM"))

    def _open_transaction(self, path: Path | PathFault) -> None:
        options = path if isinstance(path, PathFault) else read_mail_options(path, extended=self._extended)
        if isinstance(path, PathFault) or isinstance(options, PathFault):
            assert isinstance(options, PathFault)
            self._fault(_PATH_FAULTS.get(options, replies.BAD_REVERSE_PATH))
        elif options.size is not None and options.size > self._limits.max_message_size:
            self._say(replies.TOO_LARGE)
        else:
            self._mail_refused = False
            self._said["RSET"] = 0  # many mailers say it between any two messages
            self._transaction = _Transaction(path.address, options)
            self._say(replies.REVERSE_PATH_OK)

    async def smtp_RCPT(self, argument: str) -> None:
        if self._transaction is None:
            self._out_of_sequence(replies.MAIL_FIRST)
            return
        answer = self._recipient(argument, self._transaction)
        if isinstance(answer, Recipient) and self._visit is not None:
            answer = await self._visit.recipient(self._transaction.reverse_path, self._helo, answer.address) or answer
        if isinstance(answer, Recipient):
            self._transaction.recipients.append(answer.address)
            self._say(replies.RECIPIENT_OK)
            return
        self._transaction.refused = True
        self._transaction.refused_for_good |= answer.code >= 500
        self._refused_recipients += 1
        self._door.tally.recipients_refused += 1
        self._door.tally.refuse("recipient", answer)
        if self._refused_recipients > self._limits.refused_recipients:
            self._say_last(replies.TOO_MANY_ERRORS)
        else:
            self._say(answer)

    def _recipient(self, argument: str, transaction: _Transaction) -> Recipient | Reply:
        path = read_path(argument, "TO")
        if isinstance(path, PathFault):
            return _PATH_FAULTS.get(path, replies.BAD_RECIPIENT)
        if path.parameters:
            return replies.UNKNOWN_PARAMETER
        if not path.is_ascii and not transaction.options.smtputf8:
            return replies.NEEDS_SMTPUTF8
        if len(transaction.recipients) >= self._limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        return self._door.handler.recipient(path.address, transaction.reverse_path, transaction.options.size)

    def _out_of_sequence(self, reply: Reply) -> None:
        """No fault where MAIL was refused: a peer that pipelines has sent the rest already."""
        if self._mail_refused:
            self._say(reply)
        else:
            self._fault(reply)

    async def smtp_DATA(self, argument: str) -> None:
        transaction = self._transaction
        if argument:
            self._fault(replies.ARGUMENTS)
        elif transaction is None:
            self._out_of_sequence(replies.MAIL_FIRST)
        elif not transaction.recipients:
            if transaction.refused:
                # A peer that pipelines may take this for the last word on all of them.
                self._say(replies.NO_VALID_RECIPIENTS if transaction.refused_for_good else replies.NO_RECIPIENTS_NOW)
            else:
                self._fault(replies.RECIPIENT_FIRST)
        elif self._door.total.spent:
            self._say(replies.NO_SPACE)
        elif self._visit is not None and (
            unwanted := await self._visit.content(transaction.reverse_path, self._helo, transaction.recipients)
        ):
            self._say(unwanted)
        else:
            await self._take_message(transaction)

    async def _take_message(self, transaction: _Transaction) -> None:
        self._messages += 1
        content = Content(spill_at=self._limits.spill_at, memory=self._door.memory, total=self._door.total)
        try:
            transaction.content_begun = True
            await self.push(replies.START_DATA)
            fault = await self._read_content(content)
            transaction.content_begun = False
        except BaseException:
            content.close()
            raise
        if fault is None:
            seen = await self._visit.seen() if self._visit is not None else None
            reply = await self._door.handler.message(self._envelope(transaction, seen), content, seen)
        else:
            content.close()
            reply = _CONTENT_FAULTS[fault]
            log.info("message refused", why=fault.name, peer=self._address, trace_id=self._trace_id)
        self._transaction = None
        self._count(reply)
        if reply.positive:
            for verb in _INTRODUCTIONS:
                self._said[verb] = 0  # some clients say it before each message
        self._answer_content(reply, transaction.recipients)

    async def _read_content(self, content: Content) -> Fault | None:
        limits = self._limits
        reader = DataReader(content, max_size=limits.max_message_size, max_line=limits.content_line, normalise=limits.normalise_newlines)
        began = self.loop.time()
        after: bytes | None = None
        while after is None:
            self._watch.within(limits.idle_seconds)
            chunk = await self._inbox.chunk()
            if not chunk:
                raise ConnectionResetError("gone in the middle of the content")
            after = reader.feed(chunk)
            if after is None and reader.received > limits.hopeless_size:
                self._give_up(replies.TOO_LARGE)
            if after is None and self.loop.time() > self._cut_off_at:
                self._give_up(replies.SESSION_OVER)
            if after is None and self.loop.time() - began > limits.slow_seconds + reader.received / limits.slow_rate:
                self._give_up(replies.TOO_SLOW)
        self._watch.lift()
        self._inbox.unread(after)
        return reader.fault

    def _give_up(self, last_words: Reply) -> NoReturn:
        log.info("message given up", why=last_words.lines[0], peer=self._address, trace_id=self._trace_id)
        self.hang_up(last_words)
        raise ConnectionAbortedError(last_words.lines[0])

    def _answer_content(self, reply: Reply, recipients: list[str]) -> None:
        """SMTP answers once for all recipients."""
        self._say(reply)

    def _count(self, reply: Reply) -> None:
        tally = self._door.tally
        if reply.positive:
            tally.messages_accepted += 1
            now = self.loop.time()
            tally.accepted_after(now - self._answered_at)
            self._answered_at = now
            return
        tally.refuse("message", reply)
        if reply.code < 500:
            tally.messages_deferred += 1
        else:
            tally.messages_refused += 1

    @property
    def _trace_id(self) -> str:
        """Of the session and, within it, the message."""
        return f"{self._id}-{self._messages}"

    def _envelope(self, transaction: _Transaction, seen: Seen | None) -> Envelope:
        host = seen.host if seen is not None else None
        seconds = round(self.loop.time() - self._connected_at, 3)
        peer = Peer(self._door.entry, self._address, self._port, self._helo, self._tls, self._extended, host=host, seconds=seconds)
        recipients = tuple(dict.fromkeys(transaction.recipients))
        return Envelope(transaction.reverse_path, recipients, peer, transaction.options.smtputf8, self._trace_id)

    async def smtp_RSET(self, argument: str) -> None:
        self._transaction = None
        self._mail_refused = False
        self._say(replies.OK)

    async def smtp_NOOP(self, argument: str) -> None:
        self._say(replies.OK)

    async def smtp_VRFY(self, argument: str) -> None:
        self._say(replies.VERIFY)

    async def smtp_QUIT(self, argument: str) -> None:
        self._say_last(replies.BYE)

    async def smtp_HELP(self, argument: str) -> None:
        self._fault(replies.NOT_IMPLEMENTED)

    async def smtp_EXPN(self, argument: str) -> None:
        self._fault(replies.NOT_IMPLEMENTED)

    async def smtp_ETRN(self, argument: str) -> None:
        self._fault(replies.NOT_IMPLEMENTED)

    async def smtp_AUTH(self, argument: str) -> None:
        self._fault(replies.NOT_IMPLEMENTED)
