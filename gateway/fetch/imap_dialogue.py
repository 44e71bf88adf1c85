"""IMAP commands and their answers, one at a time (RFC 9051, and RFC 3501 before it)."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.accounts import sasl
from gateway.domain.login import Login
from gateway.fetch.folders import encode_folder
from gateway.fetch.imap_values import (
    NonsenseError,
    Status,
    Value,
    literal_size,
    quoted,
    read_attributes,
    read_number,
    read_numbered,
    read_numbers,
    read_status,
    read_values,
)
from gateway.fetch.mailbox import MailboxError, RefusedError, Sink
from gateway.fetch.sasl import secret_of
from gateway.fetch.wire import ANSWER_SECONDS, Wire
from gateway.ingress.limits import KIB

SMALL_LITERAL: Final = 64 * KIB
"""Of literals other than the message that was asked for."""
SEARCH_WINDOW: Final = 10_000
"""Messages that one SEARCH looks at: their UIDs fit one line."""

MOST_MESSAGES: Final = 10_000_000

_BODY = re.compile(rb"BODY\[\] ?\{(\d{1,20})\}\Z", re.IGNORECASE)


class NoError(RefusedError):
    """The server answered NO."""

    def __init__(self, what: str, status: Status) -> None:
        super().__init__(f"the server refuses {what}: {status.text[:300] or status.code or 'without a word'}")
        self.status = status


@dataclass(slots=True)
class Selected:
    """What a server tells of a folder, as it changes."""

    exists: int = 0
    uidvalidity: int | None = None
    read_only: bool = False
    expunged: int = 0
    """Since it was selected."""

    @property
    def ever(self) -> int:
        """Messages that were there since it was selected; grows when one arrives, whatever is expunged."""
        return self.exists + self.expunged


@dataclass(slots=True)
class Answer:
    """Untagged responses to one command that the command may care for."""

    found: list[int] = field(default_factory=list)
    fetched: list[dict[str, Value]] = field(default_factory=list)
    status: Status = field(default_factory=lambda: Status("OK", "", ""))


class Dialogue:
    """Of one connection. Raises `MailboxError` for whatever goes wrong; after that, close the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._number = 0
        self.capabilities: frozenset[str] = frozenset()
        self.folder = Selected()
        self._delimiter = "/"
        self.between_commands = True
        """Whether the last command was answered to its end, so that another one may follow."""

    async def begin(self, *, starttls: bool) -> None:
        """From the greeting to the point where a password may be told."""
        line = await self._wire.line()
        status = read_status(line.removeprefix(b"* ")) if line.startswith(b"* ") else None
        if status is None or status.condition not in ("OK", "PREAUTH"):
            raise MailboxError(f"no greeting of an IMAP server: {_shown(line)}")
        if status.condition == "PREAUTH" and starttls:
            # RFC 8314 §3.2 and "NO STARTTLS": who skips the login skips the TLS too.
            raise MailboxError("the server greets as if we had logged in, which leaves no room for STARTTLS")
        if starttls:
            await self._start_tls()
        await self.command("CAPABILITY", "CAPABILITY")

    async def log_in(self, login: Login) -> None:
        secret = await secret_of(login)
        try:
            await (self._log_in_by_token(login.user, secret) if login.auth == "xoauth2" else self._log_in(login.user, secret))
        except MailboxError as error:
            raise MailboxError(sasl.without_secrets(str(error), login.user, secret)) from None
        await self.command("CAPABILITY", "CAPABILITY")

    async def select(self, folder: str, *others: str) -> None:
        """`others` may be named later."""
        if any("/" in each for each in (folder, *others)):
            await self._learn_delimiter()
        self.folder = Selected()
        answer = await self.command(f"SELECT {self.name_of(folder)}", f"to open the folder {folder}")
        self.folder.read_only = answer.status.code.upper() == "READ-ONLY"
        if self.folder.uidvalidity is None:
            raise MailboxError(f"the server does not tell the UIDVALIDITY of {folder}, so its messages cannot be told apart for good")

    def name_of(self, folder: str) -> str:
        """As commands take it, of a folder whose levels are separated by slashes."""
        encoded = quoted(encode_folder(folder.replace("/", self._delimiter)))
        assert encoded is not None, "the configuration takes one line, and the encoding is ASCII"
        return encoded.decode()

    async def search(self, criteria: str, first: int, last: int) -> list[int]:
        """UIDs, ascending, of what is between these message numbers."""
        within = "" if (first, last) == (1, self.folder.exists) else f"{first}:{last} "
        return sorted((await self.command(f"UID SEARCH {within}{criteria}", "to search")).found)

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        answer = await self.command(f"UID FETCH {uid_set(uids)} (UID RFC822.SIZE)", "to tell sizes")
        told = ((read_number(each.get("UID")), read_number(each.get("RFC822.SIZE"))) for each in answer.fetched)
        return {uid: size for uid, size in told if uid is not None and size is not None and uid in set(uids)}

    async def body(self, uid: int, sink: Sink) -> bool:
        """Hands the message over without marking it; False where it is gone."""
        answer = await self.command(f"UID FETCH {uid} (UID BODY.PEEK[])", "to hand out a message", sink)
        bodies = [each for each in answer.fetched if "BODY[]" in each]
        if not bodies:
            return False
        if len(bodies) > 1 or read_number(bodies[0].get("UID")) != uid:
            raise MailboxError(f"the server answered with another message than UID {uid}")
        content = bodies[0]["BODY[]"]
        if isinstance(content, bytes) and content:
            sink(content)
        return content is not None

    async def idle(self, seconds: float, seen: int) -> None:
        """Until the folder has had more than `seen` messages, or the time is over (RFC 2177)."""
        tag, answer = self._send("IDLE"), Answer()
        while (line := await self._wire.line()).startswith(b"* "):
            await self._untagged(line, answer, None)
        if not line.startswith(b"+"):
            await self._until(tag, "IDLE", line)
            return
        self._wire.give_time(seconds + ANSWER_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                while self.folder.ever <= seen:
                    await self._untagged(await self._wire.line(seconds + ANSWER_SECONDS), answer, None)
        except TimeoutError:
            pass
        self._wire.send(b"DONE\r\n")
        await self._until(tag, "IDLE")

    async def command(self, text: str, what: str, sink: Sink | None = None) -> Answer:
        """Sends it and reads on until it is answered. `what` is for `NoError`: "the server refuses …"."""
        return await self._until(self._send(text), what, sink=sink)

    async def _learn_delimiter(self) -> None:
        """RFC 9051 §6.3.9: with an empty name the server tells what separates the levels of its folders."""
        await self.command('LIST "" ""', "to tell how it writes folders")

    async def _start_tls(self) -> None:
        await self.command("CAPABILITY", "CAPABILITY")
        if "STARTTLS" not in self.capabilities:
            raise MailboxError('the server offers no STARTTLS: use protocol = "imaps"')
        await self.command("STARTTLS", "STARTTLS")
        await self._wire.start_tls()
        # RFC 9051 §6.2.1: what was told in the clear counts no more.
        self.capabilities = frozenset()

    async def _log_in(self, user: str, password: str) -> None:
        what = f"the login of {user}"
        words = quoted(user), quoted(password)
        if "AUTH=PLAIN" in self.capabilities:
            await self._authenticate("PLAIN", sasl.plain(user, password), what)
        elif "LOGINDISABLED" in self.capabilities:
            raise MailboxError("the server takes no passwords on this connection: it wants TLS, or another way to log in")
        elif None in words:
            raise MailboxError("the server has no AUTH=PLAIN, without which it takes user and password in ASCII alone")
        else:
            await self.command(b" ".join((b"LOGIN", *filter(None, words))).decode(), what)

    async def _log_in_by_token(self, user: str, token: str) -> None:
        if "AUTH=XOAUTH2" not in self.capabilities:
            raise MailboxError("the server has no AUTH=XOAUTH2 on this connection")
        await self._authenticate("XOAUTH2", sasl.xoauth2(user, token), f"the access token of {user}")

    async def _authenticate(self, mechanism: str, response: bytes, what: str) -> None:
        initial = "SASL-IR" in self.capabilities
        tag = self._send(f"AUTHENTICATE {mechanism} {response.decode()}" if initial else f"AUTHENTICATE {mechanism}")
        said, pending = "", not initial
        while (line := await self._wire.line()).startswith(b"+"):
            if pending:
                self._wire.send(response + b"\r\n")
                pending = False
            else:
                # XOAUTH2 explains a refusal in a challenge, which wants an empty answer.
                said = said or sasl.refusal(line[1:].strip())
                self._wire.send(b"\r\n")
        await self._until(tag, f"{what} ({said})" if said else what, line)

    def _send(self, text: str) -> str:
        self._number += 1
        self.between_commands = False
        tag = f"d{self._number}"
        self._wire.send(f"{tag} {text}\r\n".encode())
        return tag

    async def _until(self, tag: str, what: str, line: bytes | None = None, sink: Sink | None = None) -> Answer:
        answer, own = Answer(), f"{tag} ".encode()
        line = await self._wire.line() if line is None else line
        while not line.startswith(own):
            await self._untagged(line, answer, sink)
            line = await self._wire.line()
        self.between_commands = True
        status = read_status(line.removeprefix(own))
        if status is None or status.condition == "BAD":
            raise MailboxError(f"the server does not understand {what}: {_shown(line)}")
        if status.condition != "OK":
            raise NoError(what, status)
        answer.status = status
        self._heed(status)
        return answer

    async def _untagged(self, line: bytes, answer: Answer, sink: Sink | None) -> None:
        if not line.startswith(b"* "):
            raise MailboxError(f"no answer of an IMAP server: {_shown(line)}")
        pieces = await self._with_literals(line[2:], sink)
        try:
            self._understand(pieces, answer)
        except NonsenseError as error:
            raise MailboxError(f"no answer of an IMAP server: {error}") from None

    async def _with_literals(self, line: bytes, sink: Sink | None) -> list[bytes]:
        """The line, and what it goes on with after each literal; a message's goes to `sink`, and stands there as empty."""
        pieces, taken = [line], False
        while (size := literal_size(pieces[-1])) is not None:
            if _BODY.search(pieces[-1]) and sink is not None:
                if taken:
                    raise MailboxError("the server answered with several messages in one")
                taken = True
                async for piece in self._wire.octets(size):
                    sink(piece)
                pieces.append(b"")
            elif size <= SMALL_LITERAL:
                self._wire.count(size)
                pieces.append(b"".join([piece async for piece in self._wire.octets(size)]))
            else:
                raise MailboxError(f"the server sent {size} octets that nobody asked for")
            pieces.append(await self._wire.line())
        return pieces

    def _understand(self, pieces: list[bytes], answer: Answer) -> None:
        line = pieces[0]
        if (status := read_status(line)) is not None:
            if status.condition == "BYE":
                raise MailboxError(f"the server says goodbye: {status.text[:300]}")
            self._heed(status)
        elif (numbered := read_numbered(line)) is not None:
            self._count(numbered.name, numbered.number)
            if numbered.name == "FETCH":
                rest = line.partition(b" ")[2].partition(b" ")[2]
                answer.fetched.append(read_attributes(read_values([rest, *pieces[1:]])))
        elif line.upper().startswith(b"SEARCH"):
            answer.found.extend(read_numbers(line[6:]))
        elif line.upper().startswith(b"CAPABILITY "):
            self.capabilities = frozenset(line.decode("ascii", "replace").upper().split()[1:])
        elif line.upper().startswith(b"LIST "):
            match read_values([line[5:], *pieces[1:]]):
                case [_, bytes(delimiter), *_] if len(delimiter) == 1:
                    self._delimiter = delimiter.decode("ascii", "replace")

    def _count(self, name: str, number: int) -> None:
        if name == "EXISTS":
            self.folder.exists = number
        elif name == "EXPUNGE":
            self.folder.exists = max(0, self.folder.exists - 1)
            self.folder.expunged += 1

    def _heed(self, status: Status) -> None:
        name, _, value = status.code.partition(" ")
        if name.upper() == "UIDVALIDITY" and value.isdigit() and len(value) <= 10:
            self.folder.uidvalidity = int(value)


def windows(folder: Selected) -> Iterator[tuple[int, int]]:
    """Message numbers, first and last of each window over what is there now. What is expunged meanwhile moves the later ones down."""
    if folder.exists > MOST_MESSAGES:
        raise MailboxError(
            f"the server says that the folder has {folder.exists} messages; more than {MOST_MESSAGES} are not looked through"
        )
    first, end, before = 1, folder.exists, folder.expunged
    while first <= end:
        last = min(end, first + SEARCH_WINDOW - 1)
        yield first, last
        gone, before = folder.expunged - before, folder.expunged
        first, end = max(1, last + 1 - gone), end - gone


def uid_set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _shown(line: bytes) -> str:
    return ascii(line[:200].decode("utf-8", "replace"))
