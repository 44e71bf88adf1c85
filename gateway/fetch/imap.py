"""A folder on an IMAP server: what is unread there waits to be fetched (B5)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final, Self

from gateway.domain.fetch import Fetch
from gateway.fetch.imap_dialogue import Dialogue, NoError, uid_set, windows
from gateway.fetch.mailbox import PAGE, Listed, MailboxError, Sink
from gateway.fetch.wire import Wire

LONGEST_IDLE: Final = 25 * 60.0
"""RFC 2177 has servers log out who is silent for half an hour."""
FAREWELL_SECONDS: Final = 5.0


class ImapMailbox:
    """An open folder, selected for writing. See `Mailbox`."""

    def __init__(self, fetch: Fetch, wire: Wire) -> None:
        self._fetch, self._wire, self._dialogue = fetch, wire, Dialogue(wire)
        self._seen = 0
        self._idles = fetch.idle

    @classmethod
    async def open(cls, fetch: Fetch) -> Self:
        assert fetch.server is not None
        mailbox = cls(fetch, await Wire.connect(fetch.server))
        try:
            await mailbox._begin()
        except BaseException:
            mailbox._wire.close()
            raise
        return mailbox

    @property
    def place(self) -> str:
        return f"{self._fetch.place};UIDVALIDITY={self.uidvalidity}"

    @property
    def uidvalidity(self) -> int | None:
        return self._dialogue.folder.uidvalidity

    @property
    def tells(self) -> bool:
        return self._idles and "IDLE" in self._dialogue.capabilities

    async def pages(self) -> AsyncIterator[Sequence[Listed]]:
        self._seen = self._dialogue.folder.ever
        for first, last in windows(self._dialogue.folder):
            uids = await self._dialogue.search("UNSEEN UNDELETED", first, last)
            for start in range(0, len(uids), PAGE):
                page = uids[start : start + PAGE]
                sizes = await self._dialogue.sizes(page)
                yield [Listed(str(uid), sizes[uid]) for uid in page if uid in sizes]

    async def read(self, key: str, sink: Sink) -> bool:
        return await self._dialogue.body(int(key), sink)

    async def mark(self, keys: Sequence[str]) -> Sequence[str]:
        uids = uid_set(list(map(int, keys)))
        if self._fetch.move_to is not None:
            await self._move(uids, self._fetch.move_to)
        elif self._fetch.delete:
            await self._delete(uids)
        else:
            await self._store(uids, "\\Seen")
        return keys

    async def flag(self, key: str) -> None:
        await self._store(key, "\\Flagged")

    async def wait(self, seconds: float) -> None:
        if not self.tells:
            await asyncio.sleep(seconds)
            return
        try:
            await self._dialogue.idle(min(seconds, LONGEST_IDLE), self._seen)
        except NoError:
            self._idles = False

    async def aclose(self) -> None:
        try:
            if self._dialogue.between_commands:
                with contextlib.suppress(MailboxError, TimeoutError):
                    async with asyncio.timeout(FAREWELL_SECONDS):
                        await self._dialogue.command("LOGOUT", "to log out")
        finally:
            self._wire.close()

    async def _begin(self) -> None:
        assert self._fetch.server is not None
        assert self._fetch.login is not None
        await self._dialogue.begin(starttls=self._fetch.server.security == "starttls")
        await self._dialogue.log_in(self._fetch.login)
        await self._dialogue.select(self._fetch.folder, *filter(None, (self._fetch.move_to,)))
        if self._dialogue.folder.read_only:
            raise MailboxError(f"the folder {self._fetch.folder} is read-only for {self._fetch.login.user}: its mail could not be marked")

    async def _move(self, uids: str, folder: str) -> None:
        verb = "MOVE" if "MOVE" in self._dialogue.capabilities else "COPY"
        command, what = f"UID {verb} {uids} {self._dialogue.name_of(folder)}", f"to move messages to {folder}"
        try:
            await self._dialogue.command(command, what)
        except NoError as refused:
            if refused.status.code.upper() != "TRYCREATE":
                raise
            await self._dialogue.command(f"CREATE {self._dialogue.name_of(folder)}", f"to make the folder {folder}")
            await self._dialogue.command(command, what)
        if verb == "COPY":
            await self._delete(uids)

    async def _delete(self, uids: str) -> None:
        """A plain EXPUNGE would take along what other people have marked: without UIDPLUS (RFC 4315) that is left to them."""
        await self._store(uids, "\\Seen \\Deleted")
        if "UIDPLUS" in self._dialogue.capabilities:
            await self._dialogue.command(f"UID EXPUNGE {uids}", "to delete messages")

    async def _store(self, uids: str, flags: str) -> None:
        await self._dialogue.command(f"UID STORE {uids} +FLAGS.SILENT ({flags})", "to mark messages")
