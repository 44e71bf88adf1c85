"""The database goes away, hangs and comes back: 451 in time, and nothing that was acknowledged is lost."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio

from migrations import run as migrations
from tests.faults.database import Database
from tests.faults.load import COMMIT_SECONDS, SLACK
from tests.faults.service import PATIENCE, Service, service
from tests.ingress.smtp_client import Client
from tests.journeys.running import letter
from tests.peers.smtp_peer import SmtpPeer, slow
from tests.processes.harness import until

pytestmark = pytest.mark.timeout(240)

NOT_NOW = "451 4.3.0"
LETTERS = 3
"""Of a new ticket."""


@pytest_asyncio.fixture
async def database(data_dir: Path) -> AsyncIterator[Database]:
    made = await asyncio.to_thread(Database, data_dir)
    await asyncio.to_thread(migrations.upgrade, made.url)
    yield made
    await asyncio.to_thread(made.stop)


def mail_of(number: int) -> EmailMessage:
    return letter(f"c{number}@client.test", "support@desk.test", f"Mail {number}")


async def answer_to(desk: Service, mail: EmailMessage) -> tuple[str, float]:
    """What the final dot of a mail is answered with, and after how many seconds."""
    async with Client(desk.smtp[1], desk.smtp[0]) as client:
        await client.hello()
        await client.envelope(mail["From"], mail["To"])
        assert (await client.say("DATA")).startswith("354")
        began = time.monotonic()
        client.send(mail.as_bytes().replace(b"\n", b"\r\n") + b".\r\n")
        async with asyncio.timeout(PATIENCE):
            reply = await client.reader.readline()
        return reply.decode(), time.monotonic() - began


async def tickets(desk: Service, number: int) -> list[str]:
    await desk.settled(number, PATIENCE)
    await desk.quiet(PATIENCE)
    return sorted(each["subject"] for each in await desk.rows("SELECT subject FROM tickets"))


async def test_while_the_database_is_stopped_the_answer_is_451_and_once_it_is_back_all_goes_on(
    database: Database, tmp_path: Path, relay: SmtpPeer
) -> None:
    async with service(tmp_path, relay, database.url) as desk:
        assert (await answer_to(desk, mail_of(1)))[0].startswith("250")
        await asyncio.to_thread(database.stop)
        second = mail_of(2)
        for _ in range(2):
            reply, seconds = await answer_to(desk, second)
            assert reply.startswith(NOT_NOW), reply
            assert seconds < COMMIT_SECONDS + SLACK
        assert desk.process.children().keys() == {"listener-0", "intake-0", "sender-0", "web-0"}
        await asyncio.to_thread(database.start)
        deadline = time.monotonic() + PATIENCE
        while not (await answer_to(desk, second))[0].startswith("250"):
            assert time.monotonic() < deadline, desk.process.told()
            await asyncio.sleep(0.2)
        assert await tickets(desk, 2) == ["Mail 1", "Mail 2"]
        assert await desk.repeated_letters() == 0
        assert not [line for line in desk.process.log if "child_died" in line]


async def test_while_the_database_hangs_the_answer_is_451_within_10_s_and_its_redelivery_is_no_second_ticket(
    database: Database, tmp_path: Path, relay: SmtpPeer
) -> None:
    async with service(tmp_path, relay, database.url) as desk:
        assert (await answer_to(desk, mail_of(1)))[0].startswith("250")
        await desk.quiet(PATIENCE)
        second = mail_of(2)
        database.freeze(signal.SIGSTOP)
        try:
            reply, seconds = await answer_to(desk, second)
        finally:
            database.freeze(signal.SIGCONT)
        assert reply.startswith(NOT_NOW), reply
        assert seconds < COMMIT_SECONDS + SLACK
        # The commit that hung may have succeeded since, and the peer, which was told 451, brings the same mail again.
        assert (await answer_to(desk, second))[0].startswith("250")
        assert await tickets(desk, 2) == ["Mail 1", "Mail 2"]
        assert await desk.repeated_letters() == 0


async def test_what_the_relay_took_while_the_database_went_away_is_recorded_once_it_is_back(
    database: Database, tmp_path: Path, relay: SmtpPeer
) -> None:
    async with service(tmp_path, relay, database.url) as desk:
        relay.on("END", slow(2.0))
        assert (await answer_to(desk, mail_of(1)))[0].startswith("250")
        await until(lambda: len(relay.unanswered) == LETTERS, PATIENCE, desk.process.told)
        await asyncio.to_thread(database.stop)
        await relay.wait_for(LETTERS)
        relay.heal()
        await asyncio.to_thread(database.start)
        assert await tickets(desk, 1) == ["Mail 1"]
        assert await desk.repeated_letters() == 0
        assert [each["possible_duplicates"] for each in await desk.rows("SELECT possible_duplicates FROM outbox_messages")] == [0] * LETTERS
