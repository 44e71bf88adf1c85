"""Rules on what happens to tickets, and on clients who wait (U8): by the schedule of a whole service."""

import asyncio
import time
from typing import Any

from tests.journeys.lending import Lender
from tests.journeys.running import POLL, SECONDS, Running, letter, reply_to
from tests.peers.smtp_peer import reply

AS_DANA = ("--as", "dana@staff.test")
DUE = "UPDATE schedule SET due_at = now() WHERE job = 'rules'"
RULES = """
[[agent]]
name = "Lena Lawyer"
address = "lena@staff.test"
departments = []
language = "en"
[[agent]]
name = "Gone Gustav"
address = "gone@staff.test"
departments = ["support", "sales"]
[[rule]]
name = "reopened"
on = "reopened"
then = { priority = "high", notify = "lena@staff.test" }
[[rule]]
name = "resolved sale"
on = "status_changed"
when = { status = "resolved", department = "sales" }
then = { tags = "sold" }
[[rule]]
name = "tagged vip"
on = "tagged"
when = { tag = "VIP", assigned = false }
then = { assignee = "least-loaded", priority = "urgent" }
[[rule]]
name = "ping"
on = "category_changed"
then = { priority = "low", tags = "ping" }
[[rule]]
name = "pong"
on = "priority_changed"
then = { category = "pong" }
[[rule]]
name = "lost"
on = "delivery_failed"
then = { tags = "lost", notify = "dana@staff.test" }
[[rule]]
name = "reminder"
on = "unanswered"
when = { hours = 4, status = ["new", "open"] }
then = { notify = "lena@staff.test", tags = "late" }
[[rule]]
name = "escalation"
on = "unanswered"
when = { unanswered_hours = 24, not = { priority = "low" } }
then = { priority = "urgent", assignee = "gone@staff.test" }
"""


async def fired(gateway: Running, number: int, *rules: str) -> dict[str, Any]:
    """The ticket, once exactly these rules have been applied to it, in this order, and another round has found nothing more."""
    deadline = time.monotonic() + SECONDS
    while (found := names(await gateway.ticket(number))) != list(rules):
        assert time.monotonic() < deadline, f"{found} instead of {list(rules)}; {gateway.process.told()}"
        await gateway.alter(DUE)
        await asyncio.sleep(POLL * 5)
    return await gateway.ticket(number)


def names(ticket: dict[str, Any]) -> list[str]:
    return [each["data"]["rule"] for each in ticket["events"] if each["kind"] == "rule_applied"]


async def done(gateway: Running, *arguments: str) -> None:
    status, _, err = await gateway.command(*arguments, *AS_DANA)
    assert status == 0, err


async def test_rules_fire_once_on_what_people_do_and_never_on_what_rules_did(lend: Lender) -> None:
    async with lend(tables=RULES) as gateway:
        sale, again, fire, bug = [
            (await gateway.take(letter(f"{subject.lower()}@client.test", f"{to}@desk.test", subject)))["ticket"]
            for subject, to in (("Sale", "sales"), ("Again", "support"), ("Fire", "support"), ("Bug", "support"))
        ]
        # By the terminal, by a client's reply, by a command in an agent's mail.
        await done(gateway, "tickets", "set", str(sale), "--status", "resolved")
        await done(gateway, "tickets", "set", str(again), "--status", "resolved")
        registered = (await gateway.letters_to("again@client.test", 2))[0]
        await gateway.take(reply_to(registered, "again@client.test", "It burns again."))
        [notified] = [each for each in await gateway.letters_to("dana@staff.test", 4) if "Fire" in each.subject]
        await gateway.take(reply_to(notified, "Dana Agent <dana@staff.test>", "@tags vip"))
        await done(gateway, "tickets", "set", str(bug), "--category", "Bugs")
        assert (await fired(gateway, sale, "resolved sale"))["tags"] == ["sold"]
        assert (await fired(gateway, again, "reopened"))["priority"] == "high", "which sets off no rule on priorities"
        assert [each.message["X-Deskgate-Ticket"] for each in await gateway.letters_to("lena@staff.test")] == [str(again)]
        vip = await fired(gateway, fire, "tagged vip")
        assert vip["priority"] == "urgent"
        assert vip["assignee"] in ("dana@staff.test", "oleg@staff.test", "gone@staff.test"), "of the department"
        # "pong" would answer "ping", and be answered, for ever.
        assert (await fired(gateway, bug, "ping"))["category"] == "Bugs"
        await done(gateway, "tickets", "set", str(sale), "--category", "Shop")
        await fired(gateway, sale, "resolved sale", "ping")
        assert [names(await gateway.ticket(each)) for each in (again, fire, bug)] == [["reopened"], ["tagged vip"], ["ping"]]


async def test_clients_who_wait_set_off_each_rule_once_and_the_answer_ends_it(lend: Lender) -> None:
    async with lend(tables=RULES) as gateway:
        number = (await gateway.take(letter("anna@client.test", "support@desk.test", "Hello?")))["ticket"]
        answered = (await gateway.take(letter("bob@client.test", "support@desk.test", "Answered")))["ticket"]
        await done(gateway, "tickets", "reply", str(answered), "--text", "Here you are.")
        await gateway.alter("UPDATE tickets SET client_waiting_since = client_waiting_since - interval '5 hours'")
        ticket = await fired(gateway, number, "reminder")
        assert ticket["tags"] == ["late"]
        [told] = await gateway.letters_to("lena@staff.test")
        assert "reminder: it has waited 4 hours for an answer" in told.text
        await gateway.alter("UPDATE tickets SET client_waiting_since = client_waiting_since - interval '30 hours'")
        # Since the moment that it counts from was moved, the reminder is due for that one as well.
        ticket = await fired(gateway, number, "reminder", "reminder", "escalation")
        assert (ticket["priority"], ticket["assignee"]) == ("urgent", "gone@staff.test")
        assert names(await gateway.ticket(answered)) == []
        # Nobody outside hears of it.
        await gateway.quiet()
        assert not [each for each in gateway.relay.to("anna@client.test") if b"escalation" in each.content or b"reminder" in each.content]
        assert len(gateway.relay.to("anna@client.test")) == 1


async def test_a_lost_letter_sets_off_a_rule_whose_own_lost_letter_sets_off_none(lend: Lender) -> None:
    """Dana's mailbox is gone as well: without a bound, each letter about a loss would be the next loss."""
    async with lend(tables=RULES) as gateway:
        number = (await gateway.take(letter("anna@client.test", "sales@desk.test", "Hello?")))["ticket"]
        await gateway.quiet()
        gateway.relay.on("RCPT", reply("550 5.1.1 No such user"))
        await done(gateway, "tickets", "reply", str(number), "--text", "Here you are.")
        ticket = await fired(gateway, number, "lost")
        assert ticket["tags"] == ["lost"]
        await gateway.quiet()
        for _ in range(3):
            await gateway.alter(DUE)
            await asyncio.sleep(0.2)
        await gateway.quiet()
        ticket = await gateway.ticket(number)
        assert names(ticket) == ["lost"]
        assert sum(each["kind"] == "delivery_failed" for each in ticket["events"]) >= 2
