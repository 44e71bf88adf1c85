"""`deskgate serve` as it is measured from outside: its port, and what its processes cost, by /proc."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KIB: Final = 1024
CONFIG: Final = """\
[server]
hostname = "bench.example.com"
listen = ["127.0.0.1:0"]
{server}
[web]
listen = "127.0.0.1:0"
[database]
url = {url}
[desk]
secret = "{secret}"
[outbound]
relay = {relay}
[[gateway]]
address = "support@example.com"
name = "Support"
default = true
[[agent]]
name = "An Agent"
address = "agent@staff.example.com"
"""


def configuration(folder: Path, database_url: str, server: str = "", more: str = "") -> Path:
    """A small desk's, in the folder. `server`: further lines of `[server]`; `more`: further tables."""
    path = folder / "serve.toml"
    url, relay = (json.dumps(each) for each in (database_url.replace("+asyncpg", ""), f"directory:{folder / 'outgoing'}"))
    path.write_text(CONFIG.format(server=server, url=url, relay=relay, secret=secrets.token_hex(16)) + more, "utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Served:
    """`seconds` went by from the start of the parent process to its `ready` line, and `processor_seconds` of all processes meanwhile. `web`
    is where its pages are, `HOST:PORT`."""

    parent: int
    port: int
    seconds: float
    processor_seconds: float
    web: str = ""

    def pid_of(self, slot: str) -> int:
        return next(pid for pid in descendants(self.parent) if title_of(pid) == f"deskgate: {slot}")


@asynccontextmanager
async def served(config: Path, log: Path, *roles: str) -> AsyncIterator[Served]:
    """The roles named, or all; its log goes to a file."""
    words = [word for role in roles for word in ("--role", role)]
    with log.open("ab") as told:
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", "--config", str(config), *words, stdout=asyncio.subprocess.PIPE, stderr=told
        )
        assert process.stdout is not None
        try:
            line = (await process.stdout.readline()).decode()
            seconds = time.perf_counter() - began
            if "smtp=" not in line:
                raise RuntimeError(f"the gateway did not start; its log is\n{last_words(log)}")
            spent = sum(processor_seconds(pid) for pid in (process.pid, *descendants(process.pid)))
            where = dict(each.split("=", 1) for each in line.split()[1:])
            yield Served(process.pid, int(where["smtp"].rpartition(":")[2]), seconds, spent, where.get("web", ""))
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def last_words(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-2000:]


def descendants(pid: int) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()):
            yield child
            yield from descendants(child)


def title_of(pid: int) -> str:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode("utf-8", "replace")
    return ""


def processor_seconds(pid: int) -> float:
    """Of the process alone; 0 for one that has gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def resident_octets(pid: int) -> int:
    status: Mapping[str, str] = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines())
    return int(status["VmRSS"].split()[0]) * KIB
