"""A network between the gateway and its database that takes its time, or is cut."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

EVERY = re.compile(b"")
COMMIT = re.compile(rb"\bCOMMIT\b")


class Proxy:
    """On a TCP port of its own in front of a server's Unix socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._delayed = EVERY
        self._seconds = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @asynccontextmanager
    async def slow(self, seconds: float, what: re.Pattern[bytes] = EVERY) -> AsyncIterator[None]:
        """What the client says, in each connection piece after piece, takes so long on its way."""
        self._seconds, self._delayed = seconds, what
        try:
            yield
        finally:
            self._seconds = 0.0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_unix_connection(self._socket)
        except OSError:
            writer.close()
            return
        for each in (self._forth(reader, ours), self._back(theirs, writer)):
            task = asyncio.create_task(each)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forth(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while octets := await reader.read(1 << 16):
                if self._seconds and self._delayed.search(octets):
                    await asyncio.sleep(self._seconds)
                writer.write(octets)
                await writer.drain()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while octets := await reader.read(1 << 16):
                writer.write(octets)
                await writer.drain()
        writer.close()
