"""`kill -9` at each step of a message's way, before and after its 250: it has one ticket, and each letter goes once."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.faults.halts import Dialogue, Statement, Step, halted
from tests.faults.service import PARSERS, PATIENCE, Service, service
from tests.journeys.running import letter
from tests.peers.smtp_peer import SmtpPeer
from tests.processes.harness import until

pytestmark = pytest.mark.timeout(300)

LISTENER = (
    Statement("queueing the message", "INSERT ON inbound_messages"),
    Statement("keeping its bytes", "INSERT ON inbound_contents"),
    Statement("committing both", "INSERT ON inbound_messages", commit=True),
)
INTAKE = (
    Statement("claiming the message", "UPDATE ON inbound_messages WHEN OLD.state = 'queued' AND NEW.state = 'leased'"),
    Statement("counting the attempt", "UPDATE ON inbound_messages WHEN NEW.attempts > OLD.attempts"),
    Statement("making the client", "INSERT ON clients"),
    Statement("opening the ticket", "INSERT ON tickets"),
    Statement("adding the article", "INSERT ON articles"),
    Statement("noting the event", "INSERT ON ticket_events"),
    Statement("writing the letters", "INSERT ON outbox_messages"),
    Statement("addressing the letters", "INSERT ON outbox_recipients"),
    Statement("ending the row", "UPDATE ON inbound_messages WHEN NEW.state = 'done'"),
    Statement("committing it all", "UPDATE ON inbound_messages WHEN NEW.state = 'done'", commit=True),
)
SENDER = (
    Statement("claiming a letter", "UPDATE ON outbox_messages WHEN OLD.state = 'queued' AND NEW.state = 'leased'"),
    Dialogue("being greeted", "CONNECT"),
    Dialogue("saying MAIL", "MAIL"),
    Dialogue("saying DATA", "DATA"),
    Dialogue("waiting for the answer to the final dot", "END"),
    Statement("recording what was sent", "UPDATE ON outbox_messages WHEN NEW.state = 'sent'"),
    Statement("committing what was sent", "UPDATE ON outbox_messages WHEN NEW.state = 'sent'", commit=True),
)
HANDS = 10
"""Letters that a sender delivers at once."""
LETTERS = 3
"""Of a new ticket: to the client, and to the two agents of the department in their languages."""


async def kill_at_each(steps: tuple[Step, ...], desk: Service) -> None:
    for step in steps:
        mail = letter("anna@client.test", "support@desk.test", f"Killed while {step.name}", f"While {step.name}.")
        async with halted(step, desk.engine, desk.relay) as reached:
            sending = asyncio.create_task(desk.deliver(mail))
            await desk.kill(await reached())
        await sending
    for step in steps:
        for address in ("anna@client.test", "dana@staff.test", "oleg@staff.test"):
            await desk.letter(address, f"Killed while {step.name}")
    await desk.quiet(PATIENCE)


async def assert_once(steps: tuple[Step, ...], desk: Service) -> None:
    subjects = sorted(each["subject"] for each in await desk.rows("SELECT subject FROM tickets"))
    assert subjects == sorted(f"Killed while {step.name}" for step in steps)
    assert [each["n"] for each in await desk.rows("SELECT count(*) AS n FROM articles")] == [len(steps)]
    assert [each["n"] for each in await desk.rows("SELECT count(*) AS n FROM outbox_messages")] == [LETTERS * len(steps)]


@pytest.mark.parametrize("steps", [LISTENER, INTAKE], ids=["listener", "intake"])
async def test_killed_at_any_step_a_message_has_its_effect_once(
    steps: tuple[Step, ...], tmp_path: Path, database_url: str, relay: SmtpPeer
) -> None:
    async with service(tmp_path, relay, database_url, server="processes = 2") as desk:
        await kill_at_each(steps, desk)
        await assert_once(steps, desk)
        assert await desk.repeated_letters() == 0


async def test_a_sender_killed_at_any_step_sends_each_letter_once_or_counts_its_possible_repetition(
    tmp_path: Path, database_url: str, relay: SmtpPeer
) -> None:
    async with service(tmp_path, relay, database_url) as desk:
        await kill_at_each(SENDER, desk)
        await assert_once(SENDER, desk)
        # What the relay had taken and nobody could record: at most all that a sender had in hand, at each of the last two steps.
        assert await desk.repeated_letters() <= 2 * HANDS


async def test_a_parse_child_killed_over_a_message_costs_it_nothing(tmp_path: Path, database_url: str, relay: SmtpPeer) -> None:
    async with service(tmp_path, relay, database_url) as desk:
        await desk.deliver(letter("anna@client.test", "support@desk.test", "To see that all are at work"))
        await desk.settled(1, PATIENCE)
        await until(lambda: len(desk.parsers()) == PARSERS, PATIENCE, desk.process.told)
        at_work, *others = desk.parsers()
        for pid in (at_work, *others):
            os.kill(pid, signal.SIGSTOP)
        mails = [letter(f"c{number}@client.test", "support@desk.test", f"Mail {number}", f"Words {number}") for number in range(2)]
        for each in mails:
            await desk.deliver(each)
        while [each["state"] for each in await desk.rows("SELECT state FROM inbound_messages ORDER BY id")] != ["done", "leased", "leased"]:
            await asyncio.sleep(0.05)
        os.kill(at_work, signal.SIGCONT)
        for pid in others:
            os.kill(pid, signal.SIGKILL)
        done = await desk.settled(3, PATIENCE)
        assert [(each["state"], each["outcome"], each["attempts"]) for each in done] == [("done", "ticket", 1)] * 3
        texts = [each["text"].strip() for each in await desk.rows("SELECT text FROM articles ORDER BY text")]
        assert texts == ["It does not work.", "Words 0", "Words 1"]
        await until(lambda: len(desk.parsers()) == PARSERS, PATIENCE, desk.process.told)
