"""Each command, in each language, from each kind of mail program (O1–O9, O11, O14): whole mails through the real parser and the desk.

What every program does with them is decided without a process; a handful of programs also go the whole way by SMTP.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from html import escape
from itertools import product

import pytest

from gateway.domain.commands import CommandName, Problem
from gateway.domain.decision import Decision
from gateway.domain.organisation import CannedReply, Gateway
from gateway.domain.ours import Ours
from gateway.domain.states import ArticleKind, LetterKind, Priority, Status
from gateway.domain.steps import AddArticle, AddCc, AddTags, Assign, Merge, Person, Send, SetCategory, SetDepartment, SetPriority, SetStatus
from gateway.domain.steps import SetSubject as NewSubject
from gateway.mail.parse import parse_message
from tests.desk.commands.test_vocabulary import WORDS
from tests.desk.deciding import TICKET, decided, of
from tests.desk.values import ALIGNED, ORGANISATION, a_ticket, token_address
from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter
from tests.peers.smtp_peer import Received

DESK = replace(
    ORGANISATION,
    gateways=(*ORGANISATION.gateways, Gateway("hardware@desk.test", "Hardware", "support")),
    canned_replies=(CannedReply("thanks", "Thank you for writing.", everyone=True),),
)
REPLY = ["Hello Anna,", "", "we have sent another one."]
NOTIFICATION = ["## Please type your reply above this line ##", "", "Anna wrote to support@desk.test:", "", "It is broken.", "@spam"]
SIGNATURE = ["Dana Agent", "Example Support", "Tel. +48 22 123 45 67"]
DESK_NAME = "Support <support@desk.test>"
PICTURE = b"\x89PNG\r\n\x1a\n0000"


def plain(lines: list[str]) -> EmailMessage:
    """In the narrowest charset that has all of it, as programs choose it."""
    text = "\n".join(lines) + "\n"
    mail = EmailMessage()
    mail.set_content(text, charset=charset_of(text), cte="quoted-printable")
    return mail


def charset_of(text: str) -> str:
    for charset in ("us-ascii", "iso-8859-2", "koi8-r", "windows-1251"):
        try:
            text.encode(charset)
        except UnicodeEncodeError:
            continue
        return charset
    return "utf-8"


def rich(html: str) -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(html, subtype="html")
    return mail


def both(text: EmailMessage, html: EmailMessage) -> EmailMessage:
    text.add_alternative(html.get_content(), subtype="html")
    return text


def quoted(lines: list[str]) -> list[str]:
    return [f"> {line}".rstrip() for line in lines]


def blocks(lines: list[str], tag: str = "div", attributes: str = "", empty: str = "<br>") -> str:
    """Of two spaces programs write one as one that does not break."""
    return "".join(f"<{tag}{attributes}>{escape(line).replace('  ', '&nbsp; ') or empty}</{tag}>" for line in lines)


def gmail_text(lines: list[str]) -> EmailMessage:
    return plain([*lines, "", f"On Wed, Mar 12, 2025 at 2:05 PM {DESK_NAME} wrote:", "", *quoted(NOTIFICATION)])


def gmail_html(lines: list[str]) -> EmailMessage:
    attribution = f"On Wed, Mar 12, 2025 at 2:05 PM {escape(DESK_NAME)} wrote:<br>"
    return rich(
        f'<div dir="ltr">{blocks(lines)}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f'{attribution}</div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{blocks(NOTIFICATION)}</blockquote></div>'
    )


def gmail_both(lines: list[str]) -> EmailMessage:
    return both(gmail_text(lines), gmail_html(lines))


OUTLOOK_FIELDS = [
    f"From: {DESK_NAME}",
    "Sent: Wednesday, March 12, 2025 2:05 PM",
    "To: Dana Agent <dana@staff.test>",
    "Subject: Printer on fire [#7]",
]


def outlook_text(lines: list[str]) -> EmailMessage:
    return plain([*lines, "", "_" * 32, *OUTLOOK_FIELDS, "", *NOTIFICATION])


def outlook_html(lines: list[str]) -> EmailMessage:
    own = blocks(lines, "p", " class=MsoNormal", "&nbsp;")
    fields = "<br>".join(f"<b>{escape(each.partition(' ')[0])}</b> {escape(each.partition(' ')[2])}" for each in OUTLOOK_FIELDS)
    rule = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"
    return rich(
        f'<html xmlns:o="urn:schemas-microsoft-com:office:office"><body><div class=WordSection1>{own}<p class=MsoNormal>&nbsp;</p>'
        f"<div><div style='{rule}'><p class=MsoNormal>{fields}</p></div></div>"
        f"{blocks(NOTIFICATION, 'p', ' class=MsoNormal', '&nbsp;')}</div></body></html>"
    )


def outlook_signing(lines: list[str]) -> EmailMessage:
    """An office signs every mail, below a blank line and without dashes."""
    return both(outlook_text([*lines, "", *SIGNATURE]), outlook_html([*lines, "", *SIGNATURE]))


def outlook_closing(lines: list[str]) -> EmailMessage:
    return both(outlook_text([*lines, "", "Best regards,", *SIGNATURE]), outlook_html([*lines, "", "Best regards,", *SIGNATURE]))


def apple_text(lines: list[str]) -> EmailMessage:
    return plain([*lines, "", f"> On 12 Mar 2025, at 14:05, {DESK_NAME} wrote:", "> ", *quoted(NOTIFICATION)])


def apple_html(lines: list[str]) -> EmailMessage:
    return rich(
        f'<html><body style="overflow-wrap: break-word;">{blocks(lines)}<div><br><blockquote type="cite">'
        f'<div>On 12 Mar 2025, at 14:05, {escape(DESK_NAME)} wrote:</div><br class="Apple-interchange-newline">'
        f"<div>{blocks(NOTIFICATION)}</div></blockquote></div></body></html>"
    )


def apple_around_a_picture(lines: list[str]) -> EmailMessage:
    """The text goes on in a part of its own below a picture."""
    at = len(REPLY) if lines[: len(REPLY)] == REPLY else 0
    mail = plain(lines[:at])
    mail.add_attachment(PICTURE, "image", "png", disposition="inline", filename="IMG_0001.png")
    mail.attach(apple_text(lines[at:]))
    return mail


def iphone_text(lines: list[str]) -> EmailMessage:
    below = ["", "Sent from my iPhone", "", f"> On 12 Mar 2025, at 14:05, {DESK_NAME} wrote:", "> "]
    return plain([*lines, *below, *quoted(NOTIFICATION)])


def iphone_html(lines: list[str]) -> EmailMessage:
    return rich(
        f'<html><body dir="auto">{blocks(lines)}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div>'
        f'<div dir="ltr"><br><blockquote type="cite">On 12 Mar 2025, at 14:05, {escape(DESK_NAME)} wrote:<br><br></blockquote></div>'
        f'<blockquote type="cite">{blocks(NOTIFICATION)}</blockquote></body></html>'
    )


def android_text(lines: list[str]) -> EmailMessage:
    fields = ["-------- Original message --------", f"From: {DESK_NAME}", "Date: 12/03/2025 14:05 (GMT+01:00)", *OUTLOOK_FIELDS[2:]]
    return plain([*lines, "", "Sent from my Galaxy", "", *fields, "", *NOTIFICATION])


def thunderbird_flowed(lines: list[str]) -> EmailMessage:
    """A line goes on below where it ends in a space (RFC 3676 §4.1), so programs leave none at the end of what was typed."""
    mail = plain(
        [*(line.rstrip() for line in lines), "", f"On 12.03.2025 14:05, {DESK_NAME} wrote:", *quoted(NOTIFICATION), "-- ", *SIGNATURE]
    )
    mail.set_param("format", "flowed")
    return mail


PROGRAMS: dict[str, Callable[[list[str]], EmailMessage]] = {
    "Gmail": gmail_both,
    "Gmail, text": gmail_text,
    "Gmail, HTML": gmail_html,
    "Outlook, with a signature": outlook_signing,
    "Outlook, with a closing": outlook_closing,
    "Outlook, text": outlook_text,
    "Outlook, HTML": outlook_html,
    "Apple Mail, text": apple_text,
    "Apple Mail, HTML": apple_html,
    "Apple Mail, around a picture": apple_around_a_picture,
    "iPhone, text": iphone_text,
    "iPhone, HTML": iphone_html,
    "Android": android_text,
    "Thunderbird": thunderbird_flowed,
}


def answered(program: str, lines: list[str]) -> Decision:
    """What is decided on Dana's answer to her notification of ticket #7."""
    mail = PROGRAMS[program](lines)
    mail["From"], mail["To"] = "Dana Agent <dana@staff.test>", token_address(7)
    mail["Subject"], mail["Message-ID"] = "Re: Printer on fire [#7]", "<1@staff.test>"
    message = parse_message(mail.as_bytes(), Ours(("support@desk.test",), ("Support",), ("desk.test",)))
    return decided(message, ALIGNED, DESK, tickets=(TICKET, a_ticket(8)))


def reply_of(decision: Decision) -> AddArticle | None:
    return next((each for each in of(decision, AddArticle) if each.kind is ArticleKind.AGENT_REPLY), None)


def sent(decision: Decision) -> Send | None:
    return next((each for each in of(decision, Send) if each.kind is LetterKind.AGENT_REPLY), None)


def addresses(people: tuple[Person, ...] | tuple[object, ...]) -> list[str]:
    return [str(getattr(each, "address", "")) for each in people]


REPLY_OF_NONE = AddArticle(ArticleKind.NOTE, "")
Check = Callable[[Decision], bool]


def step(wanted: object) -> Check:
    return lambda decision: wanted in decision.steps


def letter_has(check: Callable[[Send], bool]) -> Check:
    return lambda decision: (found := sent(decision)) is not None and check(found)


EFFECTS: dict[CommandName, tuple[str, Check]] = {
    CommandName.OPEN: ("", step(SetStatus(Status.OPEN))),
    CommandName.PENDING: ("", step(SetStatus(Status.PENDING))),
    CommandName.CLOSED: ("", step(SetStatus(Status.CLOSED))),
    CommandName.SPAM: ("", step(SetStatus(Status.SPAM))),
    CommandName.TRASH: ("", step(SetStatus(Status.TRASH))),
    CommandName.RESOLVED: ("", step(SetStatus(Status.RESOLVED))),
    CommandName.CANCELLED: ("", step(SetStatus(Status.CANCELLED))),
    CommandName.IN_PROGRESS: ("", step(SetStatus(Status.OPEN))),
    CommandName.ME: ("", step(Assign("dana@staff.test"))),
    CommandName.ASSIGNEE: ("агентов ОЛЕГ", step(Assign("oleg@staff.test"))),
    CommandName.SUBJECT: ("Fire, put out — wreszcie", step(NewSubject("Fire, put out — wreszcie"))),
    CommandName.CC: ("Boss <boss@client.test>", step(AddCc((Person("", "boss@client.test"),)))),
    CommandName.BCC: ("spy@client.test", letter_has(lambda found: addresses(found.bcc) == ["spy@client.test"])),
    CommandName.TAGS: ("vip, Новый", step(AddTags(("vip", "Новый")))),
    CommandName.NOTE: ("he was upset", step(AddArticle(ArticleKind.NOTE, "he was upset", private=True))),
    CommandName.PRIORITY: ("urgent", step(SetPriority(Priority.URGENT))),
    CommandName.CATEGORY: ("Drukarki", step(SetCategory("Drukarki"))),
    CommandName.DEPARTMENT: ("ПРОДАЖИ", step(SetDepartment("sales"))),
    CommandName.TO: ("vendor@parts.test", letter_has(lambda found: addresses(found.to) == ["vendor@parts.test"])),
    CommandName.TEMPLATE: ("Thanks", lambda decision: (reply_of(decision) or REPLY_OF_NONE).text.startswith("Thank you for writing.")),
    CommandName.FROM: ("hardware@desk.test", letter_has(lambda found: found.from_address == "hardware@desk.test")),
    CommandName.PRIVATE: ("", lambda decision: sent(decision) is None and (reply_of(decision) or REPLY_OF_NONE).private),
    CommandName.MERGE: ("8", lambda decision: Merge(7) in decision.steps and decision.ticket == 8),
    CommandName.HELP: ("", lambda decision: any(each.receipt is not None and each.receipt.help for each in of(decision, Send))),
}


def test_the_tables_have_every_command() -> None:
    assert set(EFFECTS) == set(CommandName) == set(map(CommandName, WORDS))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("key", "word"), [(key, word) for key, words in WORDS.items() for word in words])
def test_each_command_in_each_language_from_each_program(program: str, key: str, word: str) -> None:
    value, check = EFFECTS[CommandName(key)]
    decision = answered(program, [*REPLY, "", f"@{word} {value}".rstrip()])
    assert check(decision), decision.steps
    reply = reply_of(decision)
    assert reply is not None
    assert reply.text.removeprefix("Thank you for writing.").split() == " ".join(REPLY).split()
    assert not [each for each in of(decision, Send) if each.receipt is not None and each.receipt.refused]


UNSIGNED = [each for each in PROGRAMS if each != "Outlook, with a signature"]


@pytest.mark.parametrize(("program", "language"), list(product(UNSIGNED, range(3))))
def test_commands_alone_send_no_reply(program: str, language: int) -> None:
    commands = [f"@{WORDS[each][language]}" for each in ("closed", "me")]
    decision = answered(program, commands)
    assert (decision.outcome, of(decision, AddArticle)) == ("commands", [])
    assert {each.kind for each in of(decision, Send)} == {LetterKind.CLOSED}, "the notice that the ticket is closed, and nothing else"
    assert of(decision, SetStatus) == [SetStatus(Status.CLOSED)]
    assert of(decision, Assign) == [Assign("dana@staff.test")]


WRONG = {
    "assignee": ("Nobody Known", Problem.UNKNOWN_AGENT),
    "cc": ("bad@@address", Problem.BAD_ADDRESS),
    "tags": ("", Problem.MISSING_VALUE),
    "closed": ("now", Problem.UNWANTED_VALUE),
    "subject": (" two spaces", Problem.SPACING),
    "template": ("nothing", Problem.UNKNOWN_TEMPLATE),
}


def test_commands_alone_with_text_below_that_nothing_marks_are_text_and_the_receipt_says_why() -> None:
    decision = answered("Outlook, with a signature", ["@closed"])
    assert (decision.outcome, of(decision, SetStatus)) == ("agent_reply", [])
    [receipt] = [each.receipt for each in of(decision, Send) if each.receipt is not None]
    assert [each.problem for each in receipt.refused] == [Problem.TEXT_BELOW]


@pytest.mark.parametrize(("program", "language"), list(product(PROGRAMS, range(3))))
def test_a_wrong_value_is_ignored_told_and_not_sent(program: str, language: int) -> None:
    lines = [f"@{WORDS[key][language]} {value}".rstrip() for key, (value, _) in WRONG.items()]
    decision = answered(program, [*REPLY, "", *lines, "@anna knows"])
    reply = reply_of(decision)
    assert reply is not None
    assert reply.text.split() == [*" ".join(REPLY).split(), "@anna", "knows"], "an unknown word is part of the reply"
    [receipt] = [each.receipt for each in of(decision, Send) if each.receipt is not None]
    problems = {each.name: each.problem for each in receipt.refused}
    assert problems == {CommandName(key): problem for key, (_, problem) in WRONG.items()}


def test_an_unmarked_signature_is_not_part_of_the_text() -> None:
    reply = reply_of(answered("Outlook, with a signature", [*REPLY, "", "@closed"]))
    assert reply is not None
    assert reply.signature.splitlines() == SIGNATURE


# The whole way

WAY = {
    "Gmail": ["@Zamknięte", "@etykiety vip"],
    "Gmail, HTML": ["@closed", "@tags vip", "@note words of the note"],
    "Outlook, with a signature": ["@закрытое", "@метки vip", "@заметка words of the note"],
    "Outlook, HTML": ["＠CLOSED", "@Tags\u00a0vip", "@note words of the note"],
    "Apple Mail, around a picture": ["@closed", "@tags vip", "@bcc spy@client.test"],
    "iPhone, HTML": ["@Closed", "@Tags vip", "@me", "@note words of the note"],
}


async def send_answer(gateway: Running, program: str, notification: Received, lines: list[str]) -> bytes:
    mail = PROGRAMS[program]([*REPLY, "", *lines])
    original = notification.message
    mail["From"], mail["To"], mail["Subject"] = "Dana Agent <dana@staff.test>", str(original["Reply-To"]), f"Re: {original['Subject']}"
    mail["Message-ID"], mail["In-Reply-To"] = f"<{notification.message['X-Deskgate-Ticket']}@staff.test>", str(original["Message-ID"])
    row = await gateway.take(mail)
    assert (row["state"], row["outcome"]) == ("done", "agent_reply"), row
    return mail.as_bytes()


async def test_programs_the_whole_way(lend: Lender) -> None:
    async with lend() as gateway:
        for number, (program, lines) in enumerate(WAY.items(), 1):
            await gateway.send(letter("Anna <anna@client.test>", "support@desk.test", f"About {number}"))
            notification = (await gateway.letters_to("dana@staff.test", number))[-1]
            content = await send_answer(gateway, program, notification, lines)
            await gateway.quiet()

            ticket = await gateway.json("tickets", "show", str(number))
            assert (ticket["status"], ticket["tags"]) == ("closed", ["vip"]), program
            [reply] = [each for each in ticket["articles"] if each["kind"] == "agent_reply"]
            assert (reply["text"].split(), reply["private"]) == (" ".join(REPLY).split(), False), program
            notes = [(each["text"], each["private"]) for each in ticket["articles"] if each["kind"] == "note"]
            assert notes == [("words of the note", True)] * any("note" in line or "заметка" in line for line in lines), program
            to_anna = [
                each for each in gateway.relay.to("anna@client.test") if f"[#{number}]" in each.subject and "another one" in each.text
            ]
            assert len(to_anna) == 1, program

            status, out, err = await gateway.command("explain", "--json", "-", stdin=content)
            assert status == 0, err
            explained = json.loads(out)
            assert [each["line"].split() for each in explained["commands"]] == [each.split() for each in lines]
            assert explained["reply_body"].split() == " ".join(REPLY).split()
            assert explained["ignored_commands"] == []
        assert not [each for each in gateway.relay.messages if b"words of the note" in each.content]
        told = gateway.process.told()
        assert "words of the note" not in told
        assert "spy@client.test" not in told
        assert not [each for each in gateway.relay.messages if b"spy@client.test" in each.content]
        assert len(gateway.relay.to("spy@client.test")) == 1
