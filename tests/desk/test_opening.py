"""An agent's mail that opens a ticket: their own, or the one of whoever wrote the mail that they pass on (Z13), with commands."""

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from itertools import product
from typing import Any

import pytest

from gateway.domain.decision import Decision
from gateway.domain.facts import KnownClient
from gateway.domain.organisation import Agent, CannedReply, Department, Organisation
from gateway.domain.ours import Ours
from gateway.domain.states import ArticleKind, EventKind, LetterKind, Priority, Role, Status
from gateway.domain.steps import AddArticle, AddCc, AddTags, Assign, Join, Note, OpenTicket, Person, Receipt, Send, SetPriority, SetStatus
from gateway.domain.steps import SetSubject as NewSubject
from gateway.domain.verdict import Verdict
from gateway.mail.parse import parse_message
from tests.desk.deciding import DISOWNED, decided, letters, of
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, a_ticket, agent_letter_id, token_address

DESK = replace(
    ORGANISATION,
    agents=(*ORGANISATION.agents, Agent("Sam Seller", "sam@staff.test", ("sales",))),
    canned_replies=(CannedReply("thanks", "Thank you.", everyone=True),),
)
ON = replace(DESK, desk=replace(DESK.desk, requester_from_forward=True))
ORIGINAL = "It burns.\n\nCome quickly!"
TO = ("Dana Agent <dana@staff.test>", "Boss <boss@client.test>")


def block(*fields: str, mark: str = "") -> str:
    """Fields as `{author}`, `{to}` and `{cc}` in the words of a program, above the original."""
    return "\n".join(f"{mark}{line}".rstrip() for line in (*fields, "", *ORIGINAL.split("\n")))


FORWARDS = {
    "Gmail, en": "---------- Forwarded message ---------\n"
    + block("From: {author}", "Date: Wed, Mar 12, 2025 at 2:05 PM", "Subject: Printer", "To: {to}", "Cc: {cc}"),
    "Gmail, ru": "---------- Forwarded message ---------\n"
    + block("От: {author}", "Date: ср, 12 мар. 2025 г. в 14:05", "Subject: Printer", "To: {to}", "Cc: {cc}"),
    "Gmail, pl": "---------- Forwarded message ---------\n"
    + block("Od: {author}", "Date: śr., 12 mar 2025 o 14:05", "Subject: Printer", "To: {to}", "Cc: {cc}"),
    "Outlook, en": "________________________________\n"
    + block("From: {author}", "Sent: Wednesday, March 12, 2025 2:05 PM", "To: {to}", "Cc: {cc}", "Subject: Printer"),
    "Outlook, ru": "________________________________\n"
    + block("От: {author}", "Отправлено: 12 марта 2025 г. 14:05", "Кому: {to}", "Копия: {cc}", "Тема: Printer"),
    "Outlook, pl": "________________________________\n"
    + block("Od: {author}", "Wysłane: środa, 12 marca 2025 14:05", "Do: {to}", "DW: {cc}", "Temat: Printer"),
    "Apple Mail, en": "Begin forwarded message:\n\n"
    + block("From: {author}", "Subject: Printer", "Date: 12 March 2025 at 14:05:00 CET", "To: {to}", "Cc: {cc}", mark="> "),
    "Apple Mail, ru": "Начало переадресованного сообщения:\n\n"
    + block("От: {author}", "Тема: Printer", "Дата: 12 марта 2025 г., 14:05:00 GMT+3", "Кому: {to}", "Копия: {cc}", mark="> "),
    "Apple Mail, pl": "Początek przekazywanej wiadomości:\n\n"
    + block("Od: {author}", "Temat: Printer", "Data: 12 marca 2025 14:05:00 CET", "Do: {to}", "DW: {cc}", mark="> "),
    "Thunderbird, en": "-------- Forwarded Message --------\n"
    + block("Subject: Printer", "Date: Wed, 12 Mar 2025 14:05:00 +0100", "From: {author}", "To: {to}", "CC: {cc}"),
    "Thunderbird, ru": "-------- Перенаправленное сообщение --------\n"
    + block("Тема: Printer", "Дата: Wed, 12 Mar 2025 14:05:00 +0100", "От: {author}", "Кому: {to}", "Копия: {cc}"),
    "Thunderbird, pl": "-------- Treść przekazanej wiadomości --------\n"
    + block("Temat: Printer", "Data: Wed, 12 Mar 2025 14:05:00 +0100", "Nadawca: {author}", "Adresat: {to}", "Kopia: {cc}"),
}


def forwarded(above: str, forward: str = FORWARDS["Gmail, en"], author: str = "Anna <anna@client.test>") -> EmailMessage:
    mail = EmailMessage()
    original = forward.format(author=author, to=TO[0], cc=TO[1])
    mail.set_content(f"{above}\n\n{original}\n" if above else f"{original}\n")
    mail["Subject"] = "Fwd: Printer"
    return mail


def attached(above: str, author: str = "Anna <anna@client.test>") -> EmailMessage:
    original = EmailMessage()
    original["From"], original["To"], original["Cc"], original["Subject"] = author, TO[0], TO[1], "Printer"
    original.set_content(ORIGINAL + "\n")
    mail = EmailMessage()
    mail.set_content(above + "\n")
    mail.add_attachment(original)
    mail["Subject"] = "Fwd: Printer"
    return mail


def own(words: str) -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(words + "\n")
    mail["Subject"] = "My screen"
    return mail


def opened(mail: EmailMessage, organisation: Organisation = ON, verdict: Verdict = ALIGNED, **facts: Any) -> Decision:
    fields = {"From": "Dana Agent <dana@staff.test>", "To": "support@desk.test", "Message-ID": "<1@staff.test>"}
    for name, value in fields.items():
        if name not in mail:
            mail[name] = value
    message = parse_message(mail.as_bytes(), Ours(("support@desk.test",), ("Support",), ("desk.test",)))
    return decided(message, verdict, organisation, reverse_path="dana@staff.test", **{"tickets": ()} | facts)


def articles(decision: Decision) -> list[tuple[ArticleKind, str, bool]]:
    return [(each.kind, each.text, each.private) for each in of(decision, AddArticle)]


PASSED_ON = Receipt(passed_on=True)


def receipt(decision: Decision) -> Receipt | None:
    return next((each.receipt for each in of(decision, Send) if each.receipt is not None), None)


# Whose ticket it is


@pytest.mark.parametrize(("program", "words"), list(product(FORWARDS, ["", "Please take this one.", "Проверьте, пожалуйста.\nСпасибо!"])))
def test_a_mail_that_an_agent_passes_on_is_its_authors(program: str, words: str) -> None:
    decision = opened(forwarded(words, FORWARDS[program]))
    [ticket] = of(decision, OpenTicket)
    assert (ticket.client, ticket.client_key, ticket.subject) == (Person("Anna", "anna@client.test"), "anna@client.test", "Printer")
    first, *notes = of(decision, AddArticle)
    assert (first.kind, first.text, first.signature) == (ArticleKind.CLIENT_MESSAGE, ORIGINAL, "")
    assert first.author is not None
    assert (first.author.role, first.author.address) == (Role.CLIENT, "anna@client.test")
    assert [each.address for each in first.cc] == ["boss@client.test"]
    assert [(each.kind, each.text, each.private) for each in notes] == ([(ArticleKind.NOTE, words, True)] if words else [])
    assert "It burns." in first.quoted_text
    assert not words or words not in first.quoted_text, "what the agent wrote is for colleagues"
    assert letters(decision) == [
        (LetterKind.REGISTERED, ["anna@client.test"]),
        (LetterKind.NEW_TICKET, ["oleg@staff.test"]),
        (LetterKind.RECEIPT, ["dana@staff.test"]),
    ]
    assert receipt(decision) == PASSED_ON
    assert decision.actor.address == "dana@staff.test"


def test_a_mail_that_is_attached_is_its_authors_too() -> None:
    decision = opened(attached("Please take this one.\n\n@priority high\n@note a liar"))
    assert articles(decision) == [
        (ArticleKind.CLIENT_MESSAGE, ORIGINAL, False),
        (ArticleKind.NOTE, "Please take this one.", True),
        (ArticleKind.NOTE, "a liar", True),
    ]
    [first, *_] = of(decision, AddArticle)
    assert ([each.filename for each in first.files], "liar" in first.quoted_text) == (["Printer.eml"], False)
    assert of(decision, SetPriority) == [SetPriority(Priority.HIGH)]


def of_department(value: bool | None) -> Organisation:
    departments = (Department("support", "Support", requester_from_forward=value), Department("sales", "Sales"))
    return replace(DESK, departments=departments)


@pytest.mark.parametrize(
    ("desk", "department", "client"),
    [(False, None, "dana"), (True, None, "anna"), (False, True, "anna"), (True, False, "dana"), (True, True, "anna")],
)
def test_the_department_says_or_else_the_desk(desk: bool, department: bool | None, client: str) -> None:
    organisation = of_department(department)
    organisation = replace(organisation, desk=replace(organisation.desk, requester_from_forward=desk))
    decision = opened(forwarded("FYI"), organisation)
    assert of(decision, OpenTicket)[0].client_key == {"anna": "anna@client.test", "dana": "dana@staff.test"}[client]
    assert (LetterKind.REGISTERED in [kind for kind, _ in letters(decision)]) is (client == "anna")


@pytest.mark.parametrize(
    "author",
    [
        "Oleg <oleg@staff.test>",
        "Dana <dana@HOME.test>",
        "Ina <ina@staff.test>",
        "Support <support@desk.test>",
        "x@any.test",
        "r+abc@desk.test",
        "Anna",
    ],
)
@pytest.mark.parametrize("make", [forwarded, attached])
def test_what_a_colleague_or_ourselves_wrote_stays_the_agents(make: Callable[..., EmailMessage], author: str) -> None:
    decision = opened(make("FYI", author=author))
    assert of(decision, OpenTicket)[0].client_key == "dana@staff.test"
    assert LetterKind.REGISTERED not in [kind for kind, _ in letters(decision)]


def test_a_known_client_gets_the_ticket() -> None:
    known = KnownClient(3, "Anna", "anna@client.test", ("anna@client.test",))
    assert of(opened(forwarded(""), client=known), OpenTicket)[0].client_id == 3


@pytest.mark.parametrize(("verdict", "outcome"), [(ALIGNED, "ticket"), (NOTHING, "held"), (DISOWNED, "held")])
@pytest.mark.parametrize("mail", [lambda: forwarded(""), lambda: own("Hello.\n@closed")])
def test_without_an_aligned_pass_it_is_held_whatever_the_setting(mail: Any, verdict: Verdict, outcome: str) -> None:
    decision = opened(mail(), verdict=verdict)
    assert decision.outcome == outcome
    if outcome == "held":
        assert letters(decision) == [(LetterKind.HELD, ["dana@staff.test"])]
        assert of(decision, AddArticle) == []


def test_a_notification_that_is_passed_on_to_the_desk_does_not_open_a_ticket() -> None:
    mail = forwarded("See below.", author="Support <support@desk.test>")
    mail["References"] = f"<{agent_letter_id(7, 'oleg@staff.test')}>"
    assert opened(mail, tickets=(a_ticket(7),)).outcome == "held"


def test_others_in_to_and_cc_take_part() -> None:
    mail = own("Our screens.")
    mail["To"], mail["Cc"] = "support@desk.test, boris@client.test", f"{token_address(7)}, oleg@staff.test, dora@client.test"
    decision = opened(mail)
    assert decision.outcome == "held", "a reply address in it means a reply"
    mail = own("Our screens.")
    mail["Cc"] = "boris@client.test, oleg@staff.test"
    [joined] = of(opened(mail), Join)
    assert [(each.key, each.part) for each in joined.people] == [("boris@client.test", "cc")]


# Commands in it


def test_commands_count_on_the_ticket_that_they_open() -> None:
    commands = "@assignee Олег Агентов\n@priority urgent\n@tags vip\n@cc boss@client.test\n@subject Dark screen\n@pending\n@note old"
    decision = opened(own(f"The screen is dark.\n\n{commands}"))
    assert articles(decision) == [(ArticleKind.CLIENT_MESSAGE, "The screen is dark.", False), (ArticleKind.NOTE, "old", True)]
    for step in (
        Assign("oleg@staff.test"),
        SetPriority(Priority.URGENT),
        AddTags(("vip",)),
        AddCc((Person("", "boss@client.test"),)),
        NewSubject("Dark screen"),
        SetStatus(Status.PENDING),
    ):
        assert step in decision.steps
    assert letters(decision) == [(LetterKind.ASSIGNED, ["oleg@staff.test"])], "who has it now needs no second letter"


@pytest.mark.parametrize("program", FORWARDS)
@pytest.mark.parametrize("commands", ["@closed\n@note a liar", "@zamknięte\n@notatka a liar", "@Закрытое\n@Заметка a liar"])
@pytest.mark.parametrize("signature", ["", "\n\nDana Agent\nSupport", "\n\n-- \nDana Agent\nSupport", "\n\nBest regards,\nDana"])
def test_commands_stand_above_the_mail_that_is_passed_on(program: str, commands: str, signature: str) -> None:
    decision = opened(forwarded(f"Please look.\n\n{commands}{signature}", FORWARDS[program]))
    assert articles(decision) == [
        (ArticleKind.CLIENT_MESSAGE, ORIGINAL, False),
        (ArticleKind.NOTE, "Please look.", True),
        (ArticleKind.NOTE, "a liar", True),
    ]
    assert of(decision, SetStatus) == [SetStatus(Status.CLOSED)]
    assert receipt(decision) == PASSED_ON
    first = of(decision, AddArticle)[0]
    assert "liar" not in first.quoted_text + first.signature


def test_commands_in_the_mail_that_is_passed_on_are_its_authors_words() -> None:
    mail = forwarded("FYI")
    mail.set_content(mail.get_content().replace("Come quickly!", "Come quickly!\n\n@spam\n@assignee Dana Agent"))
    decision = opened(mail)
    assert (of(decision, SetStatus), of(decision, Assign), receipt(decision)) == ([], [], PASSED_ON)


@pytest.mark.parametrize(
    "command", ["@to a@b.test", "@bcc a@b.test", "@from support@desk.test", "@private", "@merge 8", "@assignee Nobody"]
)
def test_what_an_opening_mail_cannot_command_is_told(command: str) -> None:
    decision = opened(own(f"Words.\n{command}"), tickets=(a_ticket(8),))
    found = receipt(decision)
    assert found is not None
    assert [each.line for each in found.refused] == [command]
    assert [each.kind for each in of(decision, Note)] == [EventKind.COMMAND_IGNORED]
    assert articles(decision) == [(ArticleKind.CLIENT_MESSAGE, "Words.", False)]


def test_on_a_ticket_of_another_department_commands_count_for_nothing() -> None:
    mail = own("Words.\n@closed\n@note old\n@help")
    mail["From"], mail["To"] = "Dana <dana@staff.test>", "sales@desk.test"
    decision = opened(mail)
    assert of(decision, SetStatus) == []
    found = receipt(decision)
    assert found is not None
    assert [(each.line, each.problem) for each in found.refused] == [("@closed", "other_department"), ("@note …", "other_department")]
    assert found.help, "the vocabulary is for everybody"
    assert (ArticleKind.NOTE, "old", True) in articles(decision), "yet it is lost to nobody"


def test_who_writes_to_one_department_may_hand_it_to_another() -> None:
    decision = opened(own("Words.\n@department sales\n@assignee Sam Seller"))
    assert of(decision, OpenTicket)[0].department == "sales"
    assert letters(decision) == [(LetterKind.NEW_TICKET, ["oleg@staff.test"]), (LetterKind.ASSIGNED, ["sam@staff.test"])]
