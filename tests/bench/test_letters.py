"""The letters' benchmark in its short form, against the real smtp-sink, and its processes as what they are: senders on one queue."""

import re
import tempfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.bench import letters
from gateway.bench import sink as sinks
from gateway.bench.sink import SMTP_SINK, sink
from gateway.domain.states import OutboxState
from storage import outbox
from tests.peers.smtp_peer import SmtpPeer, slow

Sessions = async_sessionmaker[AsyncSession]
NUMBER = 300


async def test_every_letter_of_the_benchmark_arrives_and_both_rates_are_told(database_url: str) -> None:
    found = await letters.measure(database_url, letters=NUMBER, connections=5, rounds=1)
    assert found["sink"] == ("smtp-sink" if SMTP_SINK.exists() else "our own")
    assert (found["not_sent"], found["not_sent_signed"]) == (0, 0)
    assert found["letter_octets_signed"] > found["letter_octets"] > 1000
    # A machine that does much else at the same time makes the figures of so few letters mean little.
    assert found["letters_ratio"] > 0
    assert found["letters_ratio_to_composing"] > 0
    assert found["composing_aiosmtplib_per_second"] > 0
    assert found["letters_per_second"] > 0
    assert found["letters_ratio_by_2_processes"] > 0
    assert found["letters_ratio_to_signing_signed"] > 0
    assert found["letters_ratio_to_signing_by_2_processes_signed"] > 0


async def test_all_letters_reach_the_sink_once(database_url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="deskgate-sink-") as name:
        kept = Path(name)
        kept.chmod(0o777)  # smtp-sink is nobody
        async with sink(dumps=kept) as server:
            await letters.write(database_url, NUMBER)
            load = {"url": database_url, "port": server.port, "letters": NUMBER, "connections": 5, "signed": True}
            await letters.run("deskgate", load, 1)
        ids = [found for each in kept.iterdir() for found in re.findall(rb"(?mi)^Message-ID: (\S+)", each.read_bytes())]
    assert len(ids) == len(set(ids)) == NUMBER


@pytest.mark.parametrize("signed", [False, True])
async def test_what_is_compared_with_ours_sends_the_same_letters(signed: bool) -> None:
    said: dict[str, set[tuple[str, str, tuple[str, ...]]]] = {}
    names: tuple[letters.Name, ...] = ("bare", "signing", "composing") if signed else ("bare", "composing")
    for name in names:
        async with SmtpPeer() as peer:
            load: dict[str, Any] = {"url": "", "port": peer.port, "letters": 30, "connections": 3, "signed": signed}
            await letters.run(name, load, 1)
            read = [message_from_bytes(mail.content, policy=default) for mail in peer.messages]
            assert len(read) == 30
            assert {len(each.get_all("DKIM-Signature", [])) for each in read} == {2 if signed else 0}
            said[name] = {_told(each) for each in read}
    assert all(each == said["bare"] for each in said.values())


def _told(message: EmailMessage) -> tuple[str, str, tuple[str, ...]]:
    parts = [part.get_content().replace("\r\n", "\n") for part in message.walk() if not part.is_multipart()]
    return str(message["To"]), str(message["Subject"]), tuple(parts)


async def test_a_server_of_our_own_does_where_postfix_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "SMTP_SINK", Path("/nowhere/smtp-sink"))
    async with sinks.sink() as server, aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False) as client:
        assert server.name == "our own"
        for _ in range(2):
            refused, said = await client.sendmail("a@x.test", ["b@x.test", "c@x.test"], b"Subject: x\r\n\r\n.\r\nMAIL\r\n")
            assert (refused, said) == ({}, "2.0.0 Ok")


@pytest.mark.parametrize("processes", [2, 4])
async def test_several_sender_processes_on_one_queue_send_nothing_twice(database_url: str, sessions: Sessions, processes: int) -> None:
    async with SmtpPeer() as peer:
        peer.on("END", slow(0.005))
        await letters.write(database_url, 300)
        load: dict[str, Any] = {"url": database_url, "port": peer.port, "letters": 300, "connections": 5, "signed": False}
        await letters.run("deskgate", load, processes)
        assert len({mail.message_id for mail in peer.messages}) == len(peer.messages) == 300
    async with sessions() as session:
        sent = await outbox.list_outbox(session, outbox.Filter(OutboxState.SENT), limit=1000)
    assert {(each.attempts, each.possible_duplicates) for each in sent} == {(1, 0)}
    assert len(sent) == 300
