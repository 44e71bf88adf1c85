"""Which gateway address takes a mail, and what becomes of mail that none takes (B8, U3, U8, Z1, Z3, Z4)."""

from dataclasses import dataclass, field

import aiosmtplib
import pytest

from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter

EXTRA = """
[[gateway]]
address = "later@desk.test"
department = "support"
enabled = false
when_disabled = "defer"
[[gateway]]
address = "support@пример.test"
department = "support"
"""
NOBODY = "no gateway address stands in"


@dataclass(frozen=True, slots=True)
class Mail:
    """`gateway` None: it is ignored. `why` must be said of it, in its decision."""

    sentence: str
    to: str
    gateway: str | None
    why: str
    fields: dict[str, str] = field(default_factory=dict)
    recipients: tuple[str, ...] = ("support@desk.test",)


BY_ALL_FOUR = (
    Mail("To names it", "sales@desk.test", "sales@desk.test", "To names sales@desk.test"),
    Mail("case does not matter", "Team <SUPPORT@Desk.TEST>", "support@desk.test", "To names support@desk.test"),
    Mail("one of two recipients is ours", "x@else.test, sales@desk.test", "sales@desk.test", "To names sales@desk.test"),
    Mail("Cc names it", "x@else.test", "sales@desk.test", "Cc names sales@desk.test", {"Cc": "y@else.test, sales@desk.test"}),
    Mail("To comes before Cc", "help@desk.test", "help@desk.test", "To names help@desk.test", {"Cc": "sales@desk.test"}),
    Mail("Delivered-To names it", "info@outside.test", "sales@desk.test", "Delivered-To names", {"Delivered-To": "sales@desk.test"}),
    Mail("X-Original-To names it", "info@outside.test", "sales@desk.test", "Delivered-To names", {"X-Original-To": "sales@desk.test"}),
    Mail("X-Forwarded-To names it", "info@outside.test", "sales@desk.test", "Delivered-To names", {"X-Forwarded-To": "sales@desk.test"}),
    Mail("the envelope alone names it", "info@outside.test", "help@desk.test", "the envelope names", recipients=("help@desk.test",)),
    Mail("a catch-all takes any name", "a.b@any.test", "a.b@any.test", "To names a.b@any.test", recipients=("a.b@any.test",)),
    Mail("a subaddress is its address", "support+vip@desk.test", "support@desk.test", "To names", recipients=("Support+VIP@desk.test",)),
    Mail("a domain in two scripts is one", "support@ПРИМЕР.test", "support@xn--e1afmkfd.test", "To names"),
    Mail("a disabled gateway is not taken", "off@desk.test", None, "off@desk.test is switched off", recipients=("off@desk.test",)),
    Mail("an enabled one beside it is", "off@desk.test", "sales@desk.test", "Cc names", {"Cc": "sales@desk.test"}, ("off@desk.test",)),
    Mail("postmaster is heard", "postmaster@desk.test", "support@desk.test", "names postmaster", recipients=("postmaster@desk.test",)),
    Mail("postmaster is heard without a domain", "postmaster", "support@desk.test", "names postmaster", recipients=("postmaster",)),
)  # fmt: skip
BY_TO_ALONE = (
    Mail("a gateway in To is taken", "support@DESK.test", "support@desk.test", "To names support@desk.test"),
    Mail("an alias without a gateway is not", "alias@desk.test", None, f"{NOBODY} To"),
    Mail("two recipients, one of them ours, are", "alias@desk.test, sales@desk.test", "sales@desk.test", "To names sales@desk.test"),
    Mail("Cc is not enough", "x@else.test", None, f"{NOBODY} To", {"Cc": "support@desk.test"}),
    Mail("Delivered-To is not enough", "x@else.test", None, f"{NOBODY} To", {"Delivered-To": "support@desk.test"}),
)


@pytest.mark.parametrize(("desk", "mails"), [("", BY_ALL_FOUR), ('route_by = ["to"]', BY_TO_ALONE)], ids=["by_all_four", "by_to_alone"])
async def test_the_first_address_of_ours_takes_the_mail_and_what_none_takes_is_kept_with_why(
    desk: str, mails: tuple[Mail, ...], lend: Lender
) -> None:
    async with lend(desk=desk, tables=EXTRA) as gateway:
        for number, mail in enumerate(mails):
            content = letter(
                f"client{number}@client.test", mail.to.encode("idna").decode() if mail.to.isascii() else "x@y.test", mail.sentence
            )
            for name, value in mail.fields.items():
                content[name] = value
            raw = content.as_bytes()
            if not mail.to.isascii():
                raw = raw.replace(b"To: x@y.test", f"To: {mail.to}".encode())
            await gateway.send(raw, *mail.recipients, reverse_path=f"client{number}@client.test")
        rows = {row["subject"]: row for row in await gateway.settled(len(mails))}

        taken = {each.sentence: (each.gateway, "done" if each.gateway else "ignored") for each in mails}
        assert {sentence: (row["gateway"], row["state"]) for sentence, row in rows.items()} == taken
        assert [each.sentence for each in mails if each.why not in " ".join(rows[each.sentence]["decision"])] == []
        ignored = [rows[each.sentence] for each in mails if each.gateway is None]
        assert [row for row in ignored if row["ticket"] is not None or row["why"] != row["decision"][-1]] == []
        for row in ignored:
            assert f"Subject: {row['subject']}\r\n".encode() in await gateway.raw(row["id"])


async def test_a_ticket_goes_to_the_department_of_its_gateway_and_remembers_the_others_that_were_addressed(lend: Lender) -> None:
    async with lend() as gateway:
        mail = letter("anna@client.test", "sales@desk.test, support@desk.test", "To both")
        await gateway.take(mail)
        ticket = await gateway.ticket(1)
        assert (ticket["gateway"], ticket["department"]) == ("sales@desk.test", "sales")
        also = [each["data"] for each in ticket["events"] if each["kind"] == "also_addressed"]
        assert also == [{"gateway": "support@desk.test"}]
        assert len(await gateway.letters_to("dana@staff.test")) == 1
        await gateway.quiet()
        assert gateway.relay.to("oleg@staff.test") == [], "Oleg is not of sales"


async def test_at_the_door_only_our_addresses_are_recipients(lend: Lender) -> None:
    async with lend(outbound='bounce_domain = "bounce.test"', tables=EXTRA) as gateway:
        answers = {
            "support@desk.test": 250,
            "SUPPORT+anything@DESK.TEST": 250,
            "off@desk.test": 250,
            "whatever@any.test": 250,
            "r+aaaa@desk.test": 250,
            "b+aaaa@bounce.test": 250,
            "postmaster": 250,
            "postmaster@mx.desk.test": 250,
            "Postmaster@desk.test": 250,
            "later@desk.test": 450,
            "alias@desk.test": 550,
            "support@else.test": 550,
            "a+aaaa@bounce.test": 550,
            "dana@staff.test": 550,
        }
        assert {address: await answer_to(gateway, address) for address in answers} == {
            address: (code, {250: "2.1.5", 450: "4.2.1", 550: "5.1.1"}[code]) for address, code in answers.items()
        }


async def answer_to(gateway: Running, address: str) -> tuple[int, str]:
    """Code and enhanced status of the answer to RCPT."""
    async with gateway.session() as client:
        await client.mail("anna@client.test")
        try:
            answer = await client.rcpt(address)
        except aiosmtplib.SMTPRecipientRefused as refused:
            return refused.code, refused.message.split()[0]
        return answer.code, answer.message.split()[0]
