"""SIGTERM and SIGHUP while mail comes in on many connections."""

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.load import CONNECTIONS, load
from tests.faults.service import PARSERS, PATIENCE, service
from tests.ingress.smtp_client import Client
from tests.journeys.running import letter
from tests.peers.smtp_peer import SmtpPeer
from tests.processes.harness import alive, until

pytestmark = pytest.mark.timeout(240)

DRAIN_SECONDS = 60.0
RETAKEN_WITHIN = 30.0
"""CONTRACT: leases of a dead process are retaken within so many seconds."""
SWEEP_SECONDS = 5.0
"""Between two looks for leases that are over."""
LEFT = "SELECT extract(epoch FROM lease_until - clock_timestamp())::float8 AS seconds FROM inbound_messages WHERE state = 'leased'"


async def test_sigterm_under_load_finishes_or_says_421_and_loses_nothing(tmp_path: Path, database_url: str, relay: SmtpPeer) -> None:
    async with service(tmp_path, relay, database_url, server="processes = 2", tables=f"[limits]\ndrain_seconds = {DRAIN_SECONDS}") as desk:
        async with load(desk, persistent=False) as clients, Client(desk.smtp[1], desk.smtp[0]) as half:
            await half.hello()
            await half.envelope("half@client.test", "support@desk.test")
            assert (await half.say("DATA")).startswith("354")
            half.send(b"Subject: Half\r\n\r\nOne half,\r\n")
            await clients.until_acknowledged(5 * CONNECTIONS)
            began = time.monotonic()
            desk.process.signal(signal.SIGTERM)
            await until(lambda: len(clients.ends) == CONNECTIONS, PATIENCE, desk.process.told)
            assert (await half.say(b"and the other.\r\n.\r\n")).startswith("250"), "a message under way is work in hand"
            assert (await half.reply())[:3] in ("421", "")
            assert await desk.process.ends(PATIENCE) == 0
            assert time.monotonic() - began < DRAIN_SECONDS
        # A reset is the kernel's answer to a command that crossed our 421.
        assert len(clients.ends) == CONNECTIONS
        assert {"421"} <= set(clients.ends) <= {"421", "reset"}, Counter(clients.ends)
        assert not [line for line in desk.process.log if "killed_for_lateness" in line]
        assert not await desk.rows("SELECT id FROM inbound_messages WHERE state = 'leased'"), "whoever stops hands back what it holds"
        await desk.end()
        await desk.start()
        await desk.settled(len(clients.acknowledged) + 1, PATIENCE)
        await desk.quiet(PATIENCE)
        subjects = [each["subject"] for each in await desk.rows("SELECT subject FROM tickets")]
        assert len(subjects) == len(set(subjects))
        # What was committed in the moment of a disconnection is there too, though nobody could tell its sender.
        assert set(subjects) >= {*clients.acknowledged, "Half"}
        assert await desk.repeated_letters() == 0


async def test_sighup_under_load_drops_no_connection_whether_the_file_is_good_or_bad(
    tmp_path: Path, database_url: str, relay: SmtpPeer
) -> None:
    async with service(tmp_path, relay, database_url) as desk:
        children = desk.process.children()
        good = desk.config.read_text()
        async with load(desk, persistent=False) as clients:
            for number in range(2, 5):
                await clients.until_acknowledged(CONNECTIONS)
                desk.config.write_text(good.replace('name = "Support Team"', f'name = "Team {number}"'))
                desk.process.signal(signal.SIGHUP)
                await desk.process.logged("configuration_handed_on", f"number={number}", seconds=PATIENCE)
                await clients.until_acknowledged(CONNECTIONS)
                desk.config.write_text(good.replace('department = "support"', 'department = "nowhere"'))
                desk.process.signal(signal.SIGHUP)
                await desk.process.logged("old_configuration_stays", f"number={number}", seconds=PATIENCE)
            await clients.until_acknowledged(CONNECTIONS)
        assert clients.ends == []
        assert desk.process.children() == children, "nobody was replaced"
        await desk.settled(len(clients.acknowledged), PATIENCE)
        await desk.quiet(PATIENCE)
        assert sorted(each["subject"] for each in await desk.rows("SELECT subject FROM tickets")) == sorted(clients.acknowledged)
        names = {each.message["From"].addresses[0].display_name for each in desk.relay.messages if each.subject.startswith("Mail")}
        assert {"Team 4"} <= names <= {"Support Team", "Team 2", "Team 3", "Team 4"}, names


async def test_what_a_killed_intake_held_is_taken_up_again_within_30_seconds(tmp_path: Path, database_url: str, relay: SmtpPeer) -> None:
    async with service(tmp_path, relay, database_url) as desk:
        await desk.deliver(letter("anna@client.test", "support@desk.test", "To see that all are at work"))
        await desk.settled(1, PATIENCE)
        await until(lambda: len(desk.parsers()) == PARSERS, PATIENCE, desk.process.told)
        stopped = desk.parsers()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        await desk.deliver(letter("anna@client.test", "support@desk.test", "Held"))
        while [each["state"] for each in await desk.rows("SELECT state FROM inbound_messages ORDER BY id")] != ["done", "leased"]:
            await asyncio.sleep(0.02)
        await desk.kill("intake-0")
        [left] = await desk.rows(LEFT)
        assert left["seconds"] + SWEEP_SECONDS < RETAKEN_WITHIN
        await desk.alter("UPDATE inbound_messages SET lease_until = clock_timestamp() WHERE state = 'leased'")
        # Who stood still before it had asked to die with its parent would stand there for ever.
        for pid in filter(alive, stopped):
            os.kill(pid, signal.SIGCONT)
        _, row = await desk.settled(2, PATIENCE)
        assert (row["state"], row["outcome"], row["attempts"]) == ("done", "ticket", 2)
