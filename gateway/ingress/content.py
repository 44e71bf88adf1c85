"""The raw bytes of one message while they come in: in memory at first, in a temporary file when they are many."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from typing import IO, Self

from gateway.ingress.limits import KIB, MIB, Budget

_PIECE = 256 * KIB
_LARGE = 16 * KIB
"""What comes in so large a piece is kept as it is. Smaller ones are put together: each by itself would cost more than it holds."""


class NoRoomError(Exception):
    """Neither memory nor disk takes any more content now."""


class Content:
    """Grows by `append`, is read whole by `read`, and must be closed. Whoever is handed one to make durable closes it.

    `memory` bounds what is kept in memory by all contents that share it, `total` that and files together. `append` raises `NoRoomError`.
    """

    def __init__(self, *, spill_at: int = MIB, memory: Budget | None = None, total: Budget | None = None) -> None:
        self.size = 0
        self._spill_at = spill_at
        self._memory = memory
        self._total = total
        self._charged = 0
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._hash = hashlib.sha256()

    @classmethod
    def of(cls, octets: bytes) -> Self:
        content = cls(spill_at=max(MIB, len(octets)))
        content.append(octets)
        return content

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything so far."""
        return self._hash.digest()

    @property
    def spilled(self) -> bool:
        return self._file is not None

    def append(self, octets: bytes) -> None:
        if self._total is not None and not self._total.take(len(octets)):
            raise NoRoomError("the budget of content in flight is used up")
        self.size += len(octets)
        self._hash.update(octets)
        if self._file is None and not self._fits_memory(len(octets)):
            self._spill()
        if self._file is None:
            self._remember(octets)
        else:
            self._write(octets)

    def head(self, octets: int) -> bytes:
        """The first octets."""
        if self._file is None:
            found = b""
            for piece in self._pieces:
                found += piece[: octets - len(found)]
                if len(found) == octets:
                    break
            return found
        self._file.seek(0)
        found = self._file.read(octets)
        self._file.seek(0, os.SEEK_END)
        return found

    async def read(self) -> bytes:
        """All of it; nothing may be appended afterwards."""
        return b"".join(self._pieces) if self._file is None else await asyncio.to_thread(self._read_file, self._file)

    async def chunks(self) -> AsyncIterator[bytes]:
        """All of it, piece by piece; several may read at once, and nothing may be appended afterwards."""
        if self._file is None:
            for octets in self._pieces:
                for start in range(0, len(octets), _PIECE):
                    yield octets[start : start + _PIECE]
            return
        number, start = self._file.fileno(), 0
        while piece := _at_once(number, start) or await asyncio.to_thread(os.pread, number, _PIECE, start):
            start += len(piece)
            yield piece

    def close(self) -> None:
        """Frees the bytes; closing twice is harmless."""
        if self._total is not None:
            self._total.give(self.size)
            self._total = None
        self._forget_memory()
        if self._file is not None:
            self._file.close()

    def _fits_memory(self, more: int) -> bool:
        if self.size > self._spill_at:
            return False
        if self._memory is None:
            return True
        if not self._memory.take(more):
            return False
        self._charged += more
        return True

    def _remember(self, octets: bytes) -> None:
        if self._pieces and len(self._pieces[-1]) < _LARGE and len(octets) < _LARGE:
            self._pieces[-1] += octets
        else:
            self._pieces.append(octets)

    def _spill(self) -> None:
        try:
            # Unbuffered: what the disk has no room for is known here, not when something later has the buffer written.
            self._file = tempfile.TemporaryFile(prefix="deskgate-", buffering=0)  # noqa: SIM115 (closed by `close`)
        except OSError as error:
            raise NoRoomError(str(error)) from error
        for piece in self._pieces:
            self._write(piece)
        self._forget_memory()

    def _write(self, octets: bytes) -> None:
        assert self._file is not None
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise NoRoomError(str(error)) from error

    def _forget_memory(self) -> None:
        self._pieces = []
        if self._memory is not None:
            self._memory.give(self._charged)
        self._charged = 0

    @staticmethod
    def _read_file(file: IO[bytes]) -> bytes:
        file.seek(0)
        return file.read()


def _at_once(number: int, start: int) -> bytes:
    """A piece of the file, as far as the system has it in memory still, as of what was just written it has; else nothing."""
    if not _NO_WAIT:
        return b""
    buffer = bytearray(_PIECE)
    try:
        found = os.preadv(number, [buffer], start, _NO_WAIT)
    except OSError:  # it would wait for the disk, or this file system cannot say
        return b""
    return bytes(memoryview(buffer)[:found])


_NO_WAIT = getattr(os, "RWF_NOWAIT", 0)
"""preadv2(2) of Linux."""
