"""A way to the database that can be shut and blocked, so that it goes away as it does in life."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url

from tests.peers.ports import held


class Gate:
    """Forwards octets between a TCP port and the database. `shut` refuses and breaks connections, `block` lets nothing through."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return self._target.set(host="127.0.0.1", port=self.port, query={}).render_as_string(hide_password=False)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        if self._held is not None:
            self._held.close()

    async def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        if self._held is not None:
            self._held.close()
        self._held = held("127.0.0.1", self.port)
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def forget(self) -> None:
        """Its port is anybody's."""
        if self._held is not None:
            self._held.close()

    def block(self) -> None:
        self._open.clear()

    def unblock(self) -> None:
        self._open.set()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = self._target.query.get("host") or self._target.host
        port = self._target.port or 5432
        if isinstance(host, str) and host.startswith("/"):
            there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            there = await asyncio.open_connection(str(host), port)
        self._writers |= {writer, there[1]}
        for source, sink in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while octets := await source.read(65536):
                await self._open.wait()
                sink.write(octets)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


@asynccontextmanager
async def gate_to(url: str) -> AsyncIterator[Gate]:
    gate = Gate(url)
    await gate.open()
    try:
        yield gate
    finally:
        gate.unblock()
        await gate.shut()
        gate.forget()
