"""What a mail leaves behind: octets by table and of WAL, connections and memory by process. `python -m gateway.bench.sizes` prints them.

None of it is a time, so a busy machine gives the same figures as a quiet one.
"""

import argparse
import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.bench.load import Load, run
from gateway.bench.mails import SENTENCES, base64_lines
from gateway.bench.pipeline import CONFIG
from migrations import run as migrations
from storage import engine as storage_engine
from storage.embedded import EmbeddedServer

CONNECTIONS: Final = 20
WARM_UP: Final = 200
FILE: Final = 50_000
AGENT: Final = '[[agent]]\nname = "Agent {number}"\naddress = "agent{number}@staff.example.com"\n'
ROLES: Final = ("listener", "intake", "sender", "poller", "web", "parsing", "forker")

UNDONE: Final = text(
    """SELECT (SELECT count(*) FROM inbound_messages WHERE state IN ('queued', 'leased'))
            + (SELECT count(*) FROM outbox_messages WHERE state IN ('queued', 'leased'))"""
)
# A partition counts for its table.
TABLES: Final = text(
    """SELECT coalesce(parent.relname, c.relname) AS name, CAST(sum(pg_total_relation_size(c.oid)) AS bigint) AS octets
         FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1"""
)
WAL: Final = text("SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bigint)")
CLIENTS: Final = text(
    "SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"
)

Content = Callable[[int], bytes]


def plain(seed: int) -> Content:
    """A new ticket of some 4 KiB, text and HTML."""
    return lambda number: mail(seed, number, None, None)


def with_file(seed: int) -> Content:
    """The same with a file of 50 kB, which is no other's."""
    return lambda number: mail(seed, number, None, Random(seed * 1_000_000 + number).randbytes(FILE))  # noqa: S311  nothing secret


def replies(seed: int, to: int) -> Content:
    """An answer to each of the mails of another seed."""
    return lambda number: mail(seed, number, to, None)


def mail(seed: int, number: int, to: int | None, file: bytes | None) -> bytes:
    chance = Random(f"{seed} {number}")  # noqa: S311  nothing secret
    words = base64_lines("\n".join(chance.choices(SENTENCES, k=14)).encode())
    html = base64_lines("".join(f"<p>{each}</p>" for each in chance.choices(SENTENCES, k=13)).encode())
    answers = f"In-Reply-To: <{to}.{number}@load.test>\r\nReferences: <{to}.{number}@load.test>\r\n" if to is not None else ""
    boundary = "m" if file is not None else "a"
    head = (
        f"From: Client {number % 500} <client{number % 500}@load{number % 50}.test>\r\nTo: Support <support@example.com>\r\n"
        f"Subject: Trouble {seed} {number}\r\nMessage-ID: <{seed}.{number}@load.test>\r\n{answers}"
        f"Date: Sun, 01 Mar 2026 09:05:07 +0000\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/{"mixed" if file is not None else "alternative"}; boundary="{boundary}"\r\n\r\n'
    )
    encoded = "charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    forms = f"--a\r\nContent-Type: text/plain; {encoded}".encode() + words + f"--a\r\nContent-Type: text/html; {encoded}".encode() + html
    body = forms + b"--a--\r\n"
    if file is not None:
        attached = 'Content-Type: application/octet-stream; name="log.bin"\r\nContent-Transfer-Encoding: base64\r\n'
        named = 'Content-Disposition: attachment; filename="log.bin"\r\n\r\n'
        body = b'--m\r\nContent-Type: multipart/alternative; boundary="a"\r\n\r\n' + body + f"--m\r\n{attached}{named}".encode()
        body += base64_lines(file) + b"--m--\r\n"
    return head.encode() + body


async def measure(database_url: str, folder: Path, *, mails: int = 1000, warm_up: int = WARM_UP, agents: int = 2) -> dict[str, Any]:
    """On a migrated database that is thrown away afterwards. All agents are told of each mail, and its client of the first."""
    config, letters = folder / "sizes.toml", folder / "letters"
    letters.mkdir()
    url = database_url.replace("+asyncpg", "")
    more = "".join(AGENT.format(number=number) for number in range(agents - CONFIG.count("[[agent]]")))
    config.write_text(CONFIG.format(processes=1, url=url, secret=secrets.token_hex(16), folder=letters) + more, "utf-8")
    engine = storage_engine.connect(database_url, pool_size=1)
    try:
        async with serving(config, folder / "sizes.log") as (port, pid):
            await through(engine, port, warm_up, plain(1))
            found = {
                "mail": await growth(engine, port, mails, plain(2)),
                "reply": await growth(engine, port, mails, replies(3, to=2)),
                "mail_with_50_kB_file": await growth(engine, port, mails, with_file(4)),
            }
            return {
                "mails_of_each_kind": mails,
                "agents": agents,
                "octets_of_a_mail": len(mail(2, 1, None, None)),
                **found,
                "connections": await connections(engine),
                "memory_mib": memory(pid),
            }
    finally:
        await engine.dispose()


async def growth(engine: AsyncEngine, port: int, mails: int, content: Content) -> dict[str, Any]:
    """Octets for each mail: of WAL, and of every table with its indexes that grew by more than one."""
    tables, wal = await sizes(engine)
    await through(engine, port, mails, content)
    later, wal_later = await sizes(engine)
    grown = {name: round((octets - tables.get(name, 0)) / mails) for name, octets in later.items()}
    by_table = {name: octets for name, octets in sorted(grown.items(), key=lambda each: -each[1]) if octets > 1}
    return {"wal": round((wal_later - wal) / mails), "database": sum(by_table.values()), "tables": by_table}


async def sizes(engine: AsyncEngine) -> tuple[dict[str, int], int]:
    """With the room of what was superseded free to be used again, and everything written: the first change of a page after a checkpoint
    takes the whole page into the WAL."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in ("VACUUM", "CHECKPOINT"):
            await connection.execute(text(statement))
        return {row.name: row.octets for row in await connection.execute(TABLES)}, (await connection.execute(WAL)).scalar_one()


async def through(engine: AsyncEngine, port: int, mails: int, content: Content) -> None:
    """Until nothing waits any more, neither in nor out."""
    outcome = await run("127.0.0.1", port, Load(CONNECTIONS, mails, content))
    if outcome.accepted != mails:
        raise RuntimeError(f"{outcome.accepted} of {mails} mails were taken: {dict(outcome.replies)}")
    async with engine.connect() as connection:
        while (await connection.execute(UNDONE)).scalar_one():
            await connection.rollback()
            await asyncio.sleep(0.05)


async def connections(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        return dict(sorted((row[0], row[1]) for row in await connection.execute(CLIENTS)))


@asynccontextmanager
async def serving(config: Path, log: Path) -> AsyncIterator[tuple[int, int]]:
    """`deskgate serve`, all of it; its port, and the number of its process."""
    with log.open("wb") as told:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", "--config", str(config), stdout=asyncio.subprocess.PIPE, stderr=told
        )
        assert process.stdout is not None
        try:
            line = (await process.stdout.readline()).decode()
            if "smtp=" not in line:
                raise RuntimeError(f"the gateway did not start; its log is {log}")
            yield int(line.split("smtp=")[1].split()[0].rpartition(":")[2]), process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def memory(pid: int) -> dict[str, float]:
    """MiB by kind of process, what several share divided among them (Linux's PSS). Empty where the system does not tell."""
    found: Counter[str] = Counter()
    for each in (pid, *descendants(pid)):
        with contextlib.suppress(OSError, IndexError):
            kilobytes = int(Path(f"/proc/{each}/smaps_rollup").read_text().split("\nPss:")[1].split()[0])
            found[kind_of(each) if each != pid else "parent"] += kilobytes
    return {name: round(kilobytes / 1024, 1) for name, kilobytes in sorted(found.items())}


def kind_of(pid: int) -> str:
    """By its name, or its command line."""
    told = (Path(f"/proc/{pid}/comm").read_text() + Path(f"/proc/{pid}/cmdline").read_text()).lower()
    return next((role for role in ROLES if role in told), "other")


def descendants(pid: int) -> Sequence[int]:
    children: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            # The name in parentheses may hold anything.
            fields = each.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(each.parent.name))
    below = children.get(pid, [])
    return [*below, *chain.from_iterable(map(descendants, below))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m gateway.bench.sizes", description=__doc__)
    parser.add_argument("--mails", type=int, default=1000, help="of each kind (default: 1000)")
    parser.add_argument("--agents", type=int, default=2, help="of the department that the mails go to, 2 at least (default: 2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deskgate-sizes-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer.start(folder) as server:
            migrations.upgrade(server.url)
            found = asyncio.run(
                measure(server.url, folder, mails=options.mails, warm_up=min(WARM_UP, options.mails), agents=options.agents)
            )
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
