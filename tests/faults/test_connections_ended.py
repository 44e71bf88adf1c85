"""The server ends connections of the gateway's again and again, between two statements and in the middle of one, as a pooler or a firewall
does: nothing that was acknowledged is lost, and no letter goes out twice.
"""

import asyncio
import random
from pathlib import Path

import asyncpg
import pytest

from migrations import run as migrations
from tests.conftest import plain
from tests.faults.database import Database
from tests.faults.load import CONNECTIONS, assert_one_ticket_each, load
from tests.faults.service import service
from tests.peers.smtp_peer import SmtpPeer

pytestmark = pytest.mark.timeout(900)

SHORT, LONG = 80, 800
LONGEST_PAUSE = 0.2
END_ALL = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'deskgate %'"


async def test_connections_that_the_server_ends_lose_nothing_and_send_nothing_twice(
    data_dir: Path, tmp_path: Path, relay: SmtpPeer, long_form: bool
) -> None:
    pauses = random.Random(1)
    database = await asyncio.to_thread(Database, data_dir)
    try:
        await asyncio.to_thread(migrations.upgrade, database.url)
        async with service(tmp_path, relay, database.url, database="pool_size = 2") as desk:
            async with load(desk) as clients:
                operator = await asyncpg.connect(plain(database.url))
                ended = 0
                for _ in range(LONG if long_form else SHORT):
                    await asyncio.sleep(pauses.random() * LONGEST_PAUSE)
                    ended += await operator.fetchval(END_ALL)
                await operator.close()
                await clients.until_acknowledged(CONNECTIONS)
            assert ended
            await assert_one_ticket_each(desk, clients)
            assert not [line for line in desk.process.log if "work_failed" in line]
    finally:
        await asyncio.to_thread(database.stop)
