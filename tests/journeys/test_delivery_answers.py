"""What the commands and the ticket say of a letter, whatever a relay answers it with, wherever in the dialogue."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from storage import outbox
from storage.engine import sessions
from tests.journeys.lending import Lender
from tests.journeys.running import POLL, SECONDS, Running, letter, reply_to
from tests.peers.smtp_peer import Fault, close, reply, reset

DANA = "Dana Agent <dana@staff.test>"
LATER_ON = "[outbound.retry]\nfirst_delay = 600\nmax_delay = 600"
QUICKLY = "[outbound.retry]\nfirst_delay = 0.2\nmax_delay = 0.2"

LATER = [
    ("CONNECT", "421 4.3.2 too busy"),
    ("CONNECT", "450 4.7.0 not you, not now"),
    ("CONNECT", "554 5.7.1 no mail from your network"),
    ("EHLO", "421 4.3.2 shutting down"),
    ("MAIL", "421 4.4.2 idle for too long"),
    ("MAIL", "450 4.1.8 sender's domain not found"),
    ("MAIL", "451 4.7.1 greylisted"),
    ("MAIL", "452 4.3.1 disk full"),
    ("MAIL", "530 5.7.0 authentication required"),
    ("RCPT", "421 4.7.0 too many of you"),
    ("RCPT", "450 4.2.1 mailbox busy"),
    ("RCPT", "451 4.7.1 greylisted, come back in five minutes"),
    ("RCPT", "452 4.2.2 mailbox full"),
    ("DATA", "421 4.3.2 shutting down"),
    ("DATA", "451 4.3.0 no place in the queue"),
    ("DATA", "503 5.5.1 bad sequence of commands"),
    ("END", "421 4.3.0 shutting down"),
    ("END", "451 4.7.1 scanner is away"),
    ("END", "452 4.3.1 disk full"),
]
NEVER = [
    ("MAIL", "550 5.7.1 this sender is not welcome"),
    ("MAIL", "554 5.7.1 no"),
    ("RCPT", "550 5.1.1 no such user"),
    ("RCPT", "553 5.1.3 no such address"),
    ("RCPT", "552 5.2.2 mailbox full"),
    ("RCPT", "554 5.7.1 refused by policy"),
    ("DATA", "554 5.5.1 no valid recipients"),
    ("END", "550 5.7.1 content rejected"),
    ("END", "552 5.2.3 too large for the mailbox"),
    ("END", "554 5.6.0 malformed"),
]


async def shown(gateway: Running, number: int, settled: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """`outbox show` of a letter, once what is kept of it satisfies."""
    deadline = time.monotonic() + SECONDS
    while True:
        async with sessions(gateway.engine)() as session:
            found = await outbox.show(session, number)
        assert found is not None
        if settled(asdict(found)):
            return dict(await gateway.json("outbox", "show", str(number)))
        assert time.monotonic() < deadline, f"{found} {gateway.process.told()}"
        await asyncio.sleep(POLL)


async def one_letter(gateway: Running, number: int) -> int:
    """The number of a notice to `aNUMBER@client.test`, which a new ticket to a department without agents sends."""
    row = await gateway.take(letter(f"a{number}@client.test", "quiet@desk.test", f"Case {number}"))
    assert row["outcome"] == "ticket", row
    [found] = await gateway.rows("SELECT id FROM outbox_messages WHERE ticket = :ticket", ticket=row["ticket"])
    return int(found["id"])


QUIET = """
[[department]]
key = "quiet"
name = "Quiet"
[[gateway]]
address = "quiet@desk.test"
name = "Quiet"
department = "quiet"
[budget]
per_address_hour = 1000
per_author_domain_hour = 1000
per_network_hour = 1000
overall_hour = 10000
"""


async def test_whatever_may_pass_is_tried_again_and_whatever_may_not_is_told_at_once(lend: Lender) -> None:
    async with lend(tables=LATER_ON + QUIET) as gateway:
        relay = gateway.relay
        for number, (command, answer) in enumerate((*LATER, *NEVER), 1):
            if command in ("CONNECT", "EHLO"):
                # The connection that is kept ends, and the next one meets the answer.
                relay.on("MAIL", reply("421 4.4.2 idle for too long"), times=1)
            relay.on(command, reply(answer))
            about = (command, answer)
            found = await one_letter(gateway, number)
            if about in LATER:
                told = await shown(gateway, found, lambda each: each["last_error"] and each["state"] == "queued")
                assert told["last_error"].startswith(answer[:3]), (about, told)
                assert (told["next_attempt_at"] is not None, told["sent_at"], told["possible_duplicates"]) == (True, None, 0), (about, told)
                assert [each["state"] for each in told["recipients"]] == ["queued"], (about, told)
                relay.heal()
                assert (await gateway.command("outbox", "retry", str(found)))[0] == 0, (
                    "it overrides the pause of a server that is down, too"
                )
                told = await shown(gateway, found, lambda each: each["state"] == "sent")
                assert told["attempts"] == 2, (about, told)
                assert (told["last_error"], told["next_attempt_at"]) == (None, None), (about, told)
                events = []
            else:
                told = await shown(gateway, found, lambda each: each["state"] == "failed")
                assert (told["attempts"], told["sent_at"], told["next_attempt_at"]) == (1, None, None), (about, told)
                events = [("registered", f"a{number}@client.test", answer)]
                relay.heal()
            [recipient] = told["recipients"]
            assert recipient["state"] == told["state"], (about, told)
            assert recipient["reply"] == ("250 2.0.0 taken" if not events else answer), (about, told)
            ticket = await gateway.ticket(told["ticket"])
            said = [each["data"] for each in ticket["events"] if each["kind"].startswith("delivery_")]
            assert [(each["kind"], each["address"], each["reply"]) for each in said] == events, about
        assert len({each.message_id for each in relay.messages}) == len(relay.messages) == len(LATER), "each once"


async def test_one_recipient_of_two_is_refused_and_the_agent_is_told_whom_it_did_not_reach(lend: Lender) -> None:
    async with lend(tables=QUICKLY) as gateway:
        relay = gateway.relay
        await gateway.take(letter("Anna <anna@client.test>", "sales@desk.test"))
        [notified] = await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        relay.on("RCPT", reply("550 5.1.1 no such user"), matching=lambda address: address == "boss@client.test")
        relay.on("RCPT", reply("451 4.7.1 greylisted"), matching=lambda address: address == "anna@client.test", times=1)
        await gateway.take(reply_to(notified, DANA, "Use the extinguisher.\n@cc boss@client.test"))
        await gateway.letters_to("anna@client.test", 2)
        [row] = await gateway.rows("SELECT id FROM outbox_messages WHERE kind = 'agent_reply'")
        told = await shown(gateway, row["id"], lambda each: each["state"] == "failed")
        assert {each["address"]: (each["state"], each["reply"]) for each in told["recipients"]} == {
            "anna@client.test": ("sent", "250 2.0.0 taken"),
            "boss@client.test": ("failed", "550 5.1.1 no such user"),
        }
        assert told["attempts"] >= 2, "the refused one did not end the other's"
        assert told["sent_at"] is not None
        [failed] = [each for each in (await gateway.ticket(1))["events"] if each["kind"] == "delivery_failed"]
        assert (failed["data"]["address"], failed["data"]["reply"]) == ("boss@client.test", "550 5.1.1 no such user")
        news = (await gateway.letters_to("dana@staff.test", 2))[-1]
        assert "boss@client.test" in news.text
        assert "550 5.1.1 no such user" in news.text
        assert "anna@client.test: " not in news.text, "she got it"
        await gateway.quiet()
        assert len(relay.to("anna@client.test")) == 2, "the letter and the notice, once each"


@pytest.mark.parametrize("fault", [close(), reset()], ids=lambda fault: fault.kind)
async def test_an_answer_lost_after_the_final_dot_is_asked_for_again_with_the_same_letter_and_counted(fault: Fault, lend: Lender) -> None:
    async with lend(tables=QUICKLY + QUIET) as gateway:
        gateway.relay.on("END", fault, times=1)
        told = await shown(gateway, await one_letter(gateway, 1), lambda each: each["state"] == "sent")
        assert (told["attempts"], told["possible_duplicates"]) == (2, 1)
        [perhaps, surely] = [each for each in (*gateway.relay.unanswered, *gateway.relay.messages) if each.subject == f"{told['subject']}"][
            -2:
        ]
        assert perhaps.message_id == surely.message_id == told["message_id"]
        assert perhaps.content == surely.content


async def test_a_letter_that_is_late_is_told_once_and_one_that_expires_fails_with_the_last_answer(lend: Lender) -> None:
    async with lend(outbound="warn_hours = 0.0002\nexpiry = 1", tables=QUICKLY) as gateway:
        relay = gateway.relay
        await gateway.take(letter("Anna <anna@client.test>", "sales@desk.test"))
        [notified] = await gateway.letters_to("dana@staff.test")
        await gateway.quiet()
        relay.on("RCPT", reply("450 4.2.1 mailbox busy"), matching=lambda address: address == "anna@client.test")
        await gateway.take(reply_to(notified, DANA, "Use the extinguisher."))
        [row] = await gateway.rows("SELECT id FROM outbox_messages WHERE kind = 'agent_reply'")
        told = await shown(gateway, row["id"], lambda each: each["attempts"] >= 3)
        while not await gateway.rows("SELECT id FROM ticket_events WHERE kind = 'delivery_delayed'"):
            await asyncio.sleep(POLL)
        # An hour later.
        await gateway.alter("UPDATE outbox_messages SET expires_at = expires_at - interval '1 hour' WHERE kind = 'agent_reply'")
        told = await shown(gateway, row["id"], lambda each: each["state"] == "failed")
        assert told["last_error"].startswith("given up after")
        assert told["last_error"].endswith("450 4.2.1 mailbox busy")
        assert told["attempts"] >= 3
        events = [each for each in (await gateway.ticket(1))["events"] if each["kind"].startswith("delivery_")]
        assert [each["kind"] for each in events] == ["delivery_delayed", "delivery_failed"]
        assert events[0]["data"]["address"] == events[1]["data"]["address"] == "anna@client.test"
        assert "450 4.2.1" in events[0]["data"]["reply"]
        lost = (await gateway.letters_to("dana@staff.test", 2))[-1]
        assert "given up after" in lost.text
        await gateway.quiet()


async def test_the_operator_retries_cancels_and_holds(lend: Lender) -> None:
    async with lend(tables=LATER_ON + QUIET) as gateway:
        relay = gateway.relay
        relay.on("RCPT", reply("451 4.3.0 later"))
        first, second = [await one_letter(gateway, number) for number in (1, 2)]
        for each in (first, second):
            told = await shown(gateway, each, lambda found: found["last_error"] and found["state"] == "queued")
            assert told["attempts"] == 1
        assert (await gateway.command("outbox", "hold", "--why", "incident 7"))[0] == 0
        assert (await gateway.command("outbox", "retry", str(first)))[0] == 0
        told = await shown(gateway, first, lambda each: each["attempts"] == 2 and each["state"] == "queued")
        relay.heal()
        assert (await gateway.command("outbox", "retry", str(first)))[0] == 0, "it overrides the hold and the pause before the next attempt"
        assert (await shown(gateway, first, lambda each: each["state"] == "sent"))["attempts"] == 3
        assert (await gateway.command("outbox", "cancel", str(second)))[0] == 0
        told = await shown(gateway, second, lambda each: each["state"] == "cancelled")
        assert [each["state"] for each in told["recipients"]] == ["cancelled"]
        status, _, err = await gateway.command("outbox", "cancel", str(first))
        assert (status, "finished" in err) == (1, True)
        status, _, err = await gateway.command("outbox", "retry", str(first))
        assert (status, "sent already" in err) == (1, True)
        status, _, err = await gateway.command("outbox", "retry", "999")
        assert (status, "no such letter" in err) == (1, True)
        assert (await gateway.command("outbox", "release"))[0] == 0
        await asyncio.sleep(0.3)
        assert [each.recipients for each in relay.messages] == [("a1@client.test",)]
