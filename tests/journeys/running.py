"""A gateway under test: `deskgate serve` as a process, its relay and its DNS peers of ours, its database a fresh one.

Waiting is generous and polled: the machine may be busy, and what is awaited comes soon where it is not.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
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

from storage import inbound, ticket_views
from storage.engine import connect, sessions
from tests.auth.nameserver import Zone, name_server
from tests.journeys.in_process import run_here
from tests.peers.smtp_peer import Received, SmtpPeer
from tests.processes.harness import Parent, parent

CONFIG = """
[server]
hostname = "mx.desk.test"
listen = ["127.0.0.1:0"]
{server}
[web]
listen = "127.0.0.1:0"
{web}
[database]
url = "{url}"
{database}
[trust]
nameservers = ["127.0.0.1:{dns}"]
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
SECONDS = 60.0
POLL = 0.03

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


def written(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    """The articles that somebody wrote: all but the automatic letters to the client."""
    return [each for each in ticket["articles"] if each["kind"] != "notice"]


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

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """An SMTP session that is past EHLO."""
        async with aiosmtplib.SMTP(hostname=self.smtp[0], port=self.smtp[1], start_tls=False, timeout=SECONDS) as client:
            await client.ehlo()
            yield client

    async def send(self, mail: EmailMessage | bytes, *recipients: str, reverse_path: str | None = None) -> None:
        """By SMTP, from the author to the recipients, or to whom To names; with SMTPUTF8 where the envelope needs it."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        if isinstance(mail, EmailMessage):
            recipients = recipients or tuple(each.addr_spec for each in mail["To"].addresses)
            author = mail["From"].addresses[0].addr_spec if mail["From"] and mail["From"].addresses else ""
            reverse_path = author if reverse_path is None else reverse_path
        options = [] if all(each.isascii() for each in (reverse_path or "", *recipients)) else ["SMTPUTF8", "BODY=8BITMIME"]
        encoding = "utf-8" if options else "ascii"
        async with self.session() as client:
            await client.mail(reverse_path or "", options=options, encoding=encoding)
            for each in recipients:
                await client.rcpt(each, encoding=encoding)
            await client.data(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    async def take(self, mail: EmailMessage | bytes, *recipients: str, reverse_path: str | None = None) -> dict[str, Any]:
        """Sends it and waits until it is decided on: its inbound row. Nobody else may be sending meanwhile."""
        before = len(await self.rows("SELECT id FROM inbound_messages"))
        await self.send(mail, *recipients, reverse_path=reverse_path)
        return (await self.settled(before + 1))[-1]

    async def letters_to(self, address: str, number: int = 1, seconds: float = SECONDS) -> list[Received]:
        """What this address was sent, once there are so many: in the order in which it was written, for senders go side by side."""
        deadline = time.monotonic() + seconds
        while len(found := self.relay.to(address)) < number:
            assert time.monotonic() < deadline, f"{len(found)} of {number} letters to {address}; {self.process.told()}"
            await asyncio.sleep(POLL)
        query = """SELECT coalesce(r.message_id, m.message_id) AS message_id, m.id
                     FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id WHERE r.address = :address"""
        written = {row["message_id"]: row["id"] for row in await self.rows(query, address=address)}
        return sorted(found, key=lambda each: written.get(each.message_id, 0))

    async def settled(self, number: int, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """The inbound rows in order, each with its ticket's gateway, once so many are neither queued nor leased."""
        query = """SELECT i.id, i.state, i.outcome, i.ticket, i.why, i.attempts, i.decision, i.subject, i.kind, t.gateway, t.department
                     FROM inbound_messages i LEFT JOIN tickets t ON t.number = i.ticket ORDER BY i.id"""
        deadline = time.monotonic() + seconds
        while True:
            rows = await self.rows(query)
            if len(rows) >= number and all(row["state"] not in ("queued", "leased") for row in rows):
                return rows
            assert time.monotonic() < deadline, f"{rows} {self.process.told()}"
            await asyncio.sleep(POLL)

    async def quiet(self, seconds: float = SECONDS) -> None:
        """Until nothing waits, neither in nor out."""
        query = """SELECT 'inbound' AS queue, id, state, attempts, error FROM inbound_messages WHERE state IN ('queued', 'leased')
                   UNION ALL
                   SELECT 'outbox', id, state, attempts, last_error FROM outbox_messages WHERE state IN ('queued', 'leased')"""
        deadline = time.monotonic() + seconds
        while waiting := await self.rows(query):
            assert time.monotonic() < deadline, f"{waiting} {self.process.told()}"
            await asyncio.sleep(POLL)

    async def rows(self, query: str, **parameters: object) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row._mapping) for row in (await connection.execute(text(query), parameters)).all()]

    async def alter(self, statement: str) -> None:
        """For what only time would bring about."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))

    async def raw(self, inbound_id: int) -> bytes:
        """The bytes that were kept of a message."""
        async with sessions(self.engine)() as session:
            content = await inbound.content_of(session, inbound_id)
        assert content is not None, f"nothing is kept of message {inbound_id}"
        return content

    async def ticket(self, number: int) -> dict[str, Any]:
        async with sessions(self.engine)() as session:
            found = await ticket_views.show_ticket(session, number)
        assert found is not None, f"no ticket {number}"
        return found

    async def command(self, *arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
        """`deskgate ARGUMENTS` with this configuration: exit status, stdout, stderr."""
        return await run_here(*arguments, "--config", str(self.config), stdin=stdin)

    async def json(self, *arguments: str) -> Any:
        status, out, err = await self.command(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)


async def deskgate(
    *arguments: str | bytes, stdin: bytes | None = None, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """A command as a process of its own: exit status, stdout, stderr."""
    pipe = asyncio.subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path))), **(env or {})}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *arguments, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, env=environment
    )
    out, err = await process.communicate(stdin or b"")
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def running(
    url: str,
    folder: Path,
    *,
    arguments: Sequence[str] = (),
    relay: SmtpPeer | None = None,
    zone: Zone | None = None,
    **tables: str,
) -> AsyncIterator[Running]:
    """`tables` are lines of `server`, `web`, `database`, `trust`, `desk`, `outbound`, and whole `tables`; `zone` is all that DNS knows."""
    peer = relay or SmtpPeer()
    if relay is None:
        await peer.start()
    engine = connect(url, pool_size=2)
    try:
        async with name_server(zone or {}) as dns:
            config = write_config(folder, url, peer.url, dns.port, **tables)
            async with parent(["-m", "gateway", "serve", "--config", str(config), *arguments], cwd=folder) as process:
                yield Running(process, peer, engine, config, await process.ready())
    finally:
        await engine.dispose()
        if relay is None:
            await peer.stop()


def write_config(folder: Path, url: str, relay: str, dns: int = 9, **tables: str) -> Path:
    config = folder / "deskgate.toml"
    lines = dict.fromkeys(("server", "web", "database", "desk", "outbound", "tables"), "") | {"trust": TOKEN_IS_ENOUGH} | tables
    config.write_text(CONFIG.format(url=url.replace("+asyncpg", ""), relay=relay, dns=dns, **lines), "utf-8")
    return config
