"""A real Postfix as the relay, which writes reports of its own when the server behind it refuses a letter, or puts it off."""

import asyncio
from pathlib import Path

from tests.conftest import fresh_database
from tests.journeys.running import Running, letter, reply_to, running
from tests.peers.ports import free_ports
from tests.peers.postfix import installed, postfix
from tests.peers.smtp_peer import Received, SmtpPeer, reply

SECONDS = 60.0
SOON = "delay_warning_time = 1s\nconfirm_delay_cleared = yes\nmaximal_backoff_time = 5s\n"


class Behind(SmtpPeer):
    """The clients' server. The gateway is told of Postfix, which stands before it."""

    def __init__(self, relay: int) -> None:
        super().__init__()
        self._relay = relay

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self._relay}"

    @property
    def own_port(self) -> int:
        return int(super().url.rpartition(":")[2])


async def test_what_postfix_reports_reaches_the_agent_and_the_ticket(server_url: str, template: str, tmp_path: Path) -> None:
    installed()
    [port] = free_ports(1)
    options = 'bounce_domain = "bounce.test"\n[outbound.retry]\nfirst_delay = 0.5\nmax_delay = 1'
    async with (
        fresh_database(server_url, template) as url,
        Behind(port) as behind,
        running(url, tmp_path, relay=behind, outbound=options) as gateway,
    ):
        with postfix(port, gateway.smtp[1], behind.own_port, SOON):
            behind.on("RCPT", reply("550 5.1.1 anna does not live here"), matching=lambda address: "anna@" in address)
            behind.on("RCPT", reply("452 4.2.2 mailbox full for now"), matching=lambda address: "bob@" in address)
            for number, client in enumerate(("anna@client.test", "bob@client.test"), 1):
                await gateway.take(letter(client, "sales@desk.test", f"Question {number}"))
                notified = await about(gateway, f"New ticket: Question {number}")
                await gateway.send(reply_to(notified, "Dana Agent <dana@staff.test>", "An answer."))
            lost = await about(gateway, "A reply did not reach the client: Question 1")
            assert "550 5.1.1 anna does not live here" in " ".join(lost.text.split())
            assert "There is no mailbox at this address" in lost.text
            late = await about(gateway, "A reply is late: Question 2")
            assert "The client’s mailbox is full" in late.text
            await awaited(gateway, "SELECT id FROM ticket_events WHERE kind = 'bounced' AND ticket = 1", 2)
            await awaited(gateway, "SELECT id FROM ticket_events WHERE kind = 'delivery_delayed' AND ticket = 2", 2)
            [suppressed] = await gateway.rows("SELECT address, cause FROM suppressions")
            assert suppressed == {"address": "anna@client.test", "cause": "bounce"}

            behind.heal()
            await gateway.letters_to("bob@client.test", 2, SECONDS)
            # Postfix tells that the delay is over, too; it changes nothing.
            await awaited(gateway, "SELECT id FROM inbound_messages WHERE outcome = 'bounce' AND why LIKE '%has arrived%'", 1)
            states = await gateway.rows("SELECT r.state FROM outbox_recipients r WHERE r.address = 'bob@client.test'")
            assert {row["state"] for row in states} == {"sent"}
            assert len(await gateway.rows("SELECT number FROM tickets")) == 2
            assert not [each for each in gateway.relay.messages if "postmaster" in each.recipients[0].casefold()]


async def about(gateway: Running, subject: str) -> Received:
    """The letter to the agent that has this subject."""
    number = 1
    while True:
        found = await gateway.letters_to("dana@staff.test", number, SECONDS)
        if (wanted := next((each for each in found if each.subject.startswith(subject)), None)) is not None:
            return wanted
        number = len(found) + 1


async def awaited(gateway: Running, query: str, number: int) -> None:
    for _ in range(int(SECONDS / 0.1)):
        if len(await gateway.rows(query)) >= number:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{query}: {await gateway.rows('SELECT id, state, outcome, why FROM inbound_messages')}")
