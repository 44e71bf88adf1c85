"""How many messages a second become durable, over how many a bare aiosmtpd takes and throws away on the same event loop; and how long a 250
takes where there is half as much to do as could be done."""

import asyncio
import socket
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Literal

from aiosmtpd.smtp import SMTP

from gateway.bench.load import FILE, PROSE, Load, Outcome, plain_messages, run
from gateway.bench.loops import loop_factory
from gateway.domain.organisation import Department, Desk, Gateway, Organisation
from gateway.ingress.accept import Acceptor
from gateway.ingress.limits import Limits
from gateway.ingress.service import serve_smtp
from storage import engine as storage_engine

Server = Literal["bare", "deskgate"]

HOSTNAME = "bench.example.com"
POOL: Final = 10
"""As `database.pool_size` has it."""


LARGE: Final = 1 << 20


async def measure(database_url: str, *, connections: int = 20, messages: int = 3000, size: int = 4096, rounds: int = 5) -> dict[str, Any]:
    """Runs the same load against both by turns, each in a process of its own, and takes the medians.

    The messages stay in the database given, which must be migrated and should be thrown away afterwards; its settings decide what durable
    means, so `fsync` and `synchronous_commit` are told too.
    """
    load = Load(connections, messages, plain_messages(size, FILE if size >= LARGE else PROSE))
    found: dict[Server, list[Outcome]] = {"bare": [], "deskgate": []}
    async with _server("bare", "-") as bare_port, _server("deskgate", database_url) as deskgate_port:
        for port in (bare_port, deskgate_port):
            await run("127.0.0.1", port, replace(load, messages=2 * connections))  # connects to the database, and more that is done once
        for _ in range(rounds):
            found["bare"].append(await run("127.0.0.1", bare_port, load))
            found["deskgate"].append(await run("127.0.0.1", deskgate_port, load))
    rates = {name: statistics.median(each.per_second for each in outcomes) for name, outcomes in found.items()}
    ours = found["deskgate"]
    # Of neighbouring runs, for what else the machine does changes from minute to minute.
    ratio = statistics.median(mine.per_second / bare.per_second for mine, bare in zip(ours, found["bare"], strict=True))
    megabytes = {name: statistics.median(each.megabytes_per_second for each in outcomes) for name, outcomes in found.items()}
    return {
        "accepts_per_second": round(rates["deskgate"], 1),
        "bare_aiosmtpd_per_second": round(rates["bare"], 1),
        "megabytes_per_second": round(megabytes["deskgate"], 1),
        "bare_aiosmtpd_megabytes_per_second": round(megabytes["bare"], 1),
        "ratio": round(ratio, 3),
        "accept_p50_seconds": round(statistics.median(each.percentile(50) for each in ours), 5),
        "accept_p99_seconds": round(statistics.median(each.percentile(99) for each in ours), 5),
        "not_accepted": sum(each.replies.total() - each.accepted + each.broken for each in ours),
        "connections": connections,
        "messages": messages,
        "message_octets": size,
        "durability": await _durability(database_url),
    }


async def at_half_load(
    database_url: str, *, connections: int = 20, messages: int = 3000, size: int = 4096, seconds: float = 10.0
) -> dict[str, Any]:
    """Finds what this process can do first, and offers it half of that for so long, messages beginning at even intervals."""
    async with _server("deskgate", database_url) as port:
        load = Load(connections, messages, plain_messages(size))
        await run("127.0.0.1", port, replace(load, messages=2 * connections))
        full = (await run("127.0.0.1", port, load)).per_second
        offered = full / 2
        calm = await run("127.0.0.1", port, replace(load, messages=int(offered * seconds), rate=offered))
    return {
        "full_load_per_second": round(full, 1),
        "offered_per_second": round(offered, 1),
        "accepts_per_second": round(calm.per_second, 1),
        "accept_p50_seconds": round(calm.percentile(50), 5),
        "accept_p99_seconds": round(calm.percentile(99), 5),
        "accept_slowest_seconds": round(calm.percentile(100), 5),
        "not_accepted": calm.replies.total() - calm.accepted + calm.broken,
        "connections": connections,
        "messages": calm.replies.total(),
        "message_octets": size,
    }


@asynccontextmanager
async def _server(name: Server, database_url: str) -> AsyncIterator[int]:
    """A server process; gives its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.bench.accepts",
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{database_url}\n".encode())  # not an argument: it may hold a password
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {name} server did not start")
        yield int(line)
    finally:
        process.stdin.close()  # its end is what the server waits for
        await process.wait()


async def _durability(database_url: str) -> dict[str, str]:
    engine = storage_engine.connect(database_url, pool_size=1)
    try:
        async with engine.connect() as connection:
            names = ("fsync", "synchronous_commit", "full_page_writes")
            return {name: str((await connection.exec_driver_sql(f"SHOW {name}")).scalar_one()) for name in names}
    finally:
        await engine.dispose()


class _NullHandler:
    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802 (aiosmtpd's name)
        return "250 OK"


def _listening() -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    return listening


def _organisation() -> Organisation:
    desk = Desk("Bench", HOSTNAME, "en", "r@example.com", (bytes(32),))
    return Organisation(desk, (Department("bench", "Bench"),), (Gateway("support@example.com", "Bench", "bench", default=True),))


async def _serve(name: Server) -> None:
    """Prints the port, and serves until standard input ends."""
    database_url = (await asyncio.to_thread(sys.stdin.readline)).strip()
    listening = _listening()
    port = listening.getsockname()[1]
    if name == "bare":
        await asyncio.get_running_loop().create_server(lambda: SMTP(_NullHandler(), hostname=HOSTNAME), sock=listening)
    else:
        engine = storage_engine.connect(database_url, pool_size=POOL)
        acceptor = Acceptor(storage_engine.sessions(engine), HOSTNAME, lambda _: None)
        limits = Limits(connections_per_address=10_000, noops=10**9)
        await serve_smtp([listening], acceptor=acceptor, organisation=_organisation(), limits=limits)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve("bare" if sys.argv[1] == "bare" else "deskgate"))
