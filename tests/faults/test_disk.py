"""The disk is full, or cannot flush, while mail comes in: PostgreSQL's WAL and tables, and the listener's files of large content.

The figures are in docs/reliability.md; `pytest --long -n0 -s tests/faults/test_disk.py` prints those of this machine.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.faults.disks import Disk, mounted, shimmed, without_room
from tests.faults.load import CONNECTIONS, assert_one_ticket_each, load, told
from tests.faults.service import Service, service
from tests.faults.shim import Shim
from tests.ingress.smtp_client import Client
from tests.peers.smtp_peer import SmtpPeer

pytestmark = pytest.mark.timeout(600)

SHORT, LONG = 3.0, 30.0
"""Seconds that a fault lasts after it was first noticed."""
LARGE = b"\r\n\r\n" + (b"x" * 76 + b"\r\n") * 40_000 + b".\r\n"
"""About 3 MB, which is kept in a file."""
NO_SPACE = "452 4.3.1"


@pytest.fixture
def seconds(long_form: bool) -> float:
    return LONG if long_form else SHORT


@pytest.fixture(params=[mounted, shimmed], ids=lambda kind: kind.__name__)
def disk(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Disk]:
    with request.param(data_dir) as made:
        yield made


async def answer_to_large(desk: Service, subject: bytes) -> str:
    async with Client(desk.smtp[1], desk.smtp[0]) as client:
        await client.hello()
        return await client.message(b"Subject: " + subject + LARGE, "support@desk.test")


async def test_on_a_full_disk_mail_is_put_off_and_once_there_is_room_all_goes_on(disk: Disk, relay: SmtpPeer, seconds: float) -> None:
    temporary = disk.directory / "tmp"
    temporary.mkdir()
    environment = {**disk.environment, "TMPDIR": str(temporary)}
    module = "tests.faults.preloaded" if disk.environment else "gateway"
    async with service(disk.directory, relay, environment=environment, module=module) as desk:
        assert (await answer_to_large(desk, b"First")).startswith("250")
        async with load(desk) as clients:
            await clients.until_acknowledged(CONNECTIONS)
            async with without_room(disk):
                assert (await answer_to_large(desk, b"Large")).startswith(NO_SPACE)
                await clients.until_put_off()
                # The WAL's next segment: without room for it PostgreSQL panics, and again whenever it is started.
                with suppress(DBAPIError, ConnectionError):
                    await desk.rows("SELECT pg_switch_wal()")
                await asyncio.sleep(seconds)
            back = await clients.until_back()
            assert (await answer_to_large(desk, b"Large")).startswith("250")
        clients.assert_put_off_in_time()
        assert [line for line in desk.process.log if "database_died" in line], "the WAL had room"
        await assert_one_ticket_each(desk, clients, besides=["First", "Large"])
        told(f"full disk ({type(disk).__name__})", back=back, slowest_reply=clients.slowest, acknowledged=len(clients.acknowledged))


@asynccontextmanager
async def without_flushes(shim: Shim) -> AsyncIterator[None]:
    shim.broken()
    try:
        yield
    finally:
        shim.broken(is_broken=False)


async def test_what_cannot_be_flushed_is_not_acknowledged(data_dir: Path, relay: SmtpPeer, seconds: float) -> None:
    shim = Shim(data_dir, data_dir / "data")
    async with service(data_dir, relay, environment=shim.environment, module="tests.faults.preloaded") as desk:
        async with load(desk) as clients:
            await clients.until_acknowledged(CONNECTIONS)
            async with without_flushes(shim):
                await clients.until_put_off()
                known = len(clients.acknowledged)
                await asyncio.sleep(seconds)
                assert len(clients.acknowledged) == known
            back = await clients.until_back()
        clients.assert_put_off_in_time()
        assert desk.layout is not None
        assert "PANIC:  could not fdatasync" in desk.layout.log.read_text(errors="replace")
        await assert_one_ticket_each(desk, clients)
        told("broken flush", back=back, slowest_reply=clients.slowest, acknowledged=len(clients.acknowledged))
