"""What a rule's `when` can ask of a mail (U2, U8): each condition by SMTP, on rules that do nothing but put their name on the ticket."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter, reply_to

RELAYED = 'agent_authentication = "token"\nrelays = ["127.0.0.1"]\nauthserv_id = "mx.relay.test"'
NOW = datetime.now(UTC)
AUTHORS = count(1)

WHEN = {
    "gateway": "gateway = 'Sales@Desk.test'",
    "any-local-part": "gateway = '*@any.test'\nsubject = 'at the door'",
    "local-part": "gateway = 'jobs-*@any.test'",
    "bare-domain": "recipient = 'other.test'",
    "author": "author = 'boss@big.test'",
    "author-domain": "author = '*@ads.test'",
    "author-name": "author = 'Weekly Newsletter'",
    "author-regex": r"author = 're:^bot-\d+@'",
    "recipient": "recipient = ['audit@other.test', 'nobody@other.test']",
    "subject": "subject = 'Special  OFFER'",
    "subject-regex": r"subject = 're:^\[ref-\d+\]'",
    "subject-list": "subject = ['zażółć', 'СЧЁТ']",
    "text": "text = 'click here to unsubscribe'",
    "text-regex": r"text = 're:^order\s+\d{6}$'",
    "header": "header = { X-Campaign = 'spring' }",
    "header-there": "header = { X-Custom = true, List-Id = false }",
    "header-number": "header = { X-Priority = 1 }",
    "auto-reply": "kind = 'auto_reply'",
    "reply": "reply = true",
    "new": "reply = false\nsubject = 'first words'",
    "known": "known_client = true\nsubject = 'know me'",
    "unknown": "known_client = false\nsubject = 'know me'",
    "file-name": "attachment = ['*.exe', '.scr']",
    "file-type": "attachment = 'image/*'",
    "file-size": "attachment = { content_type = 'application/pdf', size = '> 20 KiB' }",
    "no-file": "attachment = false\nsubject = 'file'",
    "size": "size = '> 100k'",
    "language": "language = 'RU'",
    "disowned": "verdict = 'fail'",
    "proven": "verdict = 'pass'",
    "method": "verdict = { spf = ['softfail', 'fail'] }",
    "spam": "spam_score = 5",
    "department": "department = 'sales'\nsubject = 'whose'",
    "these-hours": f"hours = '{NOW - timedelta(hours=2):%a %H:%M}-{NOW + timedelta(hours=2):%H:%M} UTC'\nsubject = 'what time'",
    "other-hours": f"hours = '{NOW + timedelta(hours=3):%H:%M}-{NOW + timedelta(hours=4):%H:%M} UTC'\nsubject = 'what time'",
    "their-clock": "hours = { zone = 'Asia/Kolkata', days = 'mon-sun' }\nsubject = 'what time'",
    "any": "any = [{ subject = 'either' }, { text = 'or so' }]",
    "any-key": "any = { subject = 'either', author = '@or.test' }",
    "nested": "subject = 'nested'\nnot = { any = [{ text = 'but not' }, { all = [{ author = '@ads.test' }, { reply = false }] }] }",
    "none-of": "subject = 'nested'\nnot = [{ text = 'but not' }, { text = 'nor' }]",
}
TABLES = "".join(f'[[rule]]\nname = "{name}"\nthen.tags = "{name}"\n[rule.when]\n{when}\n' for name, when in WHEN.items())


@dataclass(frozen=True)
class Mail:
    """`tags`: the rules that match, of all that there are. Each is of another author, unless it says whose."""

    tags: str
    author: str = ""
    to: str = "support@desk.test"
    subject: str = "Hello"
    words: str = "It does not work."
    fields: tuple[tuple[str, str], ...] = ()
    file: tuple[str, str, int] | None = None

    def made(self) -> EmailMessage:
        made = letter(self.author or f"c{next(AUTHORS)}@client.test", self.to, self.subject, self.words)
        for name, value in self.fields:
            made[name] = value
        if self.file is not None:
            name, kind, size = self.file
            main, _, sub = kind.partition("/")
            made.add_attachment(bytes(size), maintype=main, subtype=sub, filename=name)
        return made


def result(value: str) -> tuple[tuple[str, str], ...]:
    return (("Authentication-Results", f"mx.relay.test; {value}"),)


MAILS = (
    Mail(""),
    Mail("gateway", to="sales@desk.test"),
    Mail("gateway", to="Sales+vip@desk.test"),
    Mail("any-local-part", to="whatever@any.test", subject="At the door"),
    Mail("local-part", to="jobs-17@any.test"),
    Mail("local-part", to="jobs-berlin+x@any.test"),
    Mail("", to="whatever@any.test"),
    Mail("bare-domain recipient", to="support@desk.test, Audit@OTHER.test"),
    Mail("bare-domain", to="support@desk.test, someone@other.test"),
    Mail("author", author="The Boss <Boss@Big.test>"),
    Mail("", author='"boss@big.test" <small@client.test>'),
    Mail("author-domain", author="x@ads.test"),
    Mail("", author="x@not-ads.test"),
    Mail("", author="x@ads.test.client.test"),
    Mail("author-name", author="The weekly newsletter <x@client.test>"),
    Mail("author-regex", author="bot-42@client.test"),
    Mail("", author='"bot-42@x" <x@client.test>'),
    Mail("subject", subject="A special offer for you"),
    Mail("subject-regex", subject="[REF-123] something"),
    Mail("", subject="Re [ref-123]"),
    Mail("subject-list", subject="ZAŻÓŁĆ gęślą jaźń"),
    Mail("subject-list language", subject="Ваш счёт", words="Здравствуйте, почему у нас ничего не печатает принтер на втором этаже?"),
    Mail("text", words="To leave,\nCLICK here\n to unsubscribe."),
    Mail("text-regex", words="Dear all,\nOrder  123456\nis late."),
    Mail("", words="My order 123456 is late.\n\nOn 21 Nov 2026 at 12:00, x@y.test wrote:\n> order 123456\n> click here to unsubscribe"),
    Mail("header", fields=(("X-Campaign", "Early Spring 2026"),)),
    Mail("header-there", fields=(("X-Custom", "anything"),)),
    Mail("", fields=(("X-Custom", "anything"), ("List-Id", "<x.list.test>"))),
    Mail("header-number", fields=(("X-Priority", "1 (Highest)"),)),
    Mail("auto-reply", fields=(("Auto-Submitted", "auto-replied"),)),
    Mail("new", subject="First words"),
    Mail("known", author="anna@client.test", subject="Know me"),
    Mail("unknown", author="nobody-knows@me.test", subject="Know me"),
    Mail("file-name", subject="A file", file=("Invoice.PDF.EXE", "application/octet-stream", 10)),
    Mail("file-type", subject="A file", file=("a.png", "image/png", 10)),
    Mail("file-size", subject="A file", file=("a.pdf", "application/pdf", 30_000)),
    Mail("", subject="A file", file=("a.pdf", "application/pdf", 3_000)),
    Mail("no-file", subject="No file"),
    Mail("size", file=("a.bin", "application/octet-stream", 100_000)),
    Mail("disowned", fields=result("dmarc=fail header.from=client.test")),
    Mail("proven", fields=result("dmarc=pass header.from=client.test")),
    Mail("method", fields=result("spf=softfail smtp.mailfrom=client.test")),
    Mail("spam", fields=(("X-Spam-Score", "7.3"),)),
    Mail("spam", fields=(("X-Spam-Status", "Yes, score=5.0 required=5.0 tests=BAYES"),)),
    Mail("", fields=(("X-Spam-Score", "4.9"),)),
    Mail("gateway department", to="sales@desk.test", subject="Whose is it"),
    Mail("these-hours their-clock", subject="What time is it"),
    Mail("any any-key", subject="Either"),
    Mail("any", words="Or so."),
    Mail("any-key", author="x@or.test"),
    Mail("nested none-of", subject="Nested"),
    Mail("", subject="Nested", words="But not this."),
    Mail("nested", subject="Nested", words="Nor that."),
    Mail("author-domain none-of", author="x@ads.test", subject="Nested"),
)  # fmt: skip


async def send_all(gateway: Running, mails: tuple[Mail, ...]) -> list[dict[str, Any]]:
    """Their tickets, in order."""
    for each in mails:
        await gateway.send(each.made(), *(address.strip() for address in each.to.split(",") if "other" not in address.casefold()))
    rows = await gateway.settled(len(mails))
    assert [row["outcome"] for row in rows] == ["ticket"] * len(mails), [(row["subject"], row["outcome"], row["why"]) for row in rows]
    return [await gateway.ticket(row["ticket"]) for row in rows]


async def test_a_rule_applies_to_the_mails_that_meet_its_condition_and_to_no_other(lend: Lender) -> None:
    async with lend(trust=RELAYED, tables=TABLES) as gateway:
        status, _, err = await gateway.command("clients", "add", "anna@client.test", "--name", "Anna")
        assert status == 0, err
        tickets = await send_all(gateway, MAILS)
        found = {mail: " ".join(each for each in WHEN if each in ticket["tags"]) for mail, ticket in zip(MAILS, tickets, strict=True)}
        assert found == {mail: mail.tags for mail in MAILS}

        # The ticket's events name each rule, with why; so does the decision on the message.
        boss = next(ticket for mail, ticket in zip(MAILS, tickets, strict=True) if mail.tags == "author")
        [applied] = [each for each in boss["events"] if each["kind"] == "rule_applied"]
        assert applied["data"] == {"rule": "author", "why": "the author is boss@big.test", "did": ["tags author"]}
        row = next(row for row in await gateway.settled(len(MAILS)) if row["ticket"] == boss["number"])
        assert 'rule "author": the author is boss@big.test: tags author' in row["decision"]

        # A reply is one, whatever else it is.
        await gateway.take(reply_to((await gateway.letters_to("Boss@Big.test"))[0], "boss@big.test", "First words, again."))
        assert {"author", "reply"} <= set((await gateway.ticket(boss["number"]))["tags"])

        # `rules test --since` tells the same of what is stored, and changes nothing.
        told = await gateway.json("rules", "test", "--since", "2020-01-01")
        assert [" ".join(each["rules"]) for each in told[: len(MAILS)]] == [
            # What was known of whom then is told as of then; anna was added by hand before.
            mail.tags
            for mail in MAILS
        ]
        assert (told[-1]["rules"], told[-1]["gateway"]) == (["author", "reply"], "support@desk.test")


HOSTILE = """
[[rule]]
name = "proven boss"
when = { author = "boss@client.test", verdict = "pass" }
then = { priority = "urgent" }
[[rule]]
name = "clean"
when = { spam_score = "< 0" }
then = { tags = "clean" }
[[rule]]
name = "by envelope"
when = { gateway = "sales@desk.test" }
then = { tags = "sales" }
"""


async def test_what_a_forger_writes_into_the_header_earns_nothing(lend: Lender) -> None:
    """Our own fields and those of relays that nobody trusts are a stranger's words."""
    async with lend(tables=HOSTILE) as gateway:
        forged = letter("boss@client.test", "support@desk.test", "Urgent", "Pay at once.")
        for server in ("mx.desk.test", "mx.relay.test", "localhost"):
            forged["Authentication-Results"] = f"{server}; dmarc=pass header.from=client.test; spf=pass smtp.mailfrom=client.test"
        forged["X-Deskgate-Ticket"] = "1"
        forged["X-Spam-Score"] = "-50"
        forged["X-Spam-Score"] = "12"
        forged["X-Deskgate-Rule"] = "proven boss"
        row = await gateway.take(forged)
        ticket = await gateway.ticket(row["ticket"])
        assert (ticket["priority"], ticket["tags"], row["outcome"]) == ("normal", [], "ticket")


@pytest.mark.parametrize("form", ["file", "folder", "standard input"])
async def test_explain_and_rules_test_say_which_rules_match_and_why(form: str, lend: Lender, tmp_path: Path) -> None:
    """Without a database: the gateway that is lent has only the configuration here."""
    async with lend(tables=TABLES) as gateway:
        mail = letter("x@ads.test", "sales@desk.test", "Special offer", "Or so.").as_bytes()
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "offer.eml").write_bytes(mail)
        name = {"file": str(tmp_path / "old" / "offer.eml"), "folder": str(tmp_path / "old"), "standard input": "-"}[form]
        status, out, err = await gateway.command("rules", "test", "--json", name, stdin=mail)
        assert status == 0, err
        [told] = json.loads(out)
        assert told["rules"] == ["gateway", "author-domain", "subject", "any"]
        assert told["outcome"] == ["tags gateway, author-domain, subject, any"]
        assert {each["rule"] for each in (*told["matched"], *told["passed_over"])} == set(WHEN)
        [boss] = [each["why"] for each in told["passed_over"] if each["rule"] == "author"]
        assert boss == "the author is not boss@big.test (x@ads.test)"
        status, out, err = await gateway.command("rules", "test", name, stdin=mail)
        assert status == 0, err
        assert "  + author-domain: the author is *@ads.test\n" in out
        assert "     1 × any: " in out
        if form == "folder":
            return
        status, out, err = await gateway.command("explain", "--json", name, stdin=mail)
        assert status == 0, err
        rules = {each["name"]: each for each in json.loads(out)["rules"]}
        assert [name for name, each in rules.items() if each["applies"]] == told["rules"]
        assert rules["author"]["why"] == boss
        assert 'rule "subject": the subject contains "Special  OFFER": tags subject' in json.loads(out)["decision"]
