"""One question and one answer over a socket, TCP or Unix. The caller bounds the time, this the octets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from gateway.ingress.checks.policy import Place
from gateway.ingress.checks.scanners.results import GarbledError
from gateway.ingress.limits import KIB, MIB

MOST_OCTETS: Final = MIB
"""Of an answer: the longest that scanners give, a table of symbols, is far below."""
CONNECT_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is scanned, as the scanners need it. `head` is our own Received field, for those that want to see where it came from."""

    size: int
    chunks: Callable[[], AsyncIterator[bytes]]
    head: bytes = b""
    reverse_path: str = ""
    recipients: tuple[str, ...] = ()
    address: str | None = None
    helo: str = ""
    host: str | None = None
    trace_id: str = ""


async def exchange(place: Place, pieces: AsyncIterator[bytes], whole: Callable[[bytes], bool]) -> bytes:
    """The answer, up to where `whole` says that it is one or the scanner closes. A scanner may answer before it has read everything.

    Raises OSError, TimeoutError where nothing takes the connection, and GarbledError for an answer without end.
    """
    async with _connected(place) as (reader, writer):
        sending = asyncio.create_task(_send(writer, pieces))
        receiving = asyncio.create_task(_receive(reader, whole))
        try:
            done, _ = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            if sending in done:
                sending.result()
            return await receiving
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)


@asynccontextmanager
async def _connected(place: Place) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(CONNECT_SECONDS):
        if place.path:
            reader, writer = await asyncio.open_unix_connection(place.path)
        else:
            reader, writer = await asyncio.open_connection(place.host, place.port)
    try:
        yield reader, writer
    finally:
        # Nothing is owed to a scanner that has answered, or has not: at once, so that no descriptor is left to its patience.
        writer.transport.abort()


async def _send(writer: asyncio.StreamWriter, pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        try:
            writer.write(piece)
            await writer.drain()
        except ConnectionError:
            return  # it has answered before the end, or is gone: reading tells


async def _receive(reader: asyncio.StreamReader, whole: Callable[[bytes], bool]) -> bytes:
    answer = bytearray()
    while not whole(bytes(answer)):
        octets = await reader.read(64 * KIB)
        if not octets:
            break
        answer += octets
        if len(answer) > MOST_OCTETS:
            raise GarbledError(f"an answer of more than {MOST_OCTETS} octets")
    if not answer:
        raise ConnectionResetError("closed without an answer")
    return bytes(answer)
