"""Letters go straight to the recipients' mail servers: `relay = "mx"` in a gateway that serves."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.auth.nameserver import Zone
from tests.journeys.running import POLL, Running, letter, reply_to, running
from tests.journeys.telling import AS_DANA
from tests.peers.authority import Authority
from tests.peers.smtp_peer import Received, SmtpPeer, reply

CLIENTS, STAFF, OTHERS, NOBODY = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.99"
ZONE: Zone = {
    ("client.test", "MX"): [(10, "mx.client.test")],
    ("mx.client.test", "AAAA"): ["::1"],
    ("mx.client.test", "A"): [CLIENTS],
    ("staff.test", "MX"): [(10, "mx1.staff.test"), (20, "mx2.staff.test")],
    ("mx1.staff.test", "A"): [NOBODY],
    ("mx2.staff.test", "A"): [STAFF],
    ("other.test", "A"): [OTHERS],
    ("down.test", "MX"): [(10, "mx.down.test")],
    ("mx.down.test", "A"): [NOBODY],
    ("null.test", "MX"): [(0, ".")],
    ("unknown.test", "MX"): "servfail",
    ("loop.test", "MX"): [(10, "mx.desk.test")],
}
OUTBOUND = "mx_port = {port}\nretry = {{ first_delay = 0.3, max_delay = 1 }}\n"
DANA = "Dana Agent <dana@staff.test>"


class Straight(SmtpPeer):
    """A mail server at an address of its own; as the relay of a gateway it stands for having none."""

    def __init__(self, address: str, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(port=port, tls=tls)
        self.host = address

    @property
    def url(self) -> str:
        return "mx"

    async def got(self, address: str, number: int = 1) -> list[Received]:
        async with asyncio.timeout(60):
            while len(found := self.to(address)) < number:
                await asyncio.sleep(POLL)
        return found


class World:
    def __init__(self, gateway: Running, clients: Straight, staff: Straight, others: Straight) -> None:
        self.gateway, self.clients, self.staff, self.others = gateway, clients, staff, others

    async def write_to(self, *clients: str) -> None:
        for each in clients:
            status, _, err = await self.gateway.command("tickets", "new", "--client", each, "--subject", "S", "--text", "T", *AS_DANA)
            assert status == 0, err

    async def letter_to(self, address: str, state: str) -> dict[str, Any]:
        """As `outbox show` has it, once it was tried and is in that state."""
        query = """SELECT m.id FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id
                   WHERE r.address = :address AND m.state = :state AND r.reply IS NOT NULL"""
        async with asyncio.timeout(60):
            while not (rows := await self.gateway.rows(query, address=address, state=state)):
                await asyncio.sleep(POLL)
        shown: dict[str, Any] = await self.gateway.json("outbox", "show", str(rows[0]["id"]))
        return shown


@asynccontextmanager
async def straight(database_url: str, folder: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(Straight(CLIENTS, tls=Authority(folder).context("somebody.test")))
        staff = await stack.enter_async_context(Straight(STAFF, clients.port))
        others = await stack.enter_async_context(Straight(OTHERS, clients.port))
        serving = running(database_url, folder, relay=clients, zone=ZONE, outbound=OUTBOUND.format(port=clients.port))
        yield World(await stack.enter_async_context(serving), clients, staff, others)


async def test_letters_find_the_mail_servers_of_everybody_they_go_to(database_url: str, tmp_path: Path) -> None:
    async with straight(database_url, tmp_path) as around:
        await the_way_there_and_back(around)
        await where_nobody_takes_it(around)
        await one_dead_domain_stops_no_other(around)


async def the_way_there_and_back(around: World) -> None:
    gateway = around.gateway
    around.staff.on("RCPT", reply("450 4.2.0 greylisted, come again"), times=2)
    await gateway.take(letter("ann@client.test", "support@desk.test"))
    # Nobody answers at the client's IPv6 address; the certificate at the other is nobody's, and better than none.
    [told] = await around.clients.got("ann@client.test")
    assert told.tls
    # Of the agents' servers the first is down, and the second greylists both of them.
    [to_dana] = await around.staff.got("dana@staff.test")
    await around.staff.got("oleg@staff.test")
    await gateway.take(reply_to(to_dana, DANA, "It is the fuse."))
    assert any("It is the fuse." in each.text for each in await around.clients.got("ann@client.test", 2))


async def where_nobody_takes_it(around: World) -> None:
    await around.write_to("bob@null.test", "bob@nothing.test", "bob@loop.test", "bob@down.test", "bob@unknown.test")
    for domain, answer in (
        ("null.test", "556 5.1.10 null.test takes no mail: "),
        ("nothing.test", "550 5.1.2 nobody takes mail for nothing.test: "),
        ("loop.test", "554 5.4.6 mail for loop.test would come back to this server, mx.desk.test: "),
    ):
        failed = await around.letter_to(f"bob@{domain}", "failed")
        assert failed["recipients"][0]["reply"].startswith(answer)
        assert failed["attempts"] == 1
    down = await around.letter_to("bob@down.test", "queued")
    assert down["last_error"] == "mx.down.test (127.0.0.99): connection refused"
    assert down["next_attempt_at"] is not None
    unknown = await around.letter_to("bob@unknown.test", "queued")
    assert unknown["last_error"] == "451 4.4.3 the mail servers of unknown.test could not be looked up"


async def one_dead_domain_stops_no_other(around: World) -> None:
    """What one of two domains has got is not sent again while the other is tried."""
    gateway = around.gateway
    await gateway.take(letter("carl@other.test", "support@desk.test"))
    notified = [
        each for each in await around.staff.got("dana@staff.test", 2) if "carl@other.test" in each.text or "carl" in str(each.message)
    ]
    await gateway.take(reply_to(notified[-1], DANA, "For both of you.\n@cc dora@down.test"))
    await around.letter_to("dora@down.test", "queued")
    both = await around.others.got("carl@other.test", 2)
    assert ["For both of you." in each.text for each in both].count(True) == 1
    query = "SELECT attempts FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id WHERE r.address = 'dora@down.test'"
    async with asyncio.timeout(60):
        while (await gateway.rows(query))[0]["attempts"] < 3:
            await asyncio.sleep(POLL)
    assert len(around.others.to("carl@other.test")) == 2
