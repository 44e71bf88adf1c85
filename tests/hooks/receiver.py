"""A receiver of webhooks over real HTTP, with the faults that receivers have; it verifies what it gets as the specification's own library
does."""

import asyncio
import base64
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier

from gateway.domain.webhooks import Webhook, secret_text
from tests.waiting import until

SECRET = b"a secret of the tests, 32 octets"
OLD_SECRET = b"an old secret of theirs, as long"
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Got:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.told["type"])

    def verified(self, secret: bytes = SECRET) -> Any:
        """Raises unless it was signed with this secret, now."""
        return Verifier(secret_text(secret)).verify(self.body, self.headers)


class Receiver:
    """`answers` are given one after another, then 204. One is a status, the whole bytes of an answer, or None: it hangs up."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: deque[int | bytes | None] = deque()
        self.fallback: int | bytes | None = 204
        self.refuses: Callable[[Got], bool] = lambda _got: False
        """What it answers 422 to, whatever it answers else."""
        self.holding = asyncio.Event()
        self.holding.set()
        """While it is clear, nobody gets an answer."""
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?desk=1"

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.got]

    async def taken(self, number: int) -> list[Got]:
        await until(lambda: len(self.got) >= number)
        return self.got

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
        body = await reader.readexactly(int(headers["content-length"]))
        got = Got(line, headers, body)
        self.got.append(got)
        await self.holding.wait()
        if self.refuses(got):
            self.answers.appendleft(422)
        answer = self.answers.popleft() if self.answers else self.fallback
        if isinstance(answer, int):
            answer = f"HTTP/1.1 {answer} Because\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        if answer is not None:
            writer.write(answer)
            await writer.drain()

    def hang_up(self) -> None:
        for each in self._writers:
            each.close()


@asynccontextmanager
async def receiver(tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.holding.set()
        server.close()
        made.hang_up()


def about_the_first(got: Got) -> bool:
    """For `refuses`: what is about ticket 1."""
    return bool(got.told["data"]["ticket"]["number"] == 1)


def hook(url: str, name: str = "crm", secrets: Sequence[bytes] = (SECRET,), **changes: Any) -> Webhook:
    """In our own network, where the tests are."""
    return Webhook(name, url, tuple(secrets), **({"allow_private": True} | changes))


def table(url: str, name: str = "crm", more: str = "") -> str:
    """Of the configuration."""
    secret = "whsec_" + base64.b64encode(SECRET).decode()
    return f'[[webhook]]\nname = "{name}"\nurl = "{url}"\nsecret = "{secret}"\nallow_private = true\n{more}\n'
