"""A client that says exactly the octets it is told to, well-formed or not."""

import asyncio
import ssl
from types import TracebackType
from typing import Self

PATIENCE = 60.0


class Client:
    """One connection. Replies are returned as text lines, without CRLF."""

    def __init__(self, port: int, host: str = "127.0.0.1", source: str | None = None, patience: float = PATIENCE) -> None:
        self._host, self._port, self._source, self._patience = host, port, source, patience

    async def __aenter__(self) -> Self:
        local = (self._source, 0) if self._source else None
        self.reader, self.writer = await asyncio.open_connection(self._host, self._port, local_addr=local)
        return self

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """By STARTTLS."""
        assert (await self.say("STARTTLS")).startswith("220")
        await self.shake_hands(context)

    async def shake_hands(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="127.0.0.1")

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.writer.close()

    async def reply(self) -> str:
        """One whole reply; `""` when the server has closed. The lines of a longer one are joined by LF."""
        lines: list[str] = []
        async with asyncio.timeout(self._patience):
            while True:
                line = await self.reader.readline()
                lines.append(line.decode("ascii").removesuffix("\r\n"))
                if line[3:4] != b"-":
                    return "\n".join(lines)

    async def say(self, octets: str | bytes) -> str:
        """Sends a command line and returns its reply."""
        self.send(octets if isinstance(octets, bytes) else f"{octets}\r\n".encode())
        return await self.reply()

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def hello(self, greeting: str = "EHLO client.test") -> str:
        await self.reply()
        return await self.say(greeting)

    async def envelope(self, reverse_path: str = "ann@client.test", *recipients: str) -> None:
        assert (await self.say(f"MAIL FROM:<{reverse_path}>")).startswith("250")
        for each in recipients or ("support@example.com",):
            assert (await self.say(f"RCPT TO:<{each}>")).startswith("250")

    async def content(self, stuffed: bytes) -> str:
        """Sends content as it stands, dots stuffed and ended by the caller, and returns the reply to it."""
        assert (await self.say("DATA")).startswith("354")
        return await self.say(stuffed)

    async def message(self, stuffed: bytes = b"Subject: Hi\r\n\r\nText\r\n.\r\n", *recipients: str) -> str:
        await self.envelope("ann@client.test", *recipients)
        return await self.content(stuffed)

    async def trickle(self, octets: bytes, gap: float) -> str:
        """Sends the octets again and again until there is a reply."""
        reply = asyncio.create_task(self.reply())
        while not reply.done():
            self.send(octets)
            await asyncio.sleep(gap)
        return await reply

    async def closed(self) -> bool:
        """Whether the server closes the connection and says nothing more."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def closed_after_replies(self) -> bool:
        """Whether the server closes the connection, perhaps with replies before it."""
        async with asyncio.timeout(PATIENCE):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass
        return True
