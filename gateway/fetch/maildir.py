"""A Maildir on this machine, which a local server delivers into: what nobody has read waits, in `new` and, where a mail program or an IMAP
server looked in, in `cur` (B4)."""

import asyncio
import contextlib
import os
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from gateway.domain.fetch import Fetch
from gateway.fetch.mailbox import PAGE, Listed, MailboxError, Sink
from gateway.ingress.limits import MIB

LOOK_SECONDS: Final = 0.5
"""Between two looks at the directory's time, while nothing comes."""
INFO: Final = ":2,"
"""What the flags of a file in `cur` stand behind: S for read, T for thrown away."""


class MaildirMailbox:
    """An existing Maildir. See `Mailbox`. A file is opened without following links, and only if it is a regular one."""

    def __init__(self, fetch: Fetch, path: Path) -> None:
        self._fetch, self._new, self._cur = fetch, path / "new", path / "cur"
        self._looked_at: int | None = None
        self._files: dict[str, Path] = {}
        """By the unique part of their names, which a file keeps when its flags change."""

    @classmethod
    async def open(cls, fetch: Fetch) -> Self:
        assert fetch.path is not None
        path = Path(fetch.path)
        missing = [name for name in ("new", "cur", "tmp") if not (path / name).is_dir()]
        if missing:
            raise MailboxError(f"{path} is no maildir: it has no directory {missing[0]}")
        mailbox = cls(fetch, path)
        if not os.access(mailbox._new, os.R_OK | os.W_OK | os.X_OK) or not os.access(mailbox._cur, os.R_OK | os.W_OK | os.X_OK):
            raise MailboxError(f"{path} is not ours to read and write: give the service's user rights on its directories new and cur")
        return mailbox

    @property
    def place(self) -> str:
        return self._fetch.place

    @property
    def uidvalidity(self) -> int | None:
        return None

    @property
    def tells(self) -> bool:
        return self._fetch.idle

    async def pages(self) -> AsyncIterator[Sequence[Listed]]:
        # Before the listing: what comes during it may be missed by it, and is then seen by the next look.
        self._looked_at = self._changed_at()
        listed = await asyncio.to_thread(self._list)
        for start in range(0, len(listed), PAGE):
            yield listed[start : start + PAGE]

    async def read(self, key: str, sink: Sink) -> bool:
        path = self._files[key]
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise MailboxError(f"{path} cannot be read: {error.strerror}") from None
        with os.fdopen(descriptor, "rb") as file:
            while piece := await asyncio.to_thread(file.read, MIB):
                sink(piece)
        return True

    async def mark(self, keys: Sequence[str]) -> Sequence[str]:
        await asyncio.to_thread(self._mark, keys)
        return keys

    async def flag(self, key: str) -> None:
        """It may stay in `new`, where a name has no flags."""

    async def wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 and not (self.tells and self._changed_at() != self._looked_at):  # noqa: ASYNC110  a file system sets no event
            await asyncio.sleep(min(left, LOOK_SECONDS) if self.tells else left)

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _changed_at(self) -> int | None:
        try:
            return self._new.stat().st_mtime_ns
        except OSError:
            return None

    def _list(self) -> list[Listed]:
        """By name, which begins with the time of delivery."""
        found = [*_unread(self._new), *_unread(self._cur)]
        self._files = {listed.key: path for listed, path in found}
        return sorted((listed for listed, _ in found), key=lambda each: each.key)

    def _mark(self, keys: Sequence[str]) -> None:
        for key in keys:
            path = self._files[key]
            try:
                if self._fetch.delete:
                    path.unlink()
                else:
                    flags = "".join(sorted({*path.name.partition(INFO)[2], "S"}))
                    path.rename(self._cur / f"{key}{INFO}{flags}")
            except FileNotFoundError:
                continue  # a mail program took it meanwhile
            except OSError as error:
                raise MailboxError(f"{path} cannot be marked as read: {error.strerror}") from None


def _unread(directory: Path) -> Iterator[tuple[Listed, Path]]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                key, _, flags = entry.name.partition(INFO)
                size = None if entry.name.startswith(".") or {"S", "T"} & set(flags) else _size(entry)
                if size is not None:
                    yield Listed(key, size), directory / entry.name
    except OSError as error:
        raise MailboxError(f"{directory} cannot be listed: {error.strerror}") from None


def _size(entry: os.DirEntry[str]) -> int | None:
    """None for what is no file, is gone, or has a name that is no text."""
    with contextlib.suppress(OSError, UnicodeEncodeError):
        entry.name.encode()
        found = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            return found.st_size
    return None
