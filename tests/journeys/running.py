"""A gateway under test: `deskgate serve` as a process, its relay an SMTP peer of ours, its database a fresh one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import aiosmtplib
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import ticket_views
from storage.engine import connect, sessions
from tests.peers.smtp_peer import Received, SmtpPeer
from tests.processes.harness import Parent, parent

CONFIG = """
[server]
hostname = "mx.desk.test"
listen = ["127.0.0.1:0"]
{server}
[web]
listen = "127.0.0.1:0"
[database]
url = "{url}"
{database}
[trust]
{trust}
[desk]
name = "Example Desk"
secret = "a secret of the journeys, long enough"
reply_address = "r@desk.test"
{desk}
[outbound]
relay = "{relay}"
{outbound}
{tables}
[[department]]
key = "support"
name = "Support"
[[department]]
key = "sales"
name = "Sales"
[[gateway]]
address = "support@desk.test"
name = "Support Team"
department = "support"
language = "en"
default = true
[[gateway]]
address = "pomoc@desk.test"
name = "Zespół pomocy"
department = "support"
language = "pl"
[[gateway]]
address = "help@desk.test"
name = "Служба поддержки"
department = "support"
language = "ru"
[[gateway]]
address = "sales@desk.test"
name = "Sales Team"
department = "sales"
[[gateway]]
address = "off@desk.test"
name = "Off"
department = "support"
enabled = false
[[gateway]]
address = "*@any.test"
name = "Any"
department = "sales"
[[agent]]
name = "Dana Agent"
address = "dana@staff.test"
aliases = ["dana@home.test"]
departments = ["support", "sales"]
language = "en"
[[agent]]
name = "Олег Агентов"
address = "oleg@staff.test"
departments = ["support"]
language = "ru"
"""
TOKEN_IS_ENOUGH = 'agent_authentication = "token"'

numbers = count(1)


def letter(
    author: str, to: str, subject: str = "Printer on fire", words: str = "It does not work.", *, answers: str | None = None, **fields: str
) -> EmailMessage:
    """An ordinary mail. `answers` is the Message-ID that it replies to; `fields` with `_` for `-`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = author, to, subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{next(numbers)}.{time.time_ns()}@client.test>"
    if answers is not None:
        mail["In-Reply-To"], mail["References"] = answers, answers
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail


def reply_to(received: Received, author: str, words: str) -> EmailMessage:
    """An answer as a mail program makes it: to Reply-To, threaded, with the received text quoted below."""
    original = received.message
    mail = letter(author, str(original["Reply-To"] or original["From"]), f"Re: {original['Subject']}", answers=str(original["Message-ID"]))
    quoted = "\n".join(f"> {line}" for line in received.text.splitlines())
    mail.set_content(f"{words}\n\nOn Sat, 21 Nov 2026 at 12:00, {original['From']} wrote:\n{quoted}\n")
    return mail


class Running:
    """`relay` has the letters that went out."""

    def __init__(self, process: Parent, relay: SmtpPeer, engine: AsyncEngine, config: Path, ready: dict[str, str]) -> None:
        self.process = process
        self.relay = relay
        self.engine = engine
        self.config = config
        host, _, port = ready["smtp"].split(",")[0].rpartition(":")
        self.smtp = (host, int(port))
        self.web = ready.get("web", "")

    async def send(self, mail: EmailMessage | bytes, *recipients: str, reverse_path: str | None = None) -> None:
        """By SMTP, from the author to the recipients, or to whom To names."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        if isinstance(mail, EmailMessage):
            recipients = recipients or tuple(each.addr_spec for each in mail["To"].addresses)
            author = mail["From"].addresses[0].addr_spec if mail["From"] and mail["From"].addresses else ""
            reverse_path = author if reverse_path is None else reverse_path
        async with aiosmtplib.SMTP(hostname=self.smtp[0], port=self.smtp[1], start_tls=False) as client:
            await client.sendmail(reverse_path or "", list(recipients), content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    async def letters_to(self, address: str, number: int = 1, seconds: float = 15.0) -> list[Received]:
        """What this address was sent, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := self.relay.to(address)) < number:
            assert time.monotonic() < deadline, f"{len(found)} of {number} letters to {address}; {self.process.told()}"
            await asyncio.sleep(0.02)
        return found

    async def settled(self, number: int, seconds: float = 15.0) -> list[dict[str, Any]]:
        """The inbound rows in order, once so many are neither queued nor leased."""
        query = "SELECT id, state, outcome, ticket, why, attempts, decision FROM inbound_messages ORDER BY id"
        deadline = time.monotonic() + seconds
        while True:
            rows = await self.rows(query)
            if len(rows) >= number and all(row["state"] not in ("queued", "leased") for row in rows):
                return rows
            assert time.monotonic() < deadline, f"{rows} {self.process.told()}"
            await asyncio.sleep(0.05)

    async def quiet(self, seconds: float = 15.0) -> None:
        """Until nothing waits, neither in nor out."""
        query = """SELECT (SELECT count(*) FROM inbound_messages WHERE state IN ('queued', 'leased'))
                        + (SELECT count(*) FROM outbox_messages WHERE state IN ('queued', 'leased')) AS n"""
        deadline = time.monotonic() + seconds
        while (await self.rows(query))[0]["n"]:
            assert time.monotonic() < deadline, self.process.told()
            await asyncio.sleep(0.05)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row._mapping) for row in (await connection.execute(text(query))).all()]

    async def ticket(self, number: int) -> dict[str, Any]:
        async with sessions(self.engine)() as session:
            found = await ticket_views.show_ticket(session, number)
        assert found is not None, f"no ticket {number}"
        return found

    async def command(self, *arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
        """`deskgate ARGUMENTS` with this configuration: exit status, stdout, stderr."""
        import sys

        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", *arguments, "--config", str(self.config),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(stdin or b"")
        return process.returncode or 0, out.decode(), err.decode()

    async def json(self, *arguments: str) -> Any:
        status, out, err = await self.command(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)


@asynccontextmanager
async def running(
    url: str, folder: Path, *, arguments: Sequence[str] = (), relay: SmtpPeer | None = None, **tables: str
) -> AsyncIterator[Running]:
    """`tables` are lines of `server`, `database`, `trust`, `desk` and `outbound`, and whole `tables`."""
    peer = relay or SmtpPeer()
    if relay is None:
        await peer.start()
    config = folder / "deskgate.toml"
    lines = dict.fromkeys(("server", "database", "desk", "outbound", "tables"), "") | {"trust": TOKEN_IS_ENOUGH} | tables
    config.write_text(CONFIG.format(url=url.replace("+asyncpg", ""), relay=peer.url, **lines), "utf-8")
    engine = connect(url, pool_size=2)
    try:
        async with parent(["-m", "gateway", "serve", "--config", str(config), *arguments], cwd=folder) as process:
            yield Running(process, peer, engine, config, await process.ready())
    finally:
        await engine.dispose()
        if relay is None:
            await peer.stop()
