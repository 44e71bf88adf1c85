"""The HTTPS server of an MTA-STS policy, on loopback: one answer, whatever is asked; and it remembers the questions."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class PolicyHost:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.status = "200 OK"
        self.content_type = "text/plain"
        self.location = ""
        self.hangs = False
        self.asked: list[str] = []
        """The request line and the Host field of each."""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host = next((line.partition(":")[2].strip() for line in head.splitlines() if line.lower().startswith("host:")), "")
        self.asked.append(f"{head.splitlines()[0]} at {host}")
        if self.hangs:
            await asyncio.sleep(60)
        fields = f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n"
        fields += f"Location: {self.location}\r\n" if self.location else ""
        writer.write(f"HTTP/1.1 {self.status}\r\n{fields}\r\n".encode() + self.body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def policy_host(body: bytes, tls: ssl.SSLContext, address: str = "127.0.0.1") -> AsyncIterator[PolicyHost]:
    host = PolicyHost(body)
    server = await asyncio.start_server(host.serve, address, 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
