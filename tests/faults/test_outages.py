"""The database is restarted, has no connection to spare, answers slowly, or gives way to its replica, while mail comes in.

The figures are in docs/reliability.md; `pytest --long -n0 -s tests/faults/test_outages.py` prints those of this machine.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrations import run as migrations
from tests.faults.database import FAST, IMMEDIATE, Database, Replica, until_synchronous
from tests.faults.load import CONNECTIONS, Load, assert_one_ticket_each, load, told
from tests.faults.proxy import COMMIT, Proxy
from tests.faults.service import service
from tests.peers.smtp_peer import SmtpPeer

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True, slots=True)
class Scale:
    """In seconds: what the gateway gives a commit, what the slow database takes, how long a fault lasts after it was first noticed."""

    commit: float
    slow: float
    lasting: float

    @property
    def limits(self) -> str:
        return f"[limits]\ncommit_seconds = {self.commit}"


SHORT, LONG = Scale(2.0, 1.0, 1.0), Scale(10.0, 5.0, 15.0)
NOTHING_LEFT = 30
"""Connections of a server; the gateway has about ten of them."""


@pytest.fixture
def scale(long_form: bool) -> Scale:
    return LONG if long_form else SHORT


async def through(fault: AbstractAsyncContextManager[None], clients: Load, seconds: float) -> float:
    """How long after the fault it took until mail was acknowledged again."""
    await clients.until_acknowledged(CONNECTIONS)
    async with fault:
        await clients.until_put_off()
        await asyncio.sleep(seconds)
    return await clients.until_back()


async def test_without_a_free_connection_mail_is_put_off_and_nothing_is_lost(
    data_dir: Path, tmp_path: Path, relay: SmtpPeer, scale: Scale
) -> None:
    database = await asyncio.to_thread(Database, data_dir, {"max_connections": str(NOTHING_LEFT)})
    try:
        await asyncio.to_thread(migrations.upgrade, database.url)
        async with service(tmp_path, relay, database.url, database="pool_size = 1", tables=scale.limits) as desk:
            async with load(desk) as clients:
                back = {
                    "pool_taken_back": await through(database.locked(), clients, scale.lasting),
                    "server_full_back": await through(database.taken(), clients, scale.lasting),
                }
            clients.assert_put_off_in_time(scale.commit)
            await assert_one_ticket_each(desk, clients)
            told("no free connection", **back, slowest_reply=clients.slowest, acknowledged=len(clients.acknowledged))
    finally:
        await asyncio.to_thread(database.stop)


class Pair:
    """A primary and its synchronous replica, each behind a network of its own."""

    def __init__(self, primary: Database, replica: Replica, near: Proxy, far: Proxy) -> None:
        self.primary, self.replica, self.near, self.far = primary, replica, near, far

    @property
    def url(self) -> str:
        return f"postgresql://deskgate@127.0.0.1:{self.near.port},127.0.0.1:{self.far.port}/deskgate"

    @asynccontextmanager
    async def failing_over(self) -> AsyncIterator[None]:
        """The primary is gone for good; its replica is promoted at the end."""
        await self.primary.shut_down(IMMEDIATE)
        yield
        await asyncio.to_thread(self.replica.promote)


@asynccontextmanager
async def pair(directory: Path) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        primary = await asyncio.to_thread(Database, directory / "one", {"hot_standby": "on"})
        stack.push_async_callback(asyncio.to_thread, primary.stop)
        await asyncio.to_thread(migrations.upgrade, primary.url)
        replica = Replica(primary.layout, directory / "other")
        stack.push_async_callback(asyncio.to_thread, replica.stop)
        await asyncio.to_thread(replica.make)
        await primary.run("ALTER SYSTEM SET synchronous_standby_names = 'replica'", "SELECT pg_reload_conf()")
        await until_synchronous(primary.url)
        near = await stack.enter_async_context(Proxy(primary.layout.socket))
        far = await stack.enter_async_context(Proxy(replica.socket))
        yield Pair(primary, replica, near, far)


async def test_restarted_slow_or_failed_over_the_database_loses_nothing_that_was_acknowledged(
    data_dir: Path, tmp_path: Path, relay: SmtpPeer, scale: Scale
) -> None:
    async with pair(data_dir) as servers, service(tmp_path, relay, servers.url, tables=scale.limits) as desk:
        async with load(desk) as clients:
            back = {
                "fast_shutdown_back": await through(servers.primary.restarted(FAST), clients, scale.lasting),
                "immediate_shutdown_back": await through(servers.primary.restarted(IMMEDIATE), clients, scale.lasting),
            }
            async with servers.near.slow(scale.slow, COMMIT):
                await clients.until_acknowledged(1)
                await asyncio.sleep(scale.lasting)
            back["slow_commits_back"] = await clients.until_back()
            async with servers.near.slow(scale.slow):
                # A commit of few round trips may still be in time.
                await clients.until_answered(CONNECTIONS)
                await asyncio.sleep(scale.lasting)
            back["slow_statements_back"] = await clients.until_back()
            back["failover_back"] = await through(servers.failing_over(), clients, scale.lasting)
            await clients.until_acknowledged(CONNECTIONS)
        clients.assert_put_off_in_time(scale.commit)
        await assert_one_ticket_each(desk, clients)
        # The promoted replica is no copy that somebody restored elsewhere: letters go on.
        assert not [line for line in desk.process.log if "sending_paused" in line]
        told("outages", **back, slowest_reply=clients.slowest, acknowledged=len(clients.acknowledged))
        await desk.end()
        await desk.start()
        assert not [line for line in desk.process.log if "sending_paused" in line]
