"""Running the desk from a mail program (O1–O13, X5, B2, B3, Z14): commands under a reply, over real SMTP."""

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to, written
from tests.peers.smtp_peer import Received

DANA, OLEG, ANNA = "Dana Agent <dana@staff.test>", "Олег Агентов <oleg@staff.test>", "Anna <anna@client.test>"
MORE = """
[[canned_reply]]
name = "Greeting"
text = "Dear customer, thank you for writing."
everyone = true
[[agent]]
name = "Łukasz Żak"
address = "lukasz@staff.test"
departments = ["support"]
language = "pl"
[[agent]]
name = "Sam Seller"
address = "sam@staff.test"
departments = ["sales"]
"""


async def a_ticket(gateway: Running, subject: str = "Printer on fire") -> Received:
    """Anna writes; the notification that Dana gets, once all others have theirs."""
    before = len(gateway.relay.to("dana@staff.test"))
    await gateway.take(letter(ANNA, "support@desk.test", subject, f"It is about: {subject}."))
    await gateway.quiet()
    return (await gateway.letters_to("dana@staff.test", before + 1))[-1]


async def answers(gateway: Running, notification: Received, words: str, author: str = DANA) -> None:
    row = await gateway.take(reply_to(notification, author, words))
    assert row["state"] == "done", row
    await gateway.quiet()


WORDS = {
    "en": (
        "@pending\n@assignee Агентов Олег\n@subject Fire, put out\n@cc boss@client.test, wrong@@client.test\n@bcc spy@client.test\n"
        "@tags urgent, Printer\n@note the client is upset\n@priority high\n@category hardware"
    ),
    "ru": (
        "@В ожидании\n@ответственный oleg@staff.test\n@тема Fire, put out\n@копия boss@client.test\n@скрытая копия spy@client.test\n"
        "@метки urgent, Printer\n@заметка the client is upset\n@приоритет высокий\n@категория hardware"
    ),
    "pl": (
        "@oczekujące\n@odpowiedzialny oleg@staff.test\n@temat Fire, put out\n@kopia boss@client.test\n@ukryta kopia spy@client.test\n"
        "@etykiety urgent, Printer\n@notatka the client is upset\n@priorytet wysoki\n@kategoria hardware"
    ),
}


@pytest.mark.parametrize("language", WORDS)
async def test_an_agent_on_a_train_runs_the_ticket_from_the_mail_program(language: str, lend: Lender) -> None:
    async with lend(tables=MORE) as gateway:
        await answers(gateway, await a_ticket(gateway), f"Use the extinguisher.\n\n{WORDS[language]}\n")

        ticket = await gateway.ticket(1)
        assert (ticket["status"], ticket["assignee"], ticket["subject"]) == ("pending", "oleg@staff.test", "Fire, put out")
        assert (ticket["cc"], ticket["priority"], ticket["category"]) == (["boss@client.test"], "high", "hardware")
        assert {each.casefold() for each in ticket["tags"]} == {"urgent", "printer"}
        assert [(each["kind"], each["text"], each["private"]) for each in written(ticket)[1:]] == [
            ("agent_reply", "Use the extinguisher.", False),
            ("note", "the client is upset", True),
        ]

        reply = gateway.relay.to("anna@client.test")[-1]
        assert reply.subject == "Re: Fire, put out [#1]"
        assert set(reply.recipients) == {"anna@client.test", "boss@client.test", "spy@client.test"}
        assert str(reply.message["Cc"]) == "boss@client.test"
        assert not [each for each in gateway.relay.messages if b"spy@client.test" in each.content or b"upset" in each.content]
        assert "@" not in reply.text.split("##")[-1].replace("support@desk.test", "")
        assert "spy@client.test" not in str(ticket)

        kinds = [each["kind"] for each in ticket["events"]]
        wanted = "replied note_added status_changed assigned subject_changed tagged cc_changed priority_changed category_changed"
        assert set(wanted.split()) <= set(kinds)
        [assigned] = [each for each in gateway.relay.to("oleg@staff.test") if "назнач" in f"{each.subject} {each.text}".lower()]
        assert assigned.message["Reply-To"]

        # Cc persists, Bcc was for that reply alone.
        notification = gateway.relay.to("dana@staff.test")[0]
        await answers(gateway, notification, "One more thing.")
        assert set(gateway.relay.to("anna@client.test")[-1].recipients) == {"anna@client.test", "boss@client.test"}


async def test_commands_alone_send_no_reply_and_mistakes_are_told_in_a_receipt(lend: Lender) -> None:
    async with lend(tables=MORE) as gateway:
        await a_ticket(gateway)
        [to_oleg] = await gateway.letters_to("oleg@staff.test")
        await answers(gateway, to_oleg, "@закрытое\n@ответственный Никто Никтоев\n@копия bad@@x, good@client.test\n@метки", OLEG)

        ticket = await gateway.ticket(1)
        assert (ticket["status"], ticket["assignee"], ticket["cc"]) == ("closed", None, ["good@client.test"])
        assert len(written(ticket)) == 1
        _, notice = gateway.relay.to("anna@client.test")
        assert "good@client.test" not in notice.recipients, "it is a notice that the ticket is closed, no reply"
        assert [each["kind"] for each in await gateway.json("outbox", "list")].count("agent_reply") == 0
        receipt = gateway.relay.to("oleg@staff.test")[-1]
        assert receipt.message["Auto-Submitted"] == "auto-generated"
        assert receipt.text.startswith("## Пожалуйста")
        for line in ("Никто Никтоев", "bad@@x", "@метки"):
            assert line in receipt.text, receipt.text
        assert "@закрытое" not in receipt.text
        assert [each["kind"] for each in ticket["events"]].count("command_ignored") == 3

        # Answering the receipt is answering the notification: its token is the agent's own.
        await answers(gateway, receipt, "@помощь", OLEG)
        vocabulary = gateway.relay.to("oleg@staff.test")[-1]
        for word in ("@ответственный", "@заметка", "@скрытая копия", "@объединить"):
            assert word in vocabulary.text


async def test_a_note_that_cannot_be_told_from_the_reply_reaches_nobody(lend: Lender) -> None:
    async with lend() as gateway:
        words = "Dear Anna,\n@note she is lying, wait for the lawyer\nwe are looking into it and will write again.\nDana from support"
        await answers(gateway, await a_ticket(gateway), words)
        ticket = await gateway.ticket(1)
        assert [(each["kind"], each["private"]) for each in written(ticket)] == [("client_message", False), ("agent_reply", True)]
        assert len(gateway.relay.to("anna@client.test")) == 1
        assert not [each for each in gateway.relay.messages if b"lawyer" in each.content]
        assert "@note" in gateway.relay.to("dana@staff.test")[-1].text


async def test_a_canned_reply_a_private_reply_and_other_recipients(lend: Lender) -> None:
    async with lend(desk="private_without_client = true", tables=MORE) as gateway:
        notification = await a_ticket(gateway)
        await answers(gateway, notification, "We work on it.\n@template greeting")
        reply = gateway.relay.to("anna@client.test")[-1]
        assert reply.text.index("Dear customer") < reply.text.index("We work on it.")

        await answers(gateway, notification, "For the file: model X200.\n@private")
        await answers(gateway, notification, "Can you supply a drum?\n@to vendor@parts.test")
        assert len(gateway.relay.to("anna@client.test")) == 2
        [asked] = gateway.relay.to("vendor@parts.test")
        assert "drum" in asked.text
        ticket = await gateway.ticket(1)
        assert [each["private"] for each in written(ticket)] == [False, False, True, True]
        assert [each["address"] for each in written(ticket)[3]["to"]] == ["vendor@parts.test"]


async def test_the_from_address_of_a_reply_is_one_of_the_department(lend: Lender) -> None:
    async with lend() as gateway:
        notification = await a_ticket(gateway)
        await answers(gateway, notification, "By another door.\n@from pomoc@desk.test")
        assert gateway.relay.to("anna@client.test")[-1].message["From"].addresses[0].addr_spec == "pomoc@desk.test"
        await answers(gateway, notification, "As the president.\n@from president@elsewhere.test")
        assert gateway.relay.to("anna@client.test")[-1].message["From"].addresses[0].addr_spec == "support@desk.test"
        assert "president@elsewhere.test" in gateway.relay.to("dana@staff.test")[-1].text


async def test_a_ticket_goes_to_another_department_and_its_agents_alone_may_have_it(lend: Lender) -> None:
    async with lend(tables=MORE) as gateway:
        notification = await a_ticket(gateway)
        await answers(gateway, notification, "@assignee Sam Seller")
        assert (await gateway.ticket(1))["assignee"] is None
        await answers(gateway, notification, "@assignee sam@staff.test\n@department Sales")
        ticket = await gateway.ticket(1)
        assert (ticket["department"], ticket["assignee"]) == ("sales", "sam@staff.test")
        [to_oleg] = gateway.relay.to("oleg@staff.test")
        row = await gateway.take(reply_to(to_oleg, OLEG, "Mine!\n@me"))
        assert (row["state"], (await gateway.ticket(1))["assignee"]) == ("held", "sam@staff.test")


async def test_merged_tickets_keep_both_histories_and_either_number_leads_to_the_survivor(lend: Lender) -> None:
    async with lend() as gateway:
        await a_ticket(gateway, "First")
        second = await a_ticket(gateway, "Second")
        await gateway.send(letter("Boris <boris@other.test>", "support@desk.test", "Third", "Not hers."))
        third = (await gateway.letters_to("dana@staff.test", 3))[-1]
        await answers(gateway, second, "One answer for both.\n@merge 1\n@resolved\n@tags double")

        found = [await gateway.json("tickets", "show", number) for number in ("1", "2")]
        assert [each["number"] for each in found] == [1, 1]
        ticket = found[0]
        assert [each["text"].strip() for each in written(ticket)] == [
            "It is about: First.",
            "It is about: Second.",
            "One answer for both.",
        ]
        assert (ticket["status"], ticket["tags"], ticket["merged"]) == ("resolved", ["double"], [2])
        assert {each["kind"] for each in ticket["events"]} >= {"created", "merged", "replied"}
        reply = gateway.relay.to("anna@client.test")[-1]
        assert reply.subject == "Re: First [#1]"

        # An answer to the letter of the ticket that is gone joins the one that lives on.
        registered = gateway.relay.to("anna@client.test")[1]
        assert registered.subject == "Second [#2]"
        row = await gateway.take(reply_to(registered, ANNA, "Thanks for both."))
        assert (row["ticket"], row["outcome"]) == (1, "client_reply")

        await answers(gateway, third, "@merge #1\n@merge 99")
        assert len(await gateway.json("tickets", "list")) == 3
        assert (await gateway.ticket(3))["merged_into"] is None
        refused = [each["kind"] for each in (await gateway.ticket(3))["events"]]
        assert "command_refused" in refused
