"""What a rule's `then` does to mail that comes in (U2, U8): by SMTP, on tickets, letters and what was kept."""

import json
import signal
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to

STAFF = """
[[agent]]
name = "Sam Seller"
address = "sam@staff.test"
departments = ["sales"]
language = "en"
[[agent]]
name = "Ines Inactive"
address = "ines@staff.test"
departments = ["sales"]
active = false
[[agent]]
name = "Lena Lawyer"
address = "lena@staff.test"
departments = []
language = "en"
"""


def rule(name: str, when: str, then: str) -> str:
    return f'[[rule]]\nname = "{name}"\n[rule.when]\n{when}\n[rule.then]\n{then}\n'


ENDS = STAFF + "".join(
    (
        rule("too large", "gateway = 'small@any.test'\nsize = '> 20 KiB'", "reject = 'Send a link instead'"),
        rule("closed door", "gateway = 'closed@any.test'", "reject = true"),
        rule("known pest", "author = '*@pest.test'", "reject = 'We do not talk'"),
        rule("ads", "author = '@ads.test'", "discard = true\ntags = 'never'"),
        rule("not a ticket", "subject = 'do not create'", "create = false"),
        rule("doubtful", "attachment = '*.js'", "hold = true"),
        rule("after the end", "author = '@ads.test'", "tags = 'after'"),
    )
)


async def refused(gateway: Running, author: str, recipient: str, declared: int | None = None, octets: int = 100) -> tuple[int, str, str]:
    """Code, text and the command that was refused; `250` and `DATA` where none was."""
    mail = letter("anna@client.test", recipient).as_bytes() + b"x" * 70 + b"\n" * octets
    async with gateway.session() as client:
        try:
            await client.mail(author, options=[f"SIZE={declared}"] if declared is not None else [])
            await client.rcpt(recipient)
        except aiosmtplib.SMTPRecipientRefused as refusal:
            return refusal.code, refusal.message, "RCPT"
        except aiosmtplib.SMTPSenderRefused as refusal:
            return refusal.code, refusal.message, "MAIL"
        try:
            await client.data(mail.replace(b"\n", b"\r\n"))
        except aiosmtplib.SMTPDataError as refusal:
            return refusal.code, refusal.message, "DATA"
        return 250, "", "DATA"


async def test_mail_that_makes_no_ticket_is_refused_kept_or_held_and_names_its_rule(lend: Lender) -> None:
    async with lend(tables=ENDS) as gateway:
        # Refused while its peer still listens, as early as can be, and nothing is stored.
        assert await refused(gateway, "anna@client.test", "closed@any.test") == (
            550, "5.7.1 Message refused by the rules of this desk", "RCPT",
        )  # fmt: skip
        assert await refused(gateway, "Spam@PEST.test", "support@desk.test") == (550, "5.7.1 We do not talk", "RCPT")
        assert await refused(gateway, "a@client.test", "small@any.test", declared=40_000) == (550, "5.7.1 Send a link instead", "RCPT")
        assert await refused(gateway, "a@client.test", "small@any.test", octets=30_000) == (550, "5.7.1 Send a link instead", "DATA")
        assert await gateway.rows("SELECT id FROM inbound_messages") == []
        # The null reverse-path brings reports on our own letters; other recipients of the same mail get it.
        assert (await refused(gateway, "", "closed@any.test"))[0] == 250
        mail = letter("anna@client.test", "support@desk.test, closed@any.test", "To two")
        async with gateway.session() as client:
            await client.mail("anna@client.test")
            await client.rcpt("support@desk.test")
            with pytest.raises(aiosmtplib.SMTPRecipientRefused):
                await client.rcpt("closed@any.test")
            await client.data(mail.as_bytes().replace(b"\n", b"\r\n"))
        [null, two] = await gateway.settled(2)
        assert (two["outcome"], two["gateway"]) == ("ticket", "support@desk.test")
        assert null["outcome"] == "ticket", "what may be forged in the fields refuses nothing after the dialogue"
        # From is not the reverse-path: who is refused by a rule is refused by what the envelope says.
        assert (await gateway.take(letter("x@pest.test", "support@desk.test"), reverse_path="a@client.test"))["outcome"] == "ticket"

        before = len(await gateway.json("tickets", "list"))
        letters = len(gateway.relay.messages)
        for mail, name in (
            (letter("x@ads.test", "support@desk.test", "Buy"), "ads"),
            (letter("a@b.test", "support@desk.test", "Do not create"), "not a ticket"),
        ):
            row = await gateway.take(mail)
            shown = await gateway.json("inbound", "show", str(row["id"]))
            assert (shown["state"], shown["outcome"], shown["ticket"], shown["rule"]) == ("ignored", "ignored", None, name)
            assert shown["why"] == f'discarded by the rule "{name}"'
            assert any(f'rule "{name}"' in each for each in shown["decision"])
            assert b"Subject: " in await gateway.raw(row["id"]), "it is kept"
        script = letter("new@client.test", "support@desk.test", "Open this")
        script.add_attachment(b"alert(1)", maintype="text", subtype="javascript", filename="Bill.JS")
        row = await gateway.take(script)
        shown = await gateway.json("inbound", "show", str(row["id"]))
        assert (shown["state"], shown["rule"], shown["why"]) == ("held", "doubtful", 'held for a person by the rule "doubtful"')
        await gateway.quiet()
        assert len(await gateway.json("tickets", "list")) == before
        assert gateway.relay.to("new@client.test") == [] and gateway.relay.to("x@ads.test") == []
        assert len(gateway.relay.messages) >= letters

        # Without the rule, after a SIGHUP, what was held is decided on as ever.
        write = gateway.config.read_text("utf-8").replace("attachment = '*.js'", "attachment = '*.vbs'")
        gateway.config.write_text(write, "utf-8")
        gateway.process.signal(signal.SIGHUP)
        await gateway.process.logged("configuration_in_force", seconds=30)
        status, _, err = await gateway.command("inbound", "replay", str(row["id"]))
        assert status == 0, err
        [settled] = [each for each in await gateway.settled(1) if each["id"] == row["id"]]
        assert (settled["state"], settled["outcome"]) == ("done", "ticket")
        assert len(await gateway.letters_to("new@client.test")) == 1


ACTS = STAFF + "".join(
    (
        rule("everything", "gateway = 'all@any.test'",
             "department = 'support'\ncategory = 'Print'\npriority = 'urgent'\nstatus = 'pending'\ntags = ['hot', 'Print']\n"
             "cc = ['boss@big.test', 'Second@big.test']\nassignee = 'oleg@staff.test'"),
        rule("turns", "gateway = 'turns@any.test'", "assignee = 'round-robin'"),
        rule("load", "gateway = 'load@any.test'", "assignee = 'least-loaded'"),
        rule("of another department", "gateway = 'foreign@any.test'", "assignee = 'oleg@staff.test'"),
        rule("lawyers", "subject = 'lawsuit'", "notify = 'lena@staff.test'"),
        rule("first", "gateway = 'order@any.test'", "category = 'first'\npriority = 'low'\ntags = ['one', 'both']"),
        rule("second", "gateway = 'order@any.test'", "category = 'second'\ntags = ['BOTH', 'two']"),
        rule("third", "gateway = 'order@any.test'\nsubject = 'stop here'", "status = 'pending'\nstop = true"),
        rule("fourth", "gateway = 'order@any.test'", "category = 'fourth'"),
        rule("replies", "reply = true\ntext = 'it is urgent'", "priority = 'high'\nnotify = ['sam@staff.test']"),
        rule("own words", "text = 'seen by a rule'", "category = 'Secret-of-staff'"),
    )
)  # fmt: skip


async def fields(gateway: Running, number: int, *names: str) -> tuple[Any, ...]:
    shown = await gateway.json("tickets", "show", str(number))
    return tuple(shown[name] for name in names)


async def applied(gateway: Running, number: int) -> list[str]:
    shown = await gateway.json("tickets", "show", str(number))
    return [each["data"]["rule"] for each in shown["events"] if each["kind"] == "rule_applied"]


async def staff_told(gateway: Running, number: int) -> set[tuple[str, str]]:
    """Kind and agent of each letter about the ticket."""
    await gateway.quiet()
    query = """SELECT m.kind, r.address FROM outbox_messages m JOIN outbox_recipients r ON r.outbox_id = m.id
               WHERE m.ticket = :number AND r.address LIKE '%@staff.test'"""
    return {(row["kind"], row["address"]) for row in await gateway.rows(query, number=number)}


async def test_rules_give_a_new_ticket_all_that_it_should_have(lend: Lender) -> None:
    async with lend(tables=ACTS) as gateway:
        number = (await gateway.take(letter("anna@client.test", "all@any.test", "Printer")))["ticket"]
        shown = await gateway.json("tickets", "show", str(number))
        assert [shown[name] for name in ("department", "category", "priority", "status", "assignee")] == [
            "support", "Print", "urgent", "pending", "oleg@staff.test",
        ]  # fmt: skip
        assert (sorted(shown["tags"]), sorted(shown["cc"])) == (["Print", "hot"], ["boss@big.test", "second@big.test"])
        # It is the new department's ticket from the beginning: nobody of the old one hears of it, and whose it is is told so.
        told = await staff_told(gateway, number)
        assert ("assigned", "oleg@staff.test") in told
        assert "sam@staff.test" not in {address for _, address in told}
        assert await applied(gateway, number) == ["everything"]
        # Whom a rule puts into Cc gets what the ticket's people get, but is not told that the client wrote to them; and nobody outside
        # reads of rules.
        await gateway.command("tickets", "reply", str(number), "--as", "dana@staff.test", "--text", "Use water.")
        assert "Use water." in (await gateway.letters_to("boss@big.test"))[0].text
        outside = [each for each in gateway.relay.messages if not each.recipients[0].endswith("@staff.test")]
        assert len(outside) >= 2
        assert not [each for each in outside if b"everything" in each.content]


async def test_tickets_are_handed_out_by_turns_by_load_and_only_to_active_agents_of_the_department(lend: Lender) -> None:
    async with lend(tables=ACTS) as gateway:
        whose: list[str | None] = []
        for turn in range(4):
            number = (await gateway.take(letter(f"c{turn}@client.test", "turns@any.test")))["ticket"]
            whose += await fields(gateway, number, "assignee")
        assert whose == ["sam@staff.test", "dana@staff.test", "sam@staff.test", "dana@staff.test"]
        # Dana is done with hers; Sam has two.
        for number in (2, 4):
            assert (await gateway.command("tickets", "set", str(number), "--status", "closed", "--as", "dana@staff.test"))[0] == 0
        loaded: list[str | None] = []
        for turn in range(3):
            number = (await gateway.take(letter(f"d{turn}@client.test", "load@any.test")))["ticket"]
            loaded += await fields(gateway, number, "assignee")
        assert loaded[:2] == ["dana@staff.test", "dana@staff.test"]
        assert loaded[2] in ("dana@staff.test", "sam@staff.test")
        # B2: an agent of another department gets nothing, and the department is told as ever.
        number = (await gateway.take(letter("e@client.test", "foreign@any.test")))["ticket"]
        assert await fields(gateway, number, "assignee", "department") == (None, "sales")
        assert await staff_told(gateway, number) == {("new_ticket", "dana@staff.test"), ("new_ticket", "sam@staff.test")}


async def test_named_agents_are_told_instead_of_the_department_whatever_theirs_is(lend: Lender) -> None:
    async with lend(tables=ACTS) as gateway:
        number = (await gateway.take(letter("anna@client.test", "support@desk.test", "A lawsuit")))["ticket"]
        assert await staff_told(gateway, number) == {("new_ticket", "lena@staff.test")}
        [told] = await gateway.letters_to("lena@staff.test")
        assert "It does not work." in told.text
        # On a reply too; the client has been told that it was registered, and nothing of rules.
        [registered] = await gateway.letters_to("anna@client.test")
        await gateway.take(reply_to(registered, "anna@client.test", "It is urgent!"))
        assert await staff_told(gateway, number) == {
            ("new_ticket", "lena@staff.test"),
            ("client_reply", "lena@staff.test"),
            ("client_reply", "sam@staff.test"),
        }
        assert (await fields(gateway, number, "priority")) == ("high",)
        assert await applied(gateway, number) == ["lawyers", "lawyers", "replies"]


async def test_of_rules_that_say_different_things_the_later_one_is_obeyed_until_one_stops(lend: Lender) -> None:
    async with lend(tables=ACTS) as gateway:
        number = (await gateway.take(letter("a@client.test", "order@any.test", "Go on")))["ticket"]
        category, priority, tags, status = await fields(gateway, number, "category", "priority", "tags", "status")
        assert (category, priority, sorted(tags), status) == ("fourth", "low", ["both", "one", "two"], "new")
        assert await applied(gateway, number) == ["first", "second", "fourth"]
        number = (await gateway.take(letter("b@client.test", "order@any.test", "Stop here")))["ticket"]
        assert await fields(gateway, number, "category", "status") == ("second", "pending")
        assert await applied(gateway, number) == ["first", "second", "third"]


async def test_a_rule_answers_people_with_its_template_and_never_a_machine(lend: Lender, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "faq.txt").write_text("Subject: Your answer\n\nTurn it off and on again.\n")
    answered = rule("answered", "gateway = 'faq@any.test'", "answer = 'faq'\nstatus = 'resolved'")
    async with lend(tables=f'{answered}[templates]\ndirectory = "{tmp_path}"\n') as gateway:
        number = (await gateway.take(letter("Anna <anna@client.test>", "faq@any.test", "How?")))["ticket"]
        [answer] = await gateway.letters_to("anna@client.test")
        assert "Turn it off and on again." in answer.text
        assert answer.message["Auto-Submitted"] == "auto-replied"
        assert await fields(gateway, number, "status") == ("resolved",)
        machines = {
            "bulk@list.test": {"Precedence": "bulk"},
            "list@list.test": {"List-Id": "<x.list.test>", "List-Unsubscribe": "<mailto:u@list.test>"},
            "robot@list.test": {"Auto-Submitted": "auto-generated"},
            "away@list.test": {"Auto-Submitted": "auto-replied", "X-Autoreply": "yes"},
        }
        for author, header in machines.items():
            row = await gateway.take(letter(author, "faq@any.test", f"Mail of {author}", **header))
            assert row["outcome"] == "ticket"
            [events] = await fields(gateway, row["ticket"], "events")
            assert [each["data"]["why"] for each in events if each["kind"] == "silenced"], author
        await gateway.take(letter("null@list.test", "faq@any.test", "From nobody"), reverse_path="")
        bounce = letter("MAILER-DAEMON@list.test", "faq@any.test", "Undelivered Mail Returned to Sender")
        bounce["Auto-Submitted"] = "auto-replied"
        await gateway.take(bounce, reverse_path="")
        await gateway.quiet()
        assert [each.recipients for each in gateway.relay.messages if each.recipients[0].endswith("@list.test")] == []


async def test_explain_says_what_the_rules_would_do(lend: Lender) -> None:
    async with lend(tables=ENDS) as gateway:
        mail = letter("x@ads.test", "closed@any.test", "Buy").as_bytes()
        status, out, err = await gateway.command("explain", "--json", "-", stdin=mail)
        assert status == 0, err
        told = json.loads(out)
        assert told["outcome"] == "ignored"
        status, out, err = await gateway.command("explain", "-", stdin=mail)
        assert "    does not  known pest: by its envelope and size, it is not so that the author is *@pest.test" in out.splitlines()
