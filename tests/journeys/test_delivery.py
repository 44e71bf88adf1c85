"""Letters on their way out: a relay's faults, reports that come back, the operator's brake, and freedom from loops (X6, X7, X9)."""

from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to, running, written
from tests.peers.smtp_peer import Fault, Received, SmtpPeer, close, hang, reply, reset

DANA = "Dana Agent <dana@staff.test>"
QUICKLY = "[outbound.retry]\nfirst_delay = 0.3\nmax_delay = 0.3"


async def ask(gateway: Running, author: str = "Anna <anna@client.test>") -> Received:
    """Opens a ticket of Dana's; her notification."""
    await gateway.take(letter(author, "sales@desk.test", "Printer on fire", "It burns."))
    return (await gateway.letters_to("dana@staff.test"))[-1]


FAULTS: dict[str, tuple[str, Fault]] = {
    "says 451 to a recipient": ("RCPT", reply("451 4.7.1 greylisted")),
    "says 451 to the content": ("END", reply("451 4.3.0 try later")),
    "says 421 at the greeting": ("CONNECT", reply("421 4.3.2 too busy")),
    "hangs at a recipient": ("RCPT", hang()),
    "drops the connection in the content": ("CONTENT", close(after=60)),
    "tears the connection down in the content": ("CONTENT", reset(after=60)),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_a_letter_survives_a_relay_that(what: str, lend: Lender) -> None:
    command, fault = FAULTS[what]
    async with lend(outbound="timeout = 1", tables=QUICKLY) as gateway:
        gateway.relay.on(command, fault, times=1)
        await ask(gateway)
        await gateway.letters_to("anna@client.test")
        await gateway.quiet()
        assert Counter(each.recipients for each in gateway.relay.messages) == {("anna@client.test",): 1, ("dana@staff.test",): 1}
        rows = await gateway.rows("SELECT state, attempts, last_error FROM outbox_messages ORDER BY attempts")
        assert [row["state"] for row in rows] == ["sent", "sent"]
        assert rows[-1]["attempts"] >= 2, f"the fault was met: {rows}"


async def test_what_a_relay_refuses_for_good_is_told_on_the_ticket_and_to_the_agent_who_wrote_it(lend: Lender) -> None:
    async with lend(tables=QUICKLY) as gateway:
        relay = gateway.relay
        relay.on("RCPT", reply("550 5.1.1 no such user"), matching=lambda address: "anna@" in address)
        notified = await ask(gateway)
        await gateway.quiet()
        [failed] = [each for each in (await gateway.ticket(1))["events"] if each["kind"] == "delivery_failed"]
        assert (failed["data"]["kind"], failed["data"]["address"]) == ("registered", "anna@client.test")
        assert "550 5.1.1 no such user" in failed["data"]["reply"]
        assert len(relay.to("dana@staff.test")) == 1, "nobody wrote the notice, so nobody is told of it by letter"

        await gateway.take(reply_to(notified, DANA, "Use the extinguisher."))
        letters = {each.subject.partition(":")[0]: each for each in await gateway.letters_to("dana@staff.test", 3)}
        assert set(letters) == {"New ticket", "Your reply may not arrive", "A reply did not reach the client"}
        assert all("550 5.1.1 no such user" in each.text for what, each in letters.items() if what != "New ticket")
        await gateway.quiet()
        events = (await gateway.ticket(1))["events"]
        assert [each["data"]["kind"] for each in events if each["kind"] == "delivery_failed"] == ["registered", "agent_reply"]
        states = {row["kind"]: row["state"] for row in await gateway.rows("SELECT kind, state FROM outbox_messages")}
        assert states == {
            "registered": "failed", "new_ticket": "sent", "agent_reply": "failed", "receipt": "sent", "failed_delivery": "sent",
        }  # fmt: skip
        # The letter about the lost reply is on the way of the mail that the reply was written in, as the reply is.
        traces = {row["kind"]: row["trace_id"] for row in await gateway.rows("SELECT kind, trace_id FROM outbox_messages")}
        assert traces["failed_delivery"] == traces["agent_reply"] != traces["registered"]
        way = await gateway.json("trace", traces["agent_reply"])
        assert {each["kind"] for each in way["letters"]} == {"agent_reply", "failed_delivery", "receipt"}

        relay.heal()
        [row] = await gateway.rows("SELECT id FROM outbox_messages WHERE kind = 'agent_reply'")
        assert await gateway.command("outbox", "retry", str(row["id"])) == (0, f"{row['id']}: due now\n", "")
        [answer] = await gateway.letters_to("anna@client.test")
        assert "extinguisher" in answer.text


async def test_an_answer_goes_to_the_address_that_the_client_wrote_from(lend: Lender) -> None:
    async with lend() as gateway:
        assert (await gateway.command("clients", "add", "anna@work.test", "anna@home.test", "--name", "Anna"))[0] == 0
        notified = await ask(gateway, "anna@home.test")
        await gateway.take(reply_to(notified, DANA, "Use the extinguisher."))
        await gateway.letters_to("anna@home.test", 2)
        await gateway.quiet()
        assert gateway.relay.to("anna@work.test") == []
        assert (await gateway.ticket(1))["client"]["addresses"] == ["anna@work.test", "anna@home.test"]


async def test_sending_is_held_and_released_by_the_operator(lend: Lender) -> None:
    async with lend() as gateway:
        assert (await gateway.command("outbox", "hold", "--why", "moving house"))[0] == 0
        await gateway.take(letter("anna@client.test", "sales@desk.test"))
        assert (await gateway.json("status"))["sending"] == "paused: moving house"
        listed = await gateway.json("outbox", "list")
        assert {each["state"] for each in listed} == {"queued"}
        assert gateway.relay.messages == []

        [registered] = [each["id"] for each in listed if each["kind"] == "registered"]
        assert (await gateway.command("outbox", "retry", str(registered)))[0] == 0
        await gateway.letters_to("anna@client.test")
        assert gateway.relay.to("dana@staff.test") == [], "one letter may go, the others wait"

        assert await gateway.command("outbox", "release") == (0, "letters go\n", "")
        await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        assert len(gateway.relay.messages) == 2


async def test_in_the_shadow_everything_is_decided_and_recorded_and_nothing_is_sent_then_or_later(
    database_url: str, tmp_path: Path
) -> None:
    async with SmtpPeer() as relay:
        async with running(database_url, tmp_path, relay=relay, arguments=("--shadow",)) as shadow:
            row = await shadow.take(letter("anna@client.test", "sales@desk.test", "Printer on fire"))
            assert (row["outcome"], row["ticket"]) == ("ticket", 1)
            assert len(written(await shadow.ticket(1))) == 1
            listed = await shadow.json("outbox", "list")
            assert [(each["kind"], each["state"], each["attempts"]) for each in listed] == [
                ("new_ticket", "cancelled", 0), ("registered", "cancelled", 0),
            ]  # fmt: skip
            assert (await shadow.json("status"))["sending"].startswith("off")
            # Commands beside it stand in the same shadow.
            status, _, error = await shadow.command("tickets", "reply", "1", "--as", "dana@staff.test", "--text", "We are on our way.")
            assert status == 0, error
            status, _, error = await shadow.command("tickets", "set", "1", "--status", "closed", "--as", "dana@staff.test")
            assert status == 0, error
            listed = await shadow.json("outbox", "list")
            assert {"agent_reply", "closed"} <= {each["kind"] for each in listed}
            assert {(each["state"], each["last_error"]) for each in listed} == {("cancelled", "not sent: the desk was in shadow mode")}
        async with running(database_url, tmp_path, relay=relay) as real:
            await real.take(letter("bob@client.test", "sales@desk.test", "The lift stops"))
            await real.letters_to("bob@client.test")
            await real.quiet()
            assert (await real.json("status"))["sending"] == "on"
        assert {each.message["X-Deskgate-Ticket"] for each in relay.messages} == {"2"}


async def test_nothing_automatic_is_answered_and_nothing_of_ours_comes_round_again(lend: Lender) -> None:
    async with lend() as gateway:
        await ask(gateway)
        [registered] = await gateway.letters_to("anna@client.test")
        await gateway.quiet()

        def vacation(subject: str, **fields: str) -> EmailMessage:
            return letter("Anna <anna@client.test>", "sales@desk.test", subject, "I am away until Monday.", **fields)

        answers = {"In-Reply-To": registered.message_id}
        fate: dict[str, tuple[EmailMessage | bytes, str, int | None]] = {
            "our own letter sent back to us": (registered.content, "ignored", None),
            "a vacation note by its field": (vacation("Re: Printer", Auto_Submitted="auto-replied", **answers), "auto_reply", 1),
            "a vacation note by its subject": (vacation("Automatic reply: Printer on fire [#1]"), "auto_reply", 1),
            "a vacation note of an agent": (
                letter(DANA, "sales@desk.test", "Out of office", "Away.", Auto_Submitted="auto-replied"),
                "ignored",
                None,
            ),
            "a gateway's own address as author": (
                letter("Help <help@desk.test>", "sales@desk.test", "Hello", "It is me."),
                "ignored",
                None,
            ),
            "an address that a catch-all takes as author": (letter("x@any.test", "sales@desk.test", "Hello", "It is me."), "ignored", None),
            "the reply address as author": (letter("r@desk.test", "sales@desk.test", "Hello", "It is me."), "ignored", None),
        }
        became = {}
        for what, (mail, _, _) in fate.items():
            row = await gateway.take(mail, "sales@desk.test", reverse_path="anna@client.test")
            became[what] = (row["outcome"], row["ticket"])
        assert became == {what: (outcome, ticket) for what, (_, outcome, ticket) in fate.items()}
        await gateway.quiet()
        assert len(gateway.relay.messages) == 2, "none of it made a letter"
        assert [each["address"] for each in await gateway.rows("SELECT address FROM client_addresses")] == ["anna@client.test"]


async def test_automatic_mail_that_opens_a_ticket_is_told_to_staff_and_to_nobody_else(lend: Lender) -> None:
    async with lend() as gateway:
        robots = {
            "Auto-Submitted": letter("a@client.test", "sales@desk.test", "Disk full", Auto_Submitted="auto-generated"),
            "Precedence": letter("b@client.test", "sales@desk.test", "Offers", Precedence="bulk"),
            "a mailing list": letter("c@client.test", "sales@desk.test", "[list] Hello", List_Id="<list.client.test>"),
            "a vacation subject": letter("d@client.test", "sales@desk.test", "Automatic reply: something else"),
            "the null reverse-path": letter("e@client.test", "sales@desk.test", "Hello"),
            "a confirmation of forwarding": letter(
                "forwarding-noreply@google.com", "sales@desk.test", "(#123456789) Gmail Forwarding Confirmation",
                "Confirmation code: 123456789\nhttps://mail-settings.google.com/mail/vf-1\n",
            ),
        }  # fmt: skip
        for what, mail in robots.items():
            row = await gateway.take(mail, "sales@desk.test", reverse_path="" if "null" in what else "bounces@client.test")
            assert row["outcome"] == "ticket", f"{what}: {row['why']}"
            assert any(each["kind"] == "silenced" for each in (await gateway.ticket(row["ticket"]))["events"]), what
        await gateway.letters_to("dana@staff.test", len(robots))
        await gateway.quiet()
        assert {each.recipients for each in gateway.relay.messages} == {("dana@staff.test",)}


async def test_mail_that_storms_in_is_answered_within_the_budget(lend: Lender) -> None:
    async with lend(tables="[budget]\nper_address_hour = 2\nper_author_domain_hour = 3") as gateway:
        for number in range(4):
            await gateway.take(letter("anna@client.test", "sales@desk.test", f"Storm {number}"))
        for number in range(3):
            await gateway.take(letter(f"bob{number}@client.test", "sales@desk.test", f"Storm of others {number}"))
        await gateway.take(letter("eve@else.test", "sales@desk.test", "Calm"))
        await gateway.take(letter("eve@else.test", "sales@desk.test", "calm"))
        await gateway.letters_to("dana@staff.test", 9)
        await gateway.quiet()
        answered = Counter(each.recipients[0] for each in gateway.relay.messages if each.recipients != ("dana@staff.test",))
        assert answered == {"anna@client.test": 2, "bob0@client.test": 1, "eve@else.test": 1}
        silenced = await gateway.rows("SELECT data ->> 'why' AS why FROM ticket_events WHERE kind = 'silenced' ORDER BY ticket")
        assert [row["why"].split(" of ")[0] for row in silenced[:2]] == ["the hour's budget"] * 2
        assert "for this address is spent" in silenced[0]["why"]
        assert "for the author's domain is spent" in silenced[2]["why"]
        assert "the same subject" in silenced[-1]["why"]
