"""From addresses in a running gateway: proven by a code (Z7), by a server of their own (Z8), or not at all (Z6, Z9, U6, C12)."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.journeys.reports import dsn
from tests.journeys.running import POLL, Running, letter, reply_to, running
from tests.peers.smtp_peer import Received, SmtpPeer
from tests.waiting import PATIENCE

ZONE = {
    ("mx.desk.test", "A"): ["192.0.2.10"],
    ("proven.test", "TXT"): ["v=spf1 ip4:192.0.2.10 -all"],
    ("plain.test", "TXT"): ["v=spf1 -all"],
    ("mute.test", "TXT"): "servfail",
}
TABLES = """
[outbound.retry]
first_delay = 0.5
max_delay = 1
[[from_address]]
address = "hello@proven.test"
name = "Proven"
department = "support"
[[from_address]]
address = "hello@plain.test"
name = "Plain"
department = "support"
[[from_address]]
address = "hello@mute.test"
[[from_address]]
address = "hello@off.test"
enabled = false
[[from_address]]
address = "box@provider.test"
name = "The Box"
department = "sales"
default = true
[from_address.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
user = "account@provider.test"
password = "secret"
"""


@pytest_asyncio.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Running, SmtpPeer]]:
    async with SmtpPeer(users={"account@provider.test": "secret"}) as box:
        tables = TABLES.format(port=box.port)
        async with running(database_url, tmp_path, zone=ZONE, tables=tables) as desk:
            yield desk, box


def author(received: Received) -> tuple[str, str]:
    [found] = received.message["From"].addresses
    return found.display_name, found.addr_spec


def answered_to(received: Received) -> list[tuple[str, str]]:
    return [(each.display_name, each.addr_spec) for each in received.message["Reply-To"].addresses] if received.message["Reply-To"] else []


def code_in(received: Received) -> str:
    [command] = re.findall(r"deskgate senders confirm (\S+)", received.text)
    return str(command)


async def standing(desk: Running, address: str) -> dict[str, object]:
    return next(each for each in await desk.json("senders", "list") if each["address"] == address)


async def test_from_addresses(desk: tuple[Running, SmtpPeer]) -> None:
    gateway, box = desk
    # A new address is sent a code by itself; a disabled one, a gateway's and one with a server are not.
    [proven] = await gateway.letters_to("hello@proven.test")
    [plain] = await gateway.letters_to("hello@plain.test")
    assert proven.message["Auto-Submitted"] == "auto-generated"
    assert author(proven) == ("Support Team", "support@desk.test")
    assert not gateway.relay.to("hello@off.test")
    assert (await standing(gateway, "hello@proven.test"))["state"] == "unverified"

    await gateway.take(letter("Anna <anna@client.test>", "support@desk.test"))
    [told] = await gateway.letters_to("dana@staff.test")
    await gateway.take(reply_to(told, "dana@staff.test", "Try again.\n\n@from hello@proven.test"))
    [_, first] = await gateway.letters_to("anna@client.test", 2)
    assert author(first) == ("Dana Agent", "support@desk.test")
    assert answered_to(first) == [("Support Team", "support@desk.test")]

    status, out, err = await gateway.command("senders", "confirm", code_in(proven).upper())
    assert (status, err) == (0, "")
    assert "letters bear it" in out
    status, out, err = await gateway.command("senders", "confirm", code_in(plain))
    assert status == 0
    assert "vouches for our letters neither" in err
    assert (await standing(gateway, "hello@plain.test"))["state"] == "unaligned"

    [mute] = await gateway.letters_to("hello@mute.test")
    status, out, err = await gateway.command("senders", "confirm", code_in(mute))
    assert (status, "DNS has not answered yet" in err) == (0, True)
    assert (await standing(gateway, "hello@mute.test"))["state"] == "unaligned"

    await gateway.take(reply_to(told, "dana@staff.test", "Once more.\n\n@from hello@proven.test"))
    [*_, second] = await gateway.letters_to("anna@client.test", 3)
    assert author(second) == ("Dana Agent", "hello@proven.test")
    assert answered_to(second) == [("Support Team", "support@desk.test")]
    assert second.reverse_path == "hello@proven.test"

    await gateway.take(reply_to(told, "dana@staff.test", "And again.\n\n@from Plain"))
    [*_, third] = await gateway.letters_to("anna@client.test", 4)
    assert author(third) == ("Dana Agent via Example Desk", "support@desk.test")
    assert answered_to(third) == [("Support Team", "support@desk.test")]
    assert third.reverse_path == "support@desk.test"

    # A default with a server of its own, of another department.
    await gateway.take(letter("Boris <boris@client.test>", "sales@desk.test", "How much?"))
    await gateway.quiet()
    [told] = [each for each in gateway.relay.to("dana@staff.test") if "How much" in each.subject]
    await gateway.take(reply_to(told, "dana@staff.test", "Nothing."))
    [by_box] = await box.wait_for(1)
    assert by_box.reverse_path == by_box.login == "account@provider.test"
    assert author(by_box) == ("Dana Agent", "box@provider.test")
    assert answered_to(by_box) == [("Sales Team", "sales@desk.test")]
    assert by_box.recipients == ("boris@client.test",)


async def test_reports_disabling_and_a_server_that_is_away(desk: tuple[Running, SmtpPeer]) -> None:
    gateway, box = desk
    await gateway.take(letter("Boris <boris@client.test>", "sales@desk.test", "How much?"))
    [told] = await gateway.letters_to("dana@staff.test")
    await gateway.take(reply_to(told, "dana@staff.test", "Nothing."))
    [sent] = await box.wait_for(1)

    # The report goes to the account, whose mailbox is passed on to us: it names the letter by its id alone.
    await gateway.take(dsn(sent, "boris@client.test"), "sales@desk.test", reverse_path="")
    [ticket] = [each for each in await gateway.json("tickets", "list") if each["subject"] == "How much?"]
    shown = await gateway.json("tickets", "show", str(ticket["number"]))
    assert "bounced" in [each["kind"] for each in shown["events"]]

    # Its server away, its letters wait; those of others do not.
    await box.stop()
    await gateway.take(reply_to(told, "dana@staff.test", "Still nothing."))
    await gateway.take(letter("Carla <carla@client.test>", "support@desk.test", "Hello"))
    await gateway.letters_to("carla@client.test")
    # In hand while it is tried, it waits in between.
    async with asyncio.timeout(PATIENCE):
        while [each["kind"] for each in await gateway.json("outbox", "list", "--state", "queued")] != ["agent_reply"]:
            await asyncio.sleep(0.05)
    await box.start()
    await box.wait_for(2, timeout=30)

    # Its password changed there, the letter waits and says whose it is, and leaves once it is changed here too.
    right = gateway.config.read_text("utf-8")
    gateway.config.write_text(right.replace('password = "secret"', 'password = "old"'), "utf-8")
    await gateway.process.reload()
    await gateway.take(reply_to(told, "dana@staff.test", "Nothing yet."))
    while not (waiting := await gateway.rows("SELECT last_error FROM outbox_messages WHERE state = 'queued' AND attempts > 0")):
        await asyncio.sleep(POLL)
    where = f"the login of account@provider.test at 127.0.0.1:{box.port}"
    assert waiting[0]["last_error"] == f"535 5.7.8 wrong user or password ({where}; mend its user or password in the configuration)"
    gateway.config.write_text(right, "utf-8")
    await gateway.process.reload()
    await box.wait_for(3, timeout=30)

    # Switched off, it is never used again (Z9), though it was the default.
    config, table = gateway.config.read_text("utf-8"), "default = true\n[from_address.smtp]"
    gateway.config.write_text(config.replace(table, f"enabled = false\n{table}"), "utf-8")
    await gateway.process.reload()
    await gateway.take(reply_to(told, "dana@staff.test", "Not any more."))
    received = await gateway.letters_to("boris@client.test", 2)
    assert author(received[-1]) == ("Dana Agent", "sales@desk.test")
    from_box = ("--as", "dana@staff.test", "--from", "box@provider.test", "--text", "x")
    status, _, err = await gateway.command("tickets", "reply", str(ticket["number"]), *from_box)
    assert (status, "it is switched off" in err) == (1, True)
    status, _, err = await gateway.command("senders", "verify", "box@provider.test")
    assert (status, "switched off" in err) == (1, True)
