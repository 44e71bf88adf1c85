"""What the desk does when nobody writes: rules on events and on clients who wait, and digests (U8, C7), in a whole service."""

from tests.journeys.lending import Lender
from tests.journeys.running import letter

NOBODY_WAITS_FOR_THE_SCHEDULE = "UPDATE schedule SET due_at = now() WHERE job IN ('rules', 'digests')"
RULES = """
[[rule]]
name = "overdue"
on = "unanswered"
when.unanswered_hours = 4
then.priority = "high"
then.notify = "dana@staff.test"
[[rule]]
name = "vip"
on = "category_changed"
when.category = "VIP"
then.assignee = "oleg@staff.test"
"""
QUIET = """
[[agent]]
name = "Quiet Quinn"
address = "quinn@staff.test"
departments = ["support"]
language = "en"
digest_minutes = 60
"""


async def test_rules_fire_on_who_waits_and_on_what_agents_do(lend: Lender) -> None:
    async with lend(tables=RULES) as gateway:
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test"))
        await gateway.letters_to("dana@staff.test")
        await gateway.alter("UPDATE tickets SET client_waiting_since = now() - interval '5 hours'")
        await gateway.alter(NOBODY_WAITS_FOR_THE_SCHEDULE)
        told = (await gateway.letters_to("dana@staff.test", 2))[1]
        assert "overdue: it has waited 4 hours for an answer" in told.text
        status, _, err = await gateway.command("tickets", "set", "1", "--category", "VIP", "--as", "dana@staff.test")
        assert status == 0, err
        await gateway.alter(NOBODY_WAITS_FOR_THE_SCHEDULE)
        assigned = (await gateway.letters_to("oleg@staff.test", 2))[1]
        assert assigned.message["Subject"] == "Теперь ваше: Printer on fire [#1]"
        ticket = await gateway.ticket(1)
        assert (ticket["priority"], ticket["assignee"]) == ("high", "oleg@staff.test")
        assert [each["data"]["rule"] for each in ticket["events"] if each["kind"] == "rule_applied"] == ["overdue", "vip"]


async def test_an_agent_gets_one_digest_of_all_that_happened(lend: Lender) -> None:
    async with lend(tables=QUIET) as gateway:
        for name in ("Anna", "Bob"):
            await gateway.take(letter(f"{name} <{name.lower()}@client.test>", "support@desk.test", f"About {name}"))
        await gateway.letters_to("dana@staff.test", 2)
        await gateway.alter("UPDATE digest_items SET at = at - interval '1 hour'")
        await gateway.alter(NOBODY_WAITS_FOR_THE_SCHEDULE)
        (digest,) = await gateway.letters_to("quinn@staff.test")
        assert digest.message["Subject"] == "2 notifications: Example Desk"
        assert "[#1] About Anna\n→ a new ticket · Anna <anna@client.test>" in digest.text
        assert "[#2] About Bob\n→ a new ticket · Bob <bob@client.test>" in digest.text
