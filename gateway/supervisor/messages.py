"""What parent and child tell each other over the control socket, and its framing: four bytes of length, then JSON."""

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Self

LONGEST = 64 << 20
"""Bytes of one message; a configuration is the longest of them."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The checked configuration, for the child to work by from now on. `settings` are UTF-8 that `gateway.app` makes and reads."""

    number: int
    settings: bytes
    database_url: str
    shadow: bool


@dataclass(frozen=True, slots=True)
class RoleStanding:
    role: str
    wanted: int
    ready: int
    restarts: int
    takes_mail: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How the parent's children stand, for the one that answers /readyz."""

    roles: tuple[RoleStanding, ...] = ()
    stopping: bool = False
    configuration: int = 0

    @property
    def missing(self) -> tuple[RoleStanding, ...]:
        """The roles that mail waits for: those that take it; where none of them runs here, all."""
        needed = [each for each in self.roles if each.takes_mail] or self.roles
        return tuple(each for each in needed if each.ready < each.wanted)


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no new work, finish what is in hand and leave; `hurry`: leave what is in hand too."""

    hurry: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The child works by the configuration of this number."""

    number: int


Message = Configuration | Standing | Drain | Ready


def pack(message: Message) -> bytes:
    body = json.dumps((type(message).__name__, astuple(message)), default=bytes.decode).encode()
    return len(body).to_bytes(4, "big") + body


def unpack(body: bytes) -> Message:
    name, fields = json.loads(body)
    return _MAKERS[name](*fields)


def _configuration(number: int, settings: str, database_url: str, shadow: bool) -> Configuration:
    return Configuration(number, settings.encode(), database_url, shadow)


def _standing(roles: Sequence[Sequence[Any]], stopping: bool, configuration: int) -> Standing:
    return Standing(tuple(RoleStanding(*each) for each in roles), stopping, configuration)


_MAKERS: dict[str, Callable[..., Message]] = {"Configuration": _configuration, "Standing": _standing, "Drain": Drain, "Ready": Ready}


class Channel:
    """One end of a control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def over(cls, end: socket.socket) -> Self:
        end.setblocking(False)
        return cls(*await asyncio.open_unix_connection(sock=end))

    def send(self, message: Message) -> None:
        """Without waiting: the messages are few and short. To a peer that has gone it does nothing; `receive` says that it went."""
        if not self._writer.is_closing():
            self._writer.write(pack(message))

    async def receive(self) -> Message | None:
        """The next message; None once the peer has gone."""
        try:
            length = int.from_bytes(await self._reader.readexactly(4), "big")
            if length > LONGEST:
                raise ValueError(f"a control message of {length} bytes")
            return unpack(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        self._writer.close()
