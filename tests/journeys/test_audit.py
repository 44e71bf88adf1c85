"""What operators do and read is in the audit log, and which configuration decided is told with each decision."""

import asyncio
import json
import os
import signal
import time
from typing import Any

import pytest
from sqlalchemy import text

from gateway.cli import deed as command_deed
from gateway.deeds import deed
from tests.journeys.lending import Lender
from tests.journeys.running import POLL, SECONDS, Running, letter

DANA = ("--as", "dana@staff.test")


async def entries(gateway: Running, *options: str) -> list[dict[str, Any]]:
    """In the order in which they were written, without those of looking at the log."""
    found: list[dict[str, Any]] = await gateway.json("audit", "list", "--limit", "1000", *options)
    return [each for each in reversed(found) if not each["action"].startswith("audit.")]


async def test_the_log_tells_who_did_and_read_what_and_no_clients_address(lend: Lender) -> None:
    async with lend() as gateway:
        taken = await gateway.take(letter("anna@client.test", "support@desk.test"))
        await gateway.quiet()
        [client] = await gateway.rows("SELECT id FROM clients")
        steps: list[tuple[tuple[str, ...], int]] = [
            (("tickets", "show", "1"), 0),
            (("tickets", "set", "1", "--status", "pending", "--priority", "high", *DANA), 0),
            (("tickets", "set", "1", "--status", "closed", "--as", "eve@client.test"), 1),
            (("tickets", "reply", "99", "--text", "Hello", *DANA), 1),
            (("clients", "show", "Anna@client.test"), 0),
            (("clients", "show", "ghost@client.test"), 1),
            (("suppressions", "add", "anna@client.test", "--why", "asked by anna@client.test"), 0),
            (("suppressions", "add", "ghost@client.test", "--why", "never wrote"), 0),
            (("suppressions", "lift", "nobody@client.test"), 1),
            (("inbound", "show", str(taken["id"]), "--raw"), 0),
            (("outbox", "list", "--to", "anna@client.test"), 0),
            (("outbox", "hold", "--why", "anna@client.test complained"), 0),
            (
                (
                    "outbox",
                    "release",
                ),
                0,
            ),
            (("outbox", "cancel", "1"), 1),
            (("tickets", "new", "--client", "new@client.test", "--subject", "Phone", "--text", "It rang.", *DANA), 0),
        ]
        for command, status in steps:
            got = await gateway.command(*command)
            assert got[0] == status, (command, got)
        told = await entries(gateway)
        ghost = told[7]["about"]["address"]
        assert len(ghost) == 1
        assert [(each["action"], each["access"], each["result"], each["about"]) for each in told] == [
            ("tickets.show", "read", "done", {"ticket": [1], "client": [client["id"]]}),
            ("tickets.set", "change", "done", {"ticket": [1]}),
            ("tickets.set", "change", "refused", {"ticket": [1]}),
            ("tickets.reply", "change", "refused", {"ticket": [99]}),
            ("clients.show", "read", "done", {"client": [client["id"]]}),
            ("clients.show", "read", "refused", {"address": ghost}),
            ("suppressions.add", "change", "done", {"client": [client["id"]]}),
            ("suppressions.add", "change", "done", {"address": ghost}),
            ("suppressions.lift", "change", "refused", told[8]["about"]),
            ("inbound.show", "read", "done", {"inbound": [taken["id"]], "ticket": [1]}),
            ("outbox.list", "read", "done", told[10]["about"]),
            ("outbox.hold", "change", "done", {}),
            ("outbox.release", "change", "done", {}),
            ("outbox.cancel", "change", "refused", {"outbox": [1]}),
            ("tickets.new", "change", "done", {"ticket": [2], "client": [client["id"] + 1]}),
        ]
        assert told[1]["changes"] == {"status": {"from": "new", "to": "pending"}, "priority": {"from": "normal", "to": "high"}}
        assert told[2]["why"].startswith("--as address:")
        assert "no such agent" in told[2]["why"]
        assert told[3]["why"].startswith("there is no ticket #99")
        here = f"{command_deed.user_name(os.geteuid())}@{os.uname().nodename}"
        assert {each["account"] for each in told} == {here}
        assert {told[1]["actor"], told[3]["actor"], told[14]["actor"]} == {"dana@staff.test"}
        assert told[2]["actor"] == told[0]["actor"] == command_deed.who().actor
        assert told[10]["about"]["client"] == [client["id"]]

        assert await gateway.rows("SELECT id FROM audit_log WHERE CAST(audit_log AS text) ILIKE '%client.test%'") == []
        about_anna = await entries(gateway, "--client", "anna@client.test")
        assert [each["action"] for each in about_anna] == ["tickets.show", "clients.show", "suppressions.add", "outbox.list"]
        assert [each["id"] for each in await entries(gateway, "--client", "ghost@client.test")] == [told[5]["id"], told[7]["id"]]
        assert [each["action"] for each in await entries(gateway, "--ticket", "99")] == ["tickets.reply"]
        assert {each["action"] for each in await entries(gateway, "--actor", "dana")} == {"tickets.set", "tickets.reply", "tickets.new"}
        assert await entries(gateway, "--until", "2020-01-01") == []
        status, out, _ = await gateway.command("audit", "list", "--ticket", "1", "--access", "change")
        assert (status, len(out.splitlines())) == (0, 3), out
        assert all(each in out for each in ("dana@staff.test", "tickets.set", "ticket 1", "status new → pending", "done")), out
        assert (await gateway.command("audit", "list", "--ticket", "7"))[1] == "no such entries\n"


async def test_a_log_that_is_whole_says_so_and_one_that_is_not_names_the_entry(lend: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lend() as gateway:
        await asyncio.gather(*(gateway.command("clients", "add", f"anna{number}@client.test") for number in range(4)))
        status, out, _ = await gateway.command("audit", "verify", "--json")
        verified = json.loads(out)
        assert (status, verified["whole"], verified["entries"], verified["head"]["id"]) == (0, True, 4, 4)
        kept = f"4:{verified['head']['digest']}"
        status, exported, _ = await gateway.command("audit", "export")
        assert [json.loads(line)["id"] for line in exported.splitlines()] == [1, 2, 3, 4]
        assert (await gateway.command("audit", "verify", "--file", "-", stdin=exported.encode()))[0] == 0
        forged = exported.replace("clients.add", "clients.show", 2).replace("clients.show", "clients.add", 1)
        status, _, err = await gateway.command("audit", "verify", "--file", "-", stdin=forged.encode())
        assert (status, "broken at entry 2" in err) == (1, True), err
        status, more, _ = await gateway.command("audit", "export", "--after", "4")
        assert [(json.loads(line)["id"], json.loads(line)["action"]) for line in more.splitlines()] == [(5, "audit.export")]

        # Somebody holds the log: what is read is shown all the same, and said not to be in it.
        monkeypatch.setattr(deed, "PATIENCE", text("SET LOCAL lock_timeout = '100ms'"))
        async with gateway.engine.begin() as holder:
            await holder.execute(text("SELECT id FROM audit_head FOR UPDATE"))
            status, out, err = await gateway.command("clients", "list", "--json")
        assert (status, len(json.loads(out))) == (0, 4)
        assert "has no entry of this (clients.list)" in err

        assert (await gateway.command("audit", "verify", "--expect", kept))[0] == 0
        await gateway.alter("ALTER TABLE audit_log DISABLE TRIGGER USER")
        await gateway.alter("DELETE FROM audit_log WHERE id = 3")
        status, out, err = await gateway.command("audit", "verify", "--json")
        assert (status, json.loads(out)["broken"]["id"], "entry 3 is missing" in err) == (1, 3, True), err
        await gateway.alter("DELETE FROM audit_log")
        status, _, err = await gateway.command("audit", "verify")
        assert (status, "missing at the end" in err) == (1, True), err
        await gateway.alter("UPDATE audit_head SET id = 0, digest = decode(repeat('00', 32), 'hex')")
        await gateway.alter("ALTER TABLE audit_log ENABLE TRIGGER USER")
        assert (await gateway.command("audit", "verify"))[0] == 0, "begun anew from nothing"
        status, _, err = await gateway.command("audit", "verify", "--expect", kept)
        assert (status, "written anew" in err) == (1, True), err
        assert (await gateway.command("audit", "verify", "--expect", "four"))[0] == 2


async def happened(gateway: Running, count: int) -> list[dict[str, Any]]:
    """The history, oldest first, once it has so many events."""
    deadline = time.monotonic() + SECONDS
    while len(found := await gateway.json("config", "history")) < count:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(POLL)
    return list(reversed(found))


async def test_each_decision_names_its_configuration_and_history_tells_what_it_was(lend: Lender) -> None:
    async with lend(outbound='user = "desk"\npassword = "hunter2-of-the-relay"\nsecurity = "starttls"') as gateway:
        first = await gateway.take(letter("anna@client.test", "support@desk.test", "One"))
        config = gateway.config.read_text()
        gateway.config.write_text(config.replace('name = "Example Desk"', 'name = "Another Desk"').replace("hunter2-", "hunter3-"))
        await gateway.process.reload()
        second = await gateway.take(letter("anna@client.test", "support@desk.test", "Two"))
        gateway.config.write_text(config + '\n[desk_of_nobody]\npassword = "hunter4"\n')
        known = len(gateway.process.log)
        gateway.process.signal(signal.SIGHUP)
        await gateway.process.logged("old_configuration_stays", after=known)
        gateway.config.write_text(config)

        events = await happened(gateway, 3)
        assert [each["kind"] for each in events] == ["reload", "reload", "refused"]
        one, two = events[0]["fingerprint"], events[1]["fingerprint"]
        assert one != two == events[2]["fingerprint"]
        assert [len(each["faults"]) for each in events] == [0, 0, 1]
        assert "desk_of_nobody" in events[2]["faults"][0]
        shown = [await gateway.json("inbound", "show", str(each["id"])) for each in (first, second)]
        assert [each["configuration"] for each in shown] == [one, two]

        told = await gateway.json("config", "diff")
        assert (told["from"], told["to"]) == (one, two)
        assert {each["path"]: (each["from"], each["to"]) for each in told["differences"]} == {
            "desk.name": ('"Example Desk"', '"Another Desk"'),
            "outbound.password": ('"********"', '"********" (another secret)'),
        }
        assert (await gateway.json("config", "diff", two[:6], one[:6]))["from"] == two
        status, out, _ = await gateway.command("config", "show", one[:8])
        assert (status, 'desk.name = "Example Desk"' in out, "hunter" in out) == (0, True, False)
        assert (await gateway.json("config", "show"))["configuration"]["desk"]["name"] == "Another Desk"
        assert [(await gateway.command("config", "show", each))[0] for each in ("ffffffff", "f")] == [1, 2]
        hidden = (
            "SELECT count(*) AS n FROM configurations, configuration_events e WHERE CONCAT(document, secrets, e.faults) LIKE '%hunter%'"
        )
        assert (await gateway.rows(hidden))[0]["n"] == 0
