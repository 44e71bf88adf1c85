"""No storms (X6): two Deskgates that relay to each other, a vacation program, a list and a forger, by real SMTP and real DNS; and the desk
still works while its budgets are spent."""

import asyncio
import re
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from storage.engine import connect
from tests.auth.nameserver import Zone, name_server
from tests.conftest import fresh_database
from tests.desk.storming import MARKS
from tests.journeys.running import TOKEN_IS_ENOUGH, Running, letter, reply_to, running, write_config
from tests.peers.smtp_peer import Received, SmtpPeer
from tests.processes.harness import parent

DOMAIN, NETWORK = 7, 20
ONE = f"[budget]\nper_author_domain_hour = {DOMAIN}\nper_network_hour = {NETWORK}\n"
OTHER = "[budget]\noverall_hour = 3\n"
ZONE: Zone = {("_dmarc.forged.test", "TXT"): ["v=DMARC1; p=reject"], ("forged.test", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"]}
DANA = "Dana Agent <dana@staff.test>"


class Between:
    """The relay of both: what it gets it hands on, to a desk or to whoever answers at that address."""

    def __init__(self, peer: SmtpPeer) -> None:
        self.peer = peer
        self.desks: dict[str, Running] = {}
        self.programs: dict[str, Callable[[Received], Awaitable[None]]] = {}
        self.strips = False
        self._done = 0

    async def run(self) -> None:
        while True:
            while self._done < len(self.peer.messages):
                received = self.peer.messages[self._done]
                for each in received.recipients:
                    await self.hand_on(received, each)
                self._done += 1
            await asyncio.sleep(0.02)

    async def hand_on(self, received: Received, recipient: str) -> None:
        if (program := self.programs.get(recipient)) is not None:
            await program(received)
        elif (desk := self.desks.get(recipient.rpartition("@")[2])) is not None:
            content = stripped(received.content, self._done) if self.strips else received.content
            await desk.send(content, recipient, reverse_path=received.reverse_path)

    async def quiet(self) -> None:
        """Until nothing is under way, at any of them."""
        while True:
            before = len(self.peer.messages)
            for desk in self.desks.values():
                await desk.quiet()
            while self._done < len(self.peer.messages):
                await asyncio.sleep(0.02)
            for desk in self.desks.values():
                await desk.quiet()
            if before == len(self.peer.messages) == self._done:
                return

    def to(self, domain: str) -> list[Received]:
        return [each for each in self.peer.messages if each.recipients[0].endswith(f"@{domain}")]


def stripped(content: bytes, number: int) -> bytes:
    head, _, body = content.partition(b"\r\n\r\n")
    head = MARKS.sub(b"", head + b"\r\n")
    return re.sub(rb"(?im)^Message-ID:.*$", f"Message-ID: <{number}@relay.test>\r".encode(), head).replace(b"\r\r", b"\r") + b"\r\n" + body


@asynccontextmanager
async def neighbour(url: str, folder: Path, peer: SmtpPeer) -> AsyncIterator[Running]:
    """Another company's Deskgate: other.test, with a secret of its own."""
    folder.mkdir()
    engine = connect(url, pool_size=2)
    try:
        async with name_server({}) as dns:
            config = write_config(folder, url, peer.url, dns.port, tables=OTHER)
            words = config.read_text("utf-8").replace("desk.test", "other.test").replace("any.test", "another.test")
            config.write_text(words.replace("a secret of the journeys", "the neighbours' own secret"), "utf-8")
            async with parent(["-m", "gateway", "serve", "--config", str(config)], cwd=folder) as process:
                yield Running(process, peer, engine, config, await process.ready())
    finally:
        await engine.dispose()


async def silences(desk: Running) -> Counter[str]:
    rows = await desk.rows("SELECT data ->> 'why' AS why FROM ticket_events WHERE kind = 'silenced' ORDER BY id")
    return Counter(row["why"] for row in rows)


async def page(desk: Running, path: str) -> str:
    def ask() -> str:
        with urllib.request.urlopen(f"http://{desk.web}{path}", timeout=60) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(ask)


async def test_whatever_answers_our_letters_the_mail_stays_within_the_budgets_and_agents_go_on_working(
    server_url: str, template: str, tmp_path: Path
) -> None:
    async with (
        fresh_database(server_url, template) as url,
        fresh_database(server_url, template) as other_url,
        SmtpPeer() as peer,
        running(url, tmp_path, relay=peer, zone=ZONE, tables=ONE, trust=TOKEN_IS_ENOUGH) as one,
        neighbour(other_url, tmp_path / "other", peer) as other,
    ):
        between = Between(peer)
        between.desks = {"desk.test": one, "other.test": other}
        moving = asyncio.create_task(between.run())
        try:
            await two_desks_with_headers(between, one, other)
            await two_desks_through_a_relay_that_strips(between, one, other)
            await a_vacation_program_without_headers(between, one)
            await a_forger_and_a_list(between, one)
            await a_spent_domain_and_a_spent_network(between, one)
            await agents_go_on_working(between, one)
            await the_alarm_of_all_together(other)
            assert not moving.done(), "the relay between them was alive throughout"
        finally:
            moving.cancel()


async def two_desks_with_headers(between: Between, one: Running, other: Running) -> None:
    await one.send(letter("help@other.test", "support@desk.test", "Invoice", "Please pay."))
    await between.quiet()
    assert [len(between.to("other.test")), len(between.to("desk.test"))] == [1, 0]
    [ticket] = await other.rows("SELECT number FROM tickets")
    [event] = [each for each in (await other.ticket(ticket["number"]))["events"] if each["kind"] == "silenced"]
    assert event["data"] == {"kind": "registered", "why": "Auto-Submitted: auto-replied"}
    assert "no registration letter: Auto-Submitted: auto-replied" in (await other.json("inbound", "show", "1"))["decision"]


async def two_desks_through_a_relay_that_strips(between: Between, one: Running, other: Running) -> None:
    """The neighbour may write three automatic letters an hour; they are the last."""
    between.strips = True
    await one.send(letter("pomoc@other.test", "support@desk.test", "Faktura", "Proszę zapłacić."))
    await between.quiet()
    between.strips = False
    assert [len(between.to("other.test")), len(between.to("desk.test"))] == [1 + 4, 3]
    assert await silences(one) == {}
    assert (await silences(other))["the hour's budget of 3 automatic letters for all addresses together is spent"] == 1


async def the_alarm_of_all_together(other: Running) -> None:
    status = await other.json("status")
    assert status["automatic_letters"] == {"last_hour": 3, "budget": 3}
    assert "budget.overall_hour" in status["degraded"]
    assert (await page(other, "/healthz")).startswith("alive\ndegraded: the budget of 3 automatic letters an hour is spent")
    assert "deskgate_automatic_letters 3.0" in await page(other, "/metrics")
    await other.process.logged("automatic_letters_spent", "desk.test")


async def a_vacation_program_without_headers(between: Between, one: Running) -> None:
    async def away(received: Received) -> None:
        number = len(peer_of_anna())
        await one.send(letter("anna@vacation.test", "support@desk.test", f"Jestem na urlopie ({number})", f"Wracam {number} maja."))

    def peer_of_anna() -> list[Received]:
        return between.peer.to("anna@vacation.test")

    between.programs["anna@vacation.test"] = away
    await one.send(letter("anna@vacation.test", "support@desk.test", "Drukarka", "Nie działa."))
    await between.quiet()
    assert len(peer_of_anna()) == 5
    assert await silences(one) == {"the hour's budget of 5 automatic letters for this address is spent": 1}
    last = await one.rows("SELECT id, decision FROM inbound_messages ORDER BY id DESC LIMIT 1")
    assert "no registration letter: the hour's budget of 5 automatic letters for this address is spent" in last[0]["decision"]


async def a_forger_and_a_list(between: Between, one: Running) -> None:
    forged = await one.take(letter("victim@forged.test", "support@desk.test", "Prize", "You won."))
    posted = await one.take(letter("member@lists.test", "support@desk.test", "[list] Hello", "Hi.", List_Id="<list.lists.test>"))
    await between.quiet()
    assert between.to("forged.test") == between.to("lists.test") == []
    for row, why in ((forged, "its author's domain disowns it (DMARC fail)"), (posted, "it came by a mailing list")):
        events = [each for each in (await one.ticket(row["ticket"]))["events"] if each["kind"] == "silenced"]
        assert [each["data"]["why"] for each in events] == [why]
        assert f"no registration letter: {why}" in row["decision"]


async def a_spent_domain_and_a_spent_network(between: Between, one: Running) -> None:
    """All come from one network; ten letters have been written."""
    before = await silences(one)
    for number in range(DOMAIN + 2):
        await one.send(letter(f"user{number}@sub{number}.bulk.test", "support@desk.test", f"Offer {number}"))
    await between.quiet()
    assert len([each for each in between.peer.messages if each.recipients[0].endswith(".bulk.test")]) == DOMAIN
    for number in range(5):
        await one.send(letter(f"late@else{number}.test", "support@desk.test", "Hello?"))
    await between.quiet()
    written = [each for each in between.peer.messages if not each.recipients[0].endswith(("@staff.test", "@desk.test"))]
    assert len(written) == NETWORK
    assert await silences(one) - before == {
        f"the hour's budget of {DOMAIN} automatic letters for the author's domain is spent": 2,
        f"the hour's budget of {NETWORK} automatic letters for the peer's network is spent": 2,
    }


async def agents_go_on_working(between: Between, one: Running) -> None:
    """While nothing automatic goes out, agents are told of each mail, and what they write and do reaches the client."""
    told = [each for each in between.peer.to("dana@staff.test") if "Hello?" in each.subject]
    assert len(told) == 5
    [silent] = await one.rows("SELECT ticket FROM ticket_events WHERE kind = 'silenced' ORDER BY id DESC LIMIT 1")
    [notified] = [each for each in told if each.message["X-Deskgate-Ticket"] == str(silent["ticket"])]
    before = len(between.peer.messages)
    await one.send(reply_to(notified, DANA, "We are here."))
    await between.quiet()
    assert (await one.command("tickets", "set", str(silent["ticket"]), "--status", "closed", "--as", "dana@staff.test"))[0] == 0
    await between.quiet()
    [reply, closed] = [each for each in between.peer.messages[before:] if not each.recipients[0].endswith("@staff.test")]
    assert "We are here." in reply.text
    assert reply.recipients == closed.recipients
    assert re.fullmatch(r"late@else\d\.test", reply.recipients[0])
    rows = await one.rows("SELECT count(*) AS letters FROM automatic_letters")
    assert rows == [{"letters": NETWORK}]
