"""The wall clock of the gateway's machine jumps: nothing is early, and nothing is lost.

Letters and leases go by the database's clock, deadlines of connections by the monotonic one.
"""

import asyncio
from pathlib import Path

import pytest

from tests.faults.load import CONNECTIONS, load
from tests.faults.service import PATIENCE, service
from tests.faults.shim import Shim
from tests.ingress.smtp_client import Client
from tests.journeys.running import letter
from tests.peers.smtp_peer import SmtpPeer, reply

pytestmark = pytest.mark.timeout(240)

HOUR = 3600
JUMPS = (2 * HOUR, 0, -2 * HOUR, 400 * 24 * HOUR, -2 * 24 * HOUR)
"""Seconds beside the true time, one after another."""
DELAYED = """
[[notification]]
on = "registered"
to = "client"
send = "delayed"
delay_minutes = 60
[[notification]]
on = "new_ticket"
to = "department"
"""
AGENTS = 2
PUT_OFF = "Put off"
TRIED = """SELECT id, due_at, sent_at FROM outbox_messages WHERE kind = 'new_ticket' AND attempts > 0 AND ticket =
    (SELECT number FROM tickets WHERE subject = 'Put off') ORDER BY id"""
WAITING = "SELECT state, extract(epoch FROM due_at - created_at)::float8 AS wait, attempts FROM outbox_messages WHERE kind = 'registered'"


async def test_a_clock_that_jumps_makes_nothing_early_and_loses_nothing(tmp_path: Path, database_url: str, relay: SmtpPeer) -> None:
    shim = Shim(tmp_path)
    tables = DELAYED + "[limits]\nidle_seconds = 1800"
    relay.on("RCPT", reply("451 4.3.0 not now"), times=AGENTS)
    async with service(tmp_path, relay, database_url, environment=shim.environment, tables=tables) as desk:
        await desk.deliver(letter("anna@client.test", "support@desk.test", PUT_OFF))
        while len(due := await desk.rows(TRIED)) < AGENTS:
            await asyncio.sleep(0.05)
        async with Client(desk.smtp[1], desk.smtp[0]) as idle:
            await idle.hello()
            async with load(desk) as clients:
                for seconds in JUMPS:
                    await clients.until_acknowledged(CONNECTIONS)
                    shim.clock(seconds)
                    await clients.until_acknowledged(CONNECTIONS)
                    assert (await idle.say("NOOP")).startswith("250"), "an idle session is as old as it was"
            shim.clock(0)
        assert clients.replies.total() == 0, dict(clients.replies)
        now = await desk.rows(TRIED)
        assert [each["id"] for each in now] == [each["id"] for each in due]
        assert all((one["sent_at"] or one["due_at"]) >= before["due_at"] for one, before in zip(now, due, strict=True)), (due, now)
        await desk.alter("UPDATE outbox_messages SET due_at = now() WHERE state = 'queued'")
        done = await desk.settled(1 + len(clients.acknowledged), PATIENCE)
        assert {(each["state"], each["outcome"], each["attempts"]) for each in done} == {("done", "ticket", 1)}, "no lease ran out"
        await desk.quiet(PATIENCE)
        subjects = sorted(each["subject"] for each in await desk.rows("SELECT subject FROM tickets"))
        assert subjects == sorted([PUT_OFF, *clients.acknowledged])
        assert len(relay.messages) == AGENTS * len(subjects)
        delayed = await desk.rows(WAITING)
        assert len(delayed) == len(subjects)
        assert {(each["state"], round(each["wait"]), each["attempts"]) for each in delayed} == {("scheduled", HOUR, 0)}
        assert not [line for line in desk.process.log if "lease_lost" in line or "child_died" in line]
