"""The whole gateway under test: `deskgate serve` on a database and free ports, spoken to over SMTP and HTTP."""

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.ingress.smtp_client import Client
from tests.processes.harness import Parent, parent

GATEWAY = "support@example.com"

CONFIG = """
[server]
hostname = "desk.example.com"
listen = ["127.0.0.1:0"]
processes = {processes}
[limits]
drain_seconds = 30
[database]
url = {url}
data_dir = {data_dir}
[trust]
agent_authentication = "token"
local = ["127.0.0.0/8"]
[desk]
secret = "a secret of the tests, which is long enough"
[[gateway]]
address = "support@example.com"
{more}
[[agent]]
address = "anna@staff.example.com"
[outbound]
relay = {relay}
[web]
listen = "127.0.0.1:0"
"""


def write_config(path: Path, url: str = "embedded", processes: int = 1, more: str = "") -> Path:
    values = {"url": url, "data_dir": str(path.parent / "data"), "relay": f"directory:{path.parent / 'outgoing'}"}
    path.write_text(CONFIG.format(processes=processes, more=more, **{name: json.dumps(value) for name, value in values.items()}))
    return path


class Gateway:
    def __init__(self, served: Parent, told: dict[str, str]) -> None:
        self.served = served
        self.smtp, self.web = told.get("smtp", ""), told.get("web", "")

    async def send(self, subject: str, to: str = GATEWAY) -> None:
        """Raises what smtplib raises unless the message was accepted."""
        content = (
            f"From: Klara <klara@client.test>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@client.test>\r\n\r\nHello\r\n"
        )

        def converse() -> None:
            host, _, port = self.smtp.rpartition(":")
            with smtplib.SMTP(host, int(port), timeout=60) as client:
                client.sendmail("klara@client.test", [to], content.encode())

        try:
            await asyncio.to_thread(converse)
        except smtplib.SMTPException as error:
            error.add_note(self.served.told())
            raise

    async def get(self, path: str) -> tuple[int, str]:
        host, _, port = self.web.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(60):
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body

    def session(self) -> Client:
        host, _, port = self.smtp.rpartition(":")
        return Client(int(port), host)


@asynccontextmanager
async def gateway(config: Path, *options: str) -> AsyncIterator[Gateway]:
    async with served(config, *options) as begun:
        yield Gateway(begun, await begun.ready())


@asynccontextmanager
async def served(config: Path, *options: str) -> AsyncIterator[Parent]:
    async with parent(["-m", "gateway", "serve", "--config", str(config), *options]) as begun:
        yield begun
