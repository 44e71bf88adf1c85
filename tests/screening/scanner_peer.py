"""A scanner on loopback that reads what clients of its kind send, word for word, and answers or misbehaves as it is told."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from gateway.ingress.checks.policy import Place, Scanner

Kind = Literal["spamd", "rspamd", "clamd"]
Misbehaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CLEAN: dict[Kind, bytes] = {
    "spamd": b"SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: False ; 1.2 / 5.0\r\n\r\n",
    "rspamd": b'HTTP/1.1 200 OK\r\nContent-Length: 53\r\n\r\n{"action":"no action","score":1.2,"required_score":15}',
    "clamd": b"stream: OK\0",
}
SPAM: dict[Kind, bytes] = {
    "spamd": b"SPAMD/1.1 0 EX_OK\r\nContent-length: 13\r\nSpam: True ; 9.5 / 5.0\r\n\r\nGTUBE,BAYES_9\n",
    "rspamd": b'HTTP/1.1 200 OK\r\n\r\n{"action":"reject","score":16.5,"required_score":15,"symbols":{"GTUBE":{"score":16.5}}}',
    "clamd": b"stream: Eicar-Test-Signature FOUND\0",
}


@dataclass
class Heard:
    """What one client sent: its own head, and the content."""

    head: bytes
    content: bytes


@dataclass
class ScannerPeer:
    kind: Kind
    answer: bytes = b""
    misbehaves: Misbehaviour | None = None
    delay: float = 0.0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def __aenter__(self) -> Self:
        self.answer = self.answer or CLEAN[self.kind]
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.close()

    @property
    def place(self) -> Place:
        return Place("127.0.0.1", self.port)

    def scanner(self, *, max_size: int = 1 << 30, when_down: Literal["accept", "defer"] = "accept", seconds: float = 5.0) -> Scanner:
        return Scanner(self.kind, self.place, max_size, when_down, seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.misbehaves is not None:
                await self.misbehaves(reader, writer)
            else:
                self.heard.append(await (read_stream(reader) if self.kind == "clamd" else read_counted(reader)))
                await asyncio.sleep(self.delay)
                writer.write(self.answer)
        except ConnectionError:
            pass
        finally:
            self.at_once -= 1
            writer.close()


async def read_counted(reader: asyncio.StreamReader) -> Heard:
    """As HTTP and spamd's protocol have it."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"^Content-length: (\d+)\r$", head, re.MULTILINE | re.IGNORECASE)
    assert length is not None, head
    return Heard(head, await reader.readexactly(int(length[1])))


async def read_stream(reader: asyncio.StreamReader) -> Heard:
    head = await reader.readuntil(b"\0")
    content = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(length)
    return Heard(head, content)


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass


async def never_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def closes_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def closes_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.transport.abort()


async def talks_garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\xff\xfe<html>hello</html>\0\r\n\r\n")
    await writer.drain()
    await reader.read(65536)


async def never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"stream: " + b"x" * 65536)
        await writer.drain()


MISBEHAVIOURS: tuple[Misbehaviour, ...] = (hangs, never_reads, closes_at_once, closes_in_the_middle, talks_garbage, never_ends)
