"""How many mails a second go all the way: by SMTP, through parsing and deciding, to a committed ticket with its letters in the outbox."""

import asyncio
import contextlib
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.bench.load import Load, run
from gateway.bench.mails import multipart_messages
from storage import engine as storage_engine

CONFIG = """\
[server]
hostname = "bench.example.com"
listen = ["127.0.0.1:0"]
processes = {processes}
[limits]
connections_per_address = 1000
[web]
listen = "127.0.0.1:0"
[database]
url = "{url}"
[trust]
agent_authentication = "token"
relays = ["127.0.0.1"]
[desk]
secret = "{secret}"
[budget]
per_address_hour = 1000000
per_ticket_day = 1000000
per_author_domain_hour = 1000000
per_network_hour = 1000000
overall_hour = 1000000
[outbound]
relay = "directory:{folder}"
[[department]]
key = "support"
name = "Support"
[[gateway]]
address = "support@example.com"
name = "Support"
default = true
[[agent]]
name = "First Agent"
address = "first@staff.example.com"
[[agent]]
name = "Second Agent"
address = "second@staff.example.com"
"""
WAITING = text("SELECT count(*) FROM inbound_messages WHERE state IN ('queued', 'leased')")
MADE = text(
    """SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM articles), (SELECT count(*) FROM outbox_recipients),
              (SELECT count(*) FROM inbound_messages WHERE state <> 'done')"""
)


async def measure(
    database_url: str, folder: Path, *, processes: int = 2, messages: int = 3000, warm_up: int = 600, connections: int = 20
) -> dict[str, Any]:
    """On a migrated database that is thrown away afterwards. Letters are written to the outbox, not sent: delivery is measured apart."""
    config = folder / "bench.toml"
    url = database_url.replace("+asyncpg", "")
    config.write_text(CONFIG.format(processes=processes, url=url, secret=secrets.token_hex(16), folder=folder), "utf-8")
    engine = storage_engine.connect(database_url, pool_size=1)
    try:
        async with gateway(config, folder / "bench.log") as port:
            await through(engine, port, Load(connections, warm_up, multipart_messages(seed=1)))
            before = await made(engine)
            seconds, outcome = await through(engine, port, Load(connections, messages, multipart_messages(seed=2)))
            after = await made(engine)
    finally:
        await engine.dispose()
    tickets, articles, letters, undone = (late - early for early, late in zip(before, after, strict=True))
    return {
        "mails_per_second": round(messages / seconds, 1),
        "accepts_per_second": round(outcome.per_second, 1),
        "accept_p99_seconds": round(outcome.percentile(99), 4),
        "processes": processes,
        "mails": messages,
        "tickets": tickets,
        "articles": articles,
        "letters": letters,
        "not_done": undone + messages - outcome.accepted,
    }


async def through(engine: AsyncEngine, port: int, load: Load) -> tuple[float, Any]:
    """Seconds from the first octet until nothing of the load waits any more."""
    began = time.perf_counter()
    outcome = await run("127.0.0.1", port, load)
    async with engine.connect() as connection:
        while (await connection.execute(WAITING)).scalar_one():
            await connection.rollback()
            await asyncio.sleep(0.02)
    return time.perf_counter() - began, outcome


async def made(engine: AsyncEngine) -> tuple[int, ...]:
    async with engine.connect() as connection:
        return tuple((await connection.execute(MADE)).one())


@asynccontextmanager
async def gateway(config: Path, log: Path) -> AsyncIterator[int]:
    """`deskgate serve` with listeners and intakes alone; gives its port."""
    with log.open("wb") as told:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", "--role", "listener", "--role", "intake", "--config", str(config),
            stdout=asyncio.subprocess.PIPE, stderr=told,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            line = (await process.stdout.readline()).decode()
            if "smtp=" not in line:
                raise RuntimeError(f"the gateway did not start; its log is {log}")
            yield int(line.split("smtp=")[1].split()[0].rpartition(":")[2])
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
