"""A mailbox on a POP3 server (RFC 1939): it has no mark for what was read, so everything waits, and what was kept is remembered by UIDL."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Self

from gateway.accounts import sasl
from gateway.domain.fetch import Fetch
from gateway.domain.login import Login
from gateway.fetch.dots import DotReader
from gateway.fetch.mailbox import Listed, MailboxError, RefusedError, Sink
from gateway.fetch.sasl import secret_of
from gateway.fetch.wire import COMMAND_SECONDS, Wire
from gateway.ingress.limits import MIB

PAGE: Final = 1000
"""Every look lists the whole mailbox, of which most is known."""
LONGEST_LIST: Final = 16 * MIB
"""UIDLs have 70 octets at most: some two hundred thousand messages."""
FAREWELL_SECONDS: Final = 30.0
"""QUIT is when the server deletes."""

_ITEM = re.compile(rb"(\d{1,10}) +([!-~]{1,70})(?: |\Z)")


class Pop3Mailbox:
    """An open, locked mailbox. See `Mailbox`. What it deletes is gone once it is closed politely."""

    def __init__(self, fetch: Fetch, wire: Wire) -> None:
        self._fetch, self._wire = fetch, wire
        self._capabilities: frozenset[str] = frozenset()
        self._numbers: dict[str, int] = {}
        self._between_commands = True

    @classmethod
    async def open(cls, fetch: Fetch) -> Self:
        assert fetch.server is not None
        mailbox = cls(fetch, await Wire.connect(fetch.server, longest_answer=LONGEST_LIST))
        try:
            await mailbox._begin()
        except BaseException:
            mailbox._wire.close()
            raise
        return mailbox

    @property
    def place(self) -> str:
        return self._fetch.place

    @property
    def uidvalidity(self) -> int | None:
        return None

    @property
    def tells(self) -> bool:
        return False

    async def pages(self) -> AsyncIterator[Sequence[Listed]]:
        uidls = await self._list("UIDL", "to number its messages for good (UIDL)")
        sizes = await self._list("LIST", "to list its messages")
        self._numbers = {uidl.decode(): number for number, uidl in uidls.items()}
        if len(self._numbers) != len(uidls):
            raise MailboxError("the server gives several messages the same UIDL, so they cannot be told apart")
        listed = [Listed(key, _size(sizes.get(number, b""))) for key, number in sorted(self._numbers.items(), key=lambda item: item[1])]
        for start in range(0, len(listed), PAGE):
            yield listed[start : start + PAGE]

    async def read(self, key: str, sink: Sink) -> bool:
        number = self._numbers[key]
        await self._ask(f"RETR {number}", f"to hand out message {number}", begun=True)
        reader = DotReader()
        began, given = asyncio.get_running_loop().time(), 0
        while reader.rest is None:
            octets = reader.feed(await self._wire.piece())
            given += len(octets)
            self._wire.see_progress(began, given)
            sink(octets)
        self._wire.unread(reader.rest)
        self._wire.give_time(COMMAND_SECONDS)
        self._between_commands = True
        return True

    async def mark(self, keys: Sequence[str]) -> Sequence[str]:
        for key in keys if self._fetch.delete else ():
            await self._ask(f"DELE {self._numbers[key]}", "to delete a message")
        # Deleted ones may come back, if the connection breaks before QUIT. Their absence from a later list tells for sure.
        return ()

    async def flag(self, key: str) -> None:
        """POP3 has no such sign."""

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def aclose(self) -> None:
        try:
            if self._between_commands:
                with contextlib.suppress(MailboxError, TimeoutError):
                    async with asyncio.timeout(FAREWELL_SECONDS):
                        await self._ask("QUIT", "to end the session")
        finally:
            self._wire.close()

    async def _begin(self) -> None:
        assert self._fetch.server is not None
        assert self._fetch.login is not None
        greeting = await self._wire.line()
        if not greeting.startswith(b"+OK"):
            raise MailboxError(f"no greeting of a POP3 server: {_shown(greeting)}")
        await self._ask_capabilities()
        if self._fetch.server.security == "starttls":
            await self._start_tls()
        await self._log_in(self._fetch.login)

    async def _start_tls(self) -> None:
        """RFC 2595 §4."""
        if "STLS" not in self._capabilities:
            raise MailboxError('the server offers no STLS: use protocol = "pop3s"')
        await self._ask("STLS", "STARTTLS")
        await self._wire.start_tls()
        await self._ask_capabilities()

    async def _log_in(self, login: Login) -> None:
        secret = await secret_of(login)
        try:
            await (self._log_in_by_token(login.user, secret) if login.auth == "xoauth2" else self._log_in_by_password(login.user, secret))
        except MailboxError as error:
            raise MailboxError(sasl.without_secrets(str(error), login.user, secret)) from None

    async def _log_in_by_password(self, user: str, password: str) -> None:
        what = f"the login of {user}"
        if not re.search(r"[\s\0]", user) and not re.search(r"[\r\n\0]", password):
            await self._ask(f"USER {user}", what)
            await self._ask(f"PASS {password}", what)
        else:
            await self._authenticate("PLAIN", sasl.plain(user, password), what)

    async def _log_in_by_token(self, user: str, token: str) -> None:
        await self._authenticate("XOAUTH2", sasl.xoauth2(user, token), f"the access token of {user}")

    async def _authenticate(self, mechanism: str, response: bytes, what: str) -> None:
        """RFC 5034. Tokens are longer than its bound on an initial response, so they wait for the challenge."""
        self._send(f"AUTH {mechanism}")
        said, told = "", False
        while (line := await self._wire.line()).startswith(b"+ ") or line == b"+":
            if told:
                said = said or sasl.refusal(line[1:].strip())
                self._wire.send(b"\r\n")
            else:
                self._wire.send(response + b"\r\n")
                told = True
        self._conclude(line, f"{what} ({said})" if said else what)

    async def _ask_capabilities(self) -> None:
        """RFC 2449; a server without CAPA has none that matter here."""
        found: list[str] = []
        with contextlib.suppress(RefusedError):
            await self._lines("CAPA", "CAPA", lambda line: found.append(line.decode("ascii", "replace").upper()))
        self._capabilities = frozenset(found)

    async def _list(self, command: str, what: str) -> dict[int, bytes]:
        found: dict[int, bytes] = {}

        def take(line: bytes) -> None:
            item = _ITEM.match(line)
            if item is None:
                raise MailboxError(f"no answer to {command}: {_shown(line)}")
            found[int(item[1])] = item[2]

        await self._lines(command, what, take)
        return found

    async def _lines(self, command: str, what: str, take: Callable[[bytes], None]) -> None:
        await self._ask(command, what, begun=True)
        while (line := await self._wire.line()) != b".":
            take(line.removeprefix(b"."))
        self._between_commands = True

    async def _ask(self, command: str, what: str, *, begun: bool = False) -> None:
        """`begun`: more lines follow an answer in the affirmative."""
        self._send(command)
        self._conclude(await self._wire.line(), what)
        self._between_commands = not begun

    def _send(self, command: str) -> None:
        self._between_commands = False
        self._wire.send(f"{command}\r\n".encode())

    def _conclude(self, line: bytes, what: str) -> None:
        if line.startswith(b"-ERR"):
            self._between_commands = True
            raise RefusedError(f"the server refuses {what}: {line[4:304].decode('utf-8', 'replace').strip() or 'without a word'}")
        if not line.startswith(b"+OK"):
            raise MailboxError(f"no answer of a POP3 server to {what}: {_shown(line)}")
        self._between_commands = True


def _size(octets: bytes) -> int:
    return int(octets) if octets.isdigit() and len(octets) <= 19 else 0


def _shown(line: bytes) -> str:
    return ascii(line[:200].decode("utf-8", "replace"))
