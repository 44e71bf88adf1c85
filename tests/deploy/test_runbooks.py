"""The runbooks of docs/runbooks, carried out block by block; and what has to be so afterwards."""

import asyncio
import re
import secrets
import time
from typing import Any

import asyncpg
import pytest

from storage.embedded.layout import Layout
from storage.engine import connect
from tests.conftest import plain
from tests.deploy.operator import (
    SECONDS,
    asked_for_a_password,
    book_start,
    by_hand,
    configure,
    deskgate,
    received,
    refused_without_it,
    rows,
    send,
    stop,
    superuser,
    until_rows,
)
from tests.deploy.runbook import FOLDER, Machine, Runbook
from tests.journeys.in_process import run_here
from tests.journeys.running import letter, reply_to
from tests.peers.smtp_peer import Received, SmtpPeer
from tests.searching import places

pytestmark = pytest.mark.timeout(300)

HELD = """
[[rule]]
name = "to look at"
[rule.when]
subject = "Hold me"
[rule.then]
hold = true
"""
TESTED = ("incidents", "moving-the-database", "restoring", "rotating-secrets", "shadow-mode", "upgrading")


def test_every_runbook_is_tested_and_listed() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README") == list(TESTED)
    listed = (FOLDER / "README.md").read_text()
    assert [name for name in TESTED if f"({name}.md)" not in listed] == []


async def test_restoring(machine: Machine, database_url: str, empty_url: str, relay: SmtpPeer) -> None:
    configure(machine, database_url, relay)
    needs = {
        "DATABASE_URL": plain(database_url), "RESTORED_URL": plain(empty_url), "CONFIG": machine.etc,
        "BACKUP": machine.home / "backup", "DRILL": machine.home / "drill",
    }  # fmt: skip
    book = Runbook("restoring", machine, needs)
    await book_start(machine)
    # So that letters of the time before the back-up still wait in it.
    await by_hand(machine, "outbox", "hold", "--why", "too early")
    await send(machine, letter("anna@client.test", "sales@desk.test", "Before"))
    await send(machine, letter("eva@client.test", "sales@desk.test", "Erased"))
    await until_rows(database_url, "SELECT count(*) FROM outbox_messages WHERE state = 'queued'", [(4,)])
    await book.run("Make the back-up")

    await by_hand(machine, "outbox", "release")
    await received(relay, "anna@client.test", "Before")
    await received(relay, "dana@staff.test", "Before")
    await send(machine, letter("bert@client.test", "sales@desk.test", "After"))
    await received(relay, "bert@client.test", "After")
    await received(relay, "dana@staff.test", "After")
    await send(machine, letter("eva@client.test", "sales@desk.test", "Erased as well"))
    await received(relay, "dana@staff.test", "Erased as well")
    await until_rows(database_url, "SELECT count(*) FROM outbox_messages WHERE state <> 'sent'", [(0,)])
    await by_hand(machine, "erase", "--client", "eva@client.test", "--yes")
    relay.messages.clear()

    await book.run("Restore it")
    told = await book.run("Look at it")
    assert "restored from a back-up" in told
    assert "Before" in told
    assert "After" not in told
    restored = connect(empty_url, pool_size=1)
    assert await places(restored, "eva@client.test") != []
    await book.run("Erase again who was erased since")
    assert await places(restored, "eva@client.test") == []
    await restored.dispose()
    await book.run("Leave out letters that went already")
    assert await rows(empty_url, "SELECT DISTINCT state FROM outbox_messages") == [("cancelled",)]
    await book.run("Do not give out a number twice")
    await book.run("Bring mail that came since")
    assert await rows(empty_url, "SELECT reverse_path, recipients FROM inbound_messages WHERE state = 'queued'") == [
        ("bert@client.test", ["sales@desk.test"])
    ]
    await book.run("Let it serve")
    await received(relay, "dana@staff.test", "After")
    await until_rows(empty_url, "SELECT number, subject FROM tickets ORDER BY 1", [(1, "Before"), (2, "(erased)"), (1003, "After")])
    await until_rows(empty_url, "SELECT count(*) FROM outbox_messages WHERE state IN ('queued', 'leased')", [(0,)])
    assert "Before" not in str([each.subject for each in relay.messages]), "what went already goes no second time"
    assert "eva@client.test" not in str([each.recipients for each in relay.messages])
    book.whole()


async def test_moving_the_database(machine: Machine, empty_url: str, relay: SmtpPeer) -> None:
    """From the embedded one to a server."""
    configure(machine, "embedded", relay)
    await book_start(machine)
    await send(machine, letter("anna@client.test", "sales@desk.test", "Printer"))
    notified = await received(relay, "dana@staff.test", "Printer")
    needs = {
        "OLD_URL": plain(Layout.of(machine.home / "data").url),
        "NEW_URL": plain(empty_url),
        "CONFIG": machine.etc,
        "DUMP": machine.home / "moving.dump",
    }
    book = Runbook("moving-the-database", machine, needs)
    (machine.etc / "secrets" / "desk_secret").unlink()
    await book.run("Rehearse")
    relay.messages.clear()
    await book.run("Stop mail")
    assert sorted(each for each in (machine.home / "out").read_text().split() if "=" in each)[0].startswith("web=")
    await book.run("Copy")
    told = await book.run("Point the service at it")
    assert "copied from another server" in told
    await book.run("Serve from it")
    await send(machine, reply_to(notified, "Dana Agent <dana@staff.test>", "On our way."))
    await received(relay, "anna@client.test", "On our way.")
    assert [each for each in relay.messages if "Printer" in each.subject and "On our way." not in each.text] == [], "nothing went twice"
    assert await rows(empty_url, "SELECT kind FROM articles WHERE kind <> 'notice' ORDER BY id") == [("client_message",), ("agent_reply",)]
    book.whole()


async def test_shadow_mode(machine: Machine, database_url: str, empty_url: str, relay: SmtpPeer) -> None:
    configure(machine, database_url, relay)
    old_mail = machine.home / "mail"
    old_mail.mkdir()
    for number in range(2):
        (old_mail / f"{number}.eml").write_bytes(letter(f"c{number}@client.test", "sales@desk.test", "Old").as_bytes())
    book = Runbook("shadow-mode", machine, {"CONFIG": machine.etc, "FRESH_URL": plain(empty_url), "MAIL": old_mail})
    assert "2" in (await book.run("Ask first, without anything running")).split()
    assert "off" in await book.run("Begin")
    await send(machine, letter("Anna Client <anna@client.test>", "sales@desk.test", "Printer"))
    await until_rows(database_url, "SELECT subject FROM tickets", [("Printer",)])
    # A command beside it is in the same shadow.
    status, _, error = await run_here(
        "tickets", "set", "1", "--status", "closed", "--as", "dana@staff.test", "--config", str(machine.config)
    )
    assert status == 0, error
    assert "Printer" in await book.run("Compare")
    assert await rows(database_url, "SELECT DISTINCT state FROM outbox_messages") == [("cancelled",)]
    await book.run("Switch")
    await send(machine, letter("anna@client.test", "sales@desk.test", "Really"))
    await received(relay, "anna@client.test", "Really")
    assert {re.sub(r" \[#\d+\]$", "", each.subject) for each in relay.messages}.isdisjoint({"Printer"})
    assert await rows(empty_url, "SELECT name FROM clients") == [("Anna Client",)], "known from the shadow"
    assert (await deskgate(machine, "status"))["sending"] == "on"
    book.whole()


async def test_incidents_and_then_rotating_secrets(machine: Machine, database_url: str, relay: SmtpPeer) -> None:
    """Two runbooks and one service: a start costs seconds of processor time."""
    configure(machine, database_url, relay, rules=HELD)
    await book_start(machine)
    await incidents(machine, database_url)
    await rotating_secrets(machine, database_url, relay)


async def incidents(machine: Machine, database_url: str) -> None:
    book = Runbook("incidents", machine, {"DATABASE_URL": plain(database_url)})
    for author in ("anna@client.test", "offers@ads.example.net"):
        await send(machine, letter(author, "sales@desk.test", "Hold me"))
    states = "SELECT author, state FROM inbound_messages ORDER BY id"
    await until_rows(database_url, states, [("anna@client.test", "held"), ("offers@ads.example.net", "held")])
    assert "to look at" in await book.run("Held mail")
    await until_rows(database_url, states, [("anna@client.test", "done"), ("offers@ads.example.net", "ignored")])

    assert "deskgate" in await book.run("A dead pipeline")

    forgotten = await asyncpg.connect(plain(database_url))
    try:
        await forgotten.execute("BEGIN; SELECT txid_current()")
        told = await book.run("An old transaction")
        assert "idle in transaction" in told
        # An hour is not waited for: what it would end, it shows; what is shorter it leaves alone.
        assert await forgotten.fetchval("SELECT 1") == 1
    finally:
        await forgotten.close()
    assert await rows(database_url, "SHOW idle_in_transaction_session_timeout") == [("1h",)]

    await by_hand(machine, "outbox", "hold", "--why", "wrong template")
    assert "paused: wrong template" in await book.run("Sending is paused")
    assert (await deskgate(machine, "status"))["sending"] == "on"
    assert "inbound_contents" in await book.run("The disk is full")
    book.whole()


async def rotating_secrets(machine: Machine, database_url: str, relay: SmtpPeer) -> None:
    login = f"runbook_{secrets.token_hex(4)}"
    needs = {
        "CONFIG": machine.etc,
        "DATABASE_URL": plain(database_url),
        "ADMIN_URL": superuser(database_url),
        "LOGIN": login,
        "DOMAIN": "desk.test",
    }
    book = Runbook("rotating-secrets", machine, needs)
    await send(machine, letter("anna@client.test", "sales@desk.test", "Printer"))
    old = await received(relay, "dana@staff.test", "Printer")

    async def outcome(answered: Received, words: str) -> list[tuple[Any, ...]]:
        before = await rows(database_url, "SELECT max(id) FROM inbound_messages")
        await send(machine, reply_to(answered, "Dana Agent <dana@staff.test>", words))
        query = f"SELECT state, outcome FROM inbound_messages WHERE id > {before[0][0]} AND state NOT IN ('queued', 'leased')"
        deadline = time.monotonic() + SECONDS
        while not (found := await rows(database_url, query)):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        return found

    await book.run("desk.secret")
    assert await outcome(old, "One.") == [("done", "agent_reply")]
    await book.run("desk.secret, second step")
    assert await outcome(old, "Two.") == [("done", "agent_reply")]
    await send(machine, letter("bert@client.test", "sales@desk.test", "Scanner"))
    new = await received(relay, "dana@staff.test", "Scanner")
    await book.run("desk.secret has leaked, or its time is over")
    assert await outcome(new, "Three.") == [("done", "agent_reply")]
    assert (await outcome(old, "Four."))[0][0] == "held"

    await book.run("DKIM")
    await send(machine, letter("carl@client.test", "sales@desk.test", "Signed"))
    signed = await received(relay, "carl@client.test", "Signed")
    assert "s=next" in str(signed.message["DKIM-Signature"])
    await book.run("The relay's password")

    try:
        async with asked_for_a_password(database_url, login):
            await book.run("The database's password")
            await refused_without_it(database_url, login)
        logins = "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'deskgate %' AND datname = current_database()"
        assert await rows(database_url, "SELECT DISTINCT tableowner = current_user FROM pg_tables WHERE schemaname = 'public'") == [(True,)]
        await send(machine, letter("dora@client.test", "sales@desk.test", "By another login"))
        await received(relay, "dora@client.test", "By another login")
        await until_rows(database_url, logins, [(login,)])
    finally:
        await stop(machine)
        await rows(superuser(database_url), f"DROP ROLE IF EXISTS {login}")
    book.whole()
