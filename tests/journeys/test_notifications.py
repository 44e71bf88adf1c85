"""Who is told of what (C1, C2, C7, Z6, B2): over real SMTP, from the terminal and by mail."""

import asyncio
from collections import Counter
from email.message import EmailMessage

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import letter, reply_to
from tests.journeys.telling import by_ticket, kinds_to, set_fields, told

DANA, ANNA = "Dana Agent <dana@staff.test>", "Anna <anna@client.test>"
RELAYED = 'agent_authentication = "token"\nrelays = ["127.0.0.1"]\nauthserv_id = "mx.relay.test"'
SAM = """
[[agent]]
name = "Sam Seller"
address = "sam@staff.test"
departments = ["sales"]
"""


def proven(mail: EmailMessage, domain: str = "client.test") -> bytes:
    """As the relay in front of us hands it on: with what it found out about the author's domain."""
    return f"Authentication-Results: mx.relay.test; spf=pass smtp.mailfrom={domain}\n".encode() + mail.as_bytes()


STATUSES = {
    "open": "in_progress",
    "pending": None,
    "resolved": "resolved",
    "closed": "closed",
    "cancelled": "cancelled",
    "spam": None,
    "trash": None,
}
TOLD_IN_A_REPLY = {"resolved": "is now resolved", "closed": "is now closed", "cancelled": "is now cancelled"}


async def test_the_client_is_told_of_every_status_once_however_it_was_set(lend: Lender) -> None:
    """C1: by the terminal and by a command alone in a letter of its own; with a reply, in the reply."""
    async with lend() as gateway:
        cases = [(way, status) for way in ("terminal", "command", "reply") for status in STATUSES]
        for way, status in cases:
            await gateway.send(letter(f"{way}-{status}@client.test", "sales@desk.test", f"About {way} {status}"))
        await gateway.letters_to("dana@staff.test", len(cases))
        await gateway.settled(len(cases))
        await gateway.quiet()
        numbers = {
            row["subject"].removeprefix("About "): row["number"] for row in await gateway.rows("SELECT number, subject FROM tickets")
        }
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        for way, status in cases:
            number = numbers[f"{way} {status}"]
            if way != "terminal":
                words = f"@{status}" if way == "command" else f"We looked into it.\n\n@{status}"
                await gateway.send(reply_to(notified[number], DANA, words))
        await asyncio.gather(*(set_fields(gateway, numbers[f"terminal {status}"], "--status", status) for status in STATUSES))
        await gateway.settled(len(cases) + 2 * len(STATUSES))
        await gateway.quiet()

        letters = await told(gateway)
        for way, status in cases:
            number = numbers[f"{way} {status}"]
            address = f"{way}-{status}@client.test"
            assert (await gateway.ticket(number))["status"] == status, (way, status)
            second = "agent_reply" if way == "reply" else STATUSES[status]
            wanted = [("registered", address), *([(second, address)] if second else [])]
            assert letters[number] == wanted, (way, status)
            if second is None:
                continue
            got = gateway.relay.to(address)[-1]
            assert got.subject == f"Re: About {way} {status} [#{number}]"
            assert got.message["From"] == "Dana Agent <sales@desk.test>" if way == "reply" else "Sales Team <sales@desk.test>"
            assert (got.message["Auto-Submitted"] is None) == (way == "reply")
            assert got.message["X-Deskgate-Ticket"] == str(number)
            assert got.text.startswith("## Please type your reply above this line ##")
            for each, words in TOLD_IN_A_REPLY.items():
                assert (words in got.text) == (way == "reply" and each == status), got.text
            assert ("/rate/" in got.text) == (status == "resolved"), "C9: whoever tells of it carries the scale"


async def test_work_begins_once_and_not_by_an_answer(lend: Lender) -> None:
    """`in_progress` is `new` → `open` by anything but a reply; what was open before is not begun again."""
    async with lend() as gateway:
        for number in (1, 2, 3):
            await gateway.send(letter(f"c{number}@client.test", "sales@desk.test", f"Number {number}"))
        await gateway.letters_to("dana@staff.test", 3)
        await gateway.settled(3)
        tickets = {row["subject"][-1]: row["number"] for row in await gateway.rows("SELECT number, subject FROM tickets")}
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.send(reply_to(notified[tickets["1"]], DANA, "@in progress"))
        await gateway.send(reply_to(notified[tickets["2"]], DANA, "Use the extinguisher."))
        await gateway.send(reply_to(notified[tickets["3"]], DANA, "@me\n@pending"))
        await gateway.settled(6)
        await gateway.send(reply_to(notified[tickets["3"]], DANA, "@open"))
        await gateway.settled(7)
        await set_fields(gateway, tickets["2"], "--status", "open")
        await gateway.quiet()
        assert [(await gateway.ticket(each))["status"] for each in tickets.values()] == ["open"] * 3
        assert await kinds_to(gateway, "c1@client.test") == ["registered", "in_progress"]
        assert await kinds_to(gateway, "c2@client.test") == ["registered", "agent_reply"]
        assert await kinds_to(gateway, "c3@client.test") == ["registered"], "it was pending before it was opened"


OTHERS = [f"guest{number}@other.test" for number in range(12)]
RECIPIENTS = {
    # What notify_recipients says, and who is told of a proven mail, of an unproven one, and of one that DMARC disowns.
    "authenticated": (True, False),
    "always": (True, True),
    "never": (False, False),
}


@pytest.mark.parametrize("mode", RECIPIENTS)
async def test_the_recipients_of_the_original_mail_are_told_as_well(mode: str, lend: Lender) -> None:
    """C2: those in To and Cc, ten at most; never our gateways, agents, or who was only in Bcc."""
    of_proven, of_unproven = RECIPIENTS[mode]
    async with lend(trust=RELAYED, desk=f'notify_recipients = "{mode}"') as gateway:
        to = f"sales@desk.test, Guest Zero <{OTHERS[0]}>, help@desk.test, oleg@staff.test"
        cc = ", ".join([ANNA, *OTHERS[1:]])
        asked = letter(ANNA, to, "Proven", "The secret is 4711.", Cc=cc, Bcc="blind@other.test")
        row = await gateway.take(proven(asked), "sales@desk.test", "pomoc@desk.test", reverse_path="anna@client.test")
        assert (row["outcome"], row["ticket"]) == ("ticket", 1)
        forged = letter("eve@forged.test", "sales@desk.test, victim@other.test", "Forged", "Buy now at http://x.test")
        row = await gateway.take(forged, "sales@desk.test")
        assert (row["outcome"], row["ticket"]) == ("ticket", 2)
        await asyncio.gather(*(set_fields(gateway, number, "--status", "resolved") for number in (1, 2)))
        await gateway.quiet()

        letters = await told(gateway)
        guests = [(kind, each) for kind in ("registered",) for each in OTHERS[:10]]
        registered = [each for each in letters[1] if each[0] == "registered" and each[1] != "anna@client.test"]
        assert registered == (guests if of_proven else [])
        resolved = [address for kind, address in letters[1] if kind == "resolved"]
        assert resolved == ["anna@client.test", *(OTHERS[:10] if of_proven else [])]
        assert Counter(address for kind, address in letters[2] if kind == "registered") == Counter(
            ["eve@forged.test", *(["victim@other.test"] if of_unproven else [])]
        )
        everybody = {address for each in gateway.relay.messages for address in each.recipients}
        assert not everybody & {"blind@other.test", "sales@desk.test", "pomoc@desk.test", "help@desk.test"}
        for each in gateway.relay.to(OTHERS[0]):
            assert "/rate/" not in each.text, "C9: the scale goes to the requester alone"
            assert "4711" not in each.text
        for each in gateway.relay.to("victim@other.test"):
            assert "x.test" not in each.text, "an unproven author's words are not passed on"
        assert "blind" not in str([[each.message["To"], each.message["Cc"]] for each in gateway.relay.messages])
        if of_proven:
            [to_guest] = [each for each in gateway.relay.to(OTHERS[0]) if each.message["Auto-Submitted"] == "auto-replied"]
            assert to_guest.message["From"].addresses[0].addr_spec == "sales@desk.test"


async def test_staff_letters_go_to_the_departments_agents_and_a_new_assignee_is_told(lend: Lender) -> None:
    """B2 and C7."""
    async with lend(tables=SAM) as gateway:
        await gateway.take(letter(ANNA, "support@desk.test", "Printer on fire"))
        await gateway.take(letter(ANNA, "sales@desk.test", "A new printer"))
        await gateway.quiet()
        agents = ("dana@staff.test", "oleg@staff.test", "sam@staff.test")
        letters = await told(gateway, *agents)
        assert {address for _, address in letters[1]} == {"dana@staff.test", "oleg@staff.test"}
        assert {address for _, address in letters[2]} == {"dana@staff.test", "sam@staff.test"}

        # By the terminal; by a command; by oneself; and again to whom it belongs already.
        await set_fields(gateway, 1, "--assignee", "oleg@staff.test")
        notified = await by_ticket(gateway, "new_ticket", "dana@staff.test")
        await gateway.take(reply_to(notified[2], DANA, "@assignee Sam Seller"))
        await gateway.quiet()
        [to_oleg] = (await by_ticket(gateway, "assigned", "oleg@staff.test")).values()
        [to_sam] = (await by_ticket(gateway, "assigned", "sam@staff.test")).values()
        assert to_oleg.text.startswith("## Пожалуйста")
        assert "Dana Agent" in to_oleg.text
        assert "Printer on fire" in to_oleg.subject
        assert to_sam.subject == "Yours now: A new printer [#2]"
        assert to_sam.text.startswith("## Please type")
        assert str(to_sam.message["Reply-To"]).startswith("r+"), "an answer to it goes to the client"
        await gateway.take(reply_to(to_sam, "Sam Seller <sam@staff.test>", "It costs 100."))
        await gateway.quiet()
        assert "It costs 100." in gateway.relay.to("anna@client.test")[-1].text
        before = len(gateway.relay.messages)
        await set_fields(gateway, 2, "--assignee", "sam@staff.test")
        await set_fields(gateway, 2, "--assignee", "dana@staff.test")
        await gateway.quiet()
        assert len(gateway.relay.messages) == before, "nobody is told of what they did, nor of what was so before"

        # What the client adds goes to the assignee alone.
        await gateway.take(reply_to(gateway.relay.to("anna@client.test")[-1], ANNA, "Too much."))
        await gateway.quiet()
        assert [each for each in (await told(gateway, *agents))[2] if each[0] == "client_reply"] == [("client_reply", "dana@staff.test")]
        # A ticket that moves is the new department's.
        await set_fields(gateway, 1, "--department", "sales")
        await gateway.quiet()
        before = len(gateway.relay.to("oleg@staff.test"))
        first = next(each for each in gateway.relay.to("anna@client.test") if "Printer on fire" in each.subject)
        await gateway.take(reply_to(first, ANNA, "Still burning."))
        await gateway.quiet()
        assert len(gateway.relay.to("oleg@staff.test")) == before


async def test_whoever_joins_later_gets_nothing_older_than_their_joining(lend: Lender) -> None:
    async with lend() as gateway:
        await gateway.take(letter(ANNA, "sales@desk.test", "Salaries", "My salary is 4711."))
        await gateway.quiet()
        [notified] = gateway.relay.to("dana@staff.test")
        await gateway.take(reply_to(notified, DANA, "We will see to it: 0815."))
        await gateway.take(reply_to(notified, DANA, "Here is my boss.\n@cc boss@other.test"))
        await set_fields(gateway, 1, "--status", "resolved")
        await gateway.quiet()
        letters = gateway.relay.to("boss@other.test")
        assert await kinds_to(gateway, "boss@other.test") == ["agent_reply", "resolved"]
        for each in letters:
            assert b"4711" not in each.content
            assert b"0815" not in each.content
            assert "/rate/" not in each.text
        assert "/rate/" in gateway.relay.to("anna@client.test")[-1].text
