"""A server that does what no Dovecot does: it says what a test has it say, and remembers what it was told."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.fetch import Fetch, Protocol, Server
from gateway.domain.login import Login

Say = Callable[[asyncio.StreamWriter], Any]
Answers = dict[str, str | Say]

GREETING = "* OK ready\r\n"
IMAP: Answers = {
    "": GREETING,
    "CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n{tag} OK\r\n",
    "LOGIN": "{tag} OK\r\n",
    "LIST": '* LIST (\\Noselect) "/" ""\r\n{tag} OK\r\n',
    "SELECT": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{tag} OK [READ-WRITE]\r\n",
    "UID SEARCH": "* SEARCH 11\r\n{tag} OK\r\n",
    "UID FETCH 11 (UID RFC822.SIZE)": "* 1 FETCH (UID 11 RFC822.SIZE 5)\r\n{tag} OK\r\n",
    "UID FETCH 11 (UID BODY.PEEK[])": "* 1 FETCH (UID 11 BODY[] {{5}}\r\nhello)\r\n{tag} OK\r\n",
    "LOGOUT": "* BYE\r\n{tag} OK\r\n",
}
POP3: Answers = {
    "": "+OK ready\r\n",
    "CAPA": "+OK\r\nUIDL\r\n.\r\n",
    "USER": "+OK\r\n",
    "PASS": "+OK\r\n",
    "UIDL": "+OK\r\n1 one\r\n.\r\n",
    "LIST": "+OK\r\n1 7\r\n.\r\n",
    "RETR": "+OK\r\nhello\r\n.\r\n",
    "QUIT": "+OK\r\n",
}


@dataclass(slots=True)
class Fake:
    """`told` are the commands, without tags."""

    port: int = 0
    told: list[str] = field(default_factory=list)

    def fetch(self, protocol: str = "imap", **more: Any) -> Fetch:
        login = more.pop("login", Login("ann", password="open-sesame"))
        security = more.pop("security", "none")
        return Fetch(Protocol(protocol), Server("127.0.0.1", self.port, security), login, interval=0.2, **more)


@asynccontextmanager
async def fake(usual: Answers) -> AsyncIterator[Fake]:
    """Answers by the longest key that a command begins with; others are refused. `{tag}` is the command's."""
    peer = Fake()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, usual[""], "")
        last = ""
        while line := await reader.readline():
            text = line.decode().rstrip("\r\n")
            tag, command = (re.match(r"(d\d+) (.*)", text) or re.match(r"()(.*)", text)).groups()  # type: ignore[union-attr]
            last = tag = tag or last  # DONE has none of its own
            peer.told.append(command)
            key = max((each for each in usual if each and command.upper().startswith(each.upper())), key=len, default=None)
            if key is not None:
                await say(writer, usual[key], tag)
            else:
                await say(writer, "{tag} BAD what\r\n" if tag else "-ERR what\r\n", tag)

    async def say(writer: asyncio.StreamWriter, answer: "str | Say", tag: str) -> None:
        if isinstance(answer, str):
            writer.write(answer.format(tag=tag).encode())
        else:
            await answer(writer)

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    listener = await asyncio.start_server(guarded, "127.0.0.1", 0)
    peer.port = listener.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        listener.close()


def endless(piece: bytes, first: bytes = b"") -> Say:
    """Goes on saying it for as long as anybody listens."""

    async def go_on(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()

    return go_on


def trickle(piece: bytes, seconds: float, first: bytes = b"") -> Say:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(seconds)

    return drip


async def silence(_writer: asyncio.StreamWriter) -> None:
    """Says nothing."""


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
