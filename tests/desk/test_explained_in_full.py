"""`explain` of messages made by hand: every field that CONTRACT names, the steps in words, and what is assumed without a database."""

from typing import Any

import pytest

from gateway.desk.decide import decide
from gateway.desk.explanation import explanation, failed, in_words
from gateway.desk.suppose import suppose
from gateway.domain.facts import Participant
from gateway.domain.states import ArticleKind, EventKind, LetterKind, Priority, Status
from gateway.domain.steps import (
    AddArticle,
    Addressee,
    Assign,
    File,
    Join,
    MarkBounced,
    Note,
    OpenTicket,
    Person,
    Remember,
    Send,
    SetCategory,
    SetDepartment,
    SetPriority,
    SetStatus,
    SetSubject,
    Step,
)
from gateway.mail.message import Attachment, Bounce, BounceRecipient, Forwarded, Message
from tests.desk.values import NOTHING, ORGANISATION, agent_letter_id, box, client_letter_id, mail, token_address

# As CONTRACT lists them under `explain`.
FIELDS = [
    "file", "error", "kind", "reason", "message_id", "subject", "date", "from", "reply_to", "to", "cc", "in_reply_to", "references",
    "language", "text", "new_text", "quoted_text", "signature", "html", "attachments", "commands", "ignored_commands", "reply_body",
    "forwarded", "bounce", "list", "calendar", "gateway", "route_reason", "decision", "warnings",
]  # fmt: skip
LISTS = ["reply_to", "to", "cc", "in_reply_to", "references", "attachments", "commands", "ignored_commands", "decision", "warnings"]


def explained(message: Message, reverse_path: str = "anna@client.test") -> dict[str, Any]:
    facts, assumed = suppose(message, (), reverse_path, ORGANISATION)
    decision = decide(message, (), reverse_path, NOTHING, facts, ORGANISATION)
    return explanation("mail.eml", message, (), decision, facts, NOTHING, ORGANISATION, assumed)


def test_every_field_of_the_contract_is_there_and_says_what_the_message_says() -> None:
    document = explained(
        mail(
            "New words",
            reply_to=(box("anna@home.test", "Anna at home"),),
            cc=(box("boris@client.test", "Борис"),),
            in_reply_to=("parent@client.test",),
            references=("root@client.test", "parent@client.test"),
            attachments=(Attachment("Счёт № 5.pdf", "application/pdf", b"12345", "ab" * 32, inline=True, content_id="c1"),),
            forwarded=Forwarded(box("eve@evil.test", "Eve"), (box("anna@client.test"),), (), "Old", "yesterday", "Words of Eve"),
            bounce=Bounce((BounceRecipient("gone@client.test", "failed", "5.1.1", "no such user"),), True, "letter@desk.test"),
            language="ru",
            warnings=("a bound was exceeded",),
        )
    )
    assert [each for each in FIELDS if each not in document] == []
    expected = {
        "file": "mail.eml",
        "error": None,
        "from": {"name": "Anna", "address": "anna@client.test"},
        "to": [{"name": "", "address": "support@desk.test"}],
        "reply_to": [{"name": "Anna at home", "address": "anna@home.test"}],
        "cc": [{"name": "Борис", "address": "boris@client.test"}],
        "in_reply_to": ["parent@client.test"],
        "references": ["root@client.test", "parent@client.test"],
        "attachments": [
            {
                "filename": "Счёт № 5.pdf",
                "content_type": "application/pdf",
                "size": 5,
                "sha256": "ab" * 32,
                "inline": True,
                "content_id": "c1",
            }
        ],
        "forwarded": {
            "from": {"name": "Eve", "address": "eve@evil.test"},
            "to": [{"name": "", "address": "anna@client.test"}],
            "cc": [],
            "subject": "Old",
            "date": "yesterday",
            "text": "Words of Eve",
        },
        "bounce": {
            "recipients": [{"address": "gone@client.test", "action": "failed", "status": "5.1.1", "diagnostic": "no such user"}],
            "permanent": True,
            "original_message_id": "letter@desk.test",
        },
        "new_text": "New words",
        "reply_body": "New words",
        "gateway": "support@desk.test",
        "route_reason": "To names support@desk.test",
        "language": "ru",
        "warnings": ["a bound was exceeded"],
    }
    assert {name: document[name] for name in expected} == expected


def test_what_is_absent_is_null_or_an_empty_list() -> None:
    document = explained(mail(message_id=None, date=None, author=None, to=()), reverse_path="")
    absent = ("message_id", "date", "from", "html", "forwarded", "bounce", "calendar", "gateway", "language")
    assert {name: document[name] for name in absent} == dict.fromkeys(absent)
    assert [name for name in LISTS if not isinstance(document[name], list)] == []


def test_a_file_that_cannot_be_read_says_why_and_nothing_else() -> None:
    document = failed("gone.eml", "no such file")
    assert (document["file"], document["error"]) == ("gone.eml", "no such file")
    assert [name for name in LISTS if document[name] != []] == []
    assert [name for name in FIELDS if document[name] and name not in ("file", "error")] == []


def test_a_decision_reads_from_the_assumptions_to_the_steps() -> None:
    lines = explained(mail())["decision"]
    words = " | ".join(lines)
    assert lines[0] == "assumed: it has not been seen before"
    in_order = [
        "assumed: its author is not a known client",
        "it is read as message: a person wrote it",
        "To names support@desk.test",
        "From names the client: anna@client.test",
        "no token, id or subject tag",
        "a new ticket of anna@client.test in the department 'support'",
        "opens a ticket in the department 'support', in en, from support@desk.test",
        "adds an article (client_message)",
        "sends the letter 'registered' in en to anna@client.test",
        "sends the letter 'new_ticket' in en to dana@staff.test",
        "sends the letter 'new_ticket' in ru to oleg@staff.test",
    ]
    places = [words.find(each) for each in in_order]
    assert -1 not in places, in_order[places.index(-1)]
    assert places == sorted(places)


STEPS: list[tuple[Step, tuple[str, ...]]] = [
    (
        OpenTicket("S", "sales", "sales@desk.test", "ru", Person("", "a@b.test"), "a@b.test"),
        ("opens a ticket in the department 'sales', in ru, from sales@desk.test",),
    ),
    (AddArticle(ArticleKind.AGENT_REPLY, "text"), ("adds an article (agent_reply)",)),
    (
        AddArticle(ArticleKind.CLIENT_MESSAGE, "text", verified=False, files=(File("a", "text/plain", b"", ""),)),
        ("adds an unverified article (client_message) with 1 attachment(s)",),
    ),
    (SetStatus(Status.OPEN), ("sets the status to open",)),
    (SetCategory("bug"), ("sets the category to 'bug'",)),
    (SetCategory(None), ("takes the category away",)),
    (SetPriority(Priority.HIGH), ("sets the priority to high",)),
    (SetDepartment("sales"), ("moves it to the department 'sales'",)),
    (SetSubject("Other"), ("sets the subject to 'Other'",)),
    (Assign("dana@staff.test"), ("assigns it to dana@staff.test",)),
    (Assign(None), ("assigns it to nobody",)),
    (Join((Participant("b@c.test", "B@c.test", "B", "cc"),)), ("remembers B@c.test as cc",)),
    (Join(()), ()),
    (Remember(("a@b",), ()), ()),
    (Note(EventKind.HELD), ("notes the event held",)),
    (MarkBounced(7, None, "550", permanent=True), ("marks our letter 7 as bounced",)),
    (
        Send(LetterKind.AGENT_REPLY, (Addressee("", "a@b.test"),), "pl", cc=(Addressee("", "c@d.test"),)),
        ("sends the letter 'agent_reply' in pl to a@b.test, c@d.test",),
    ),
]


@pytest.mark.parametrize(("step", "words"), STEPS)
def test_each_step_is_told_in_words(step: Step, words: tuple[str, ...]) -> None:
    assert in_words(step) == words


def test_what_a_genuine_token_implies_is_assumed_and_said() -> None:
    document = explained(mail("More", in_reply_to=(client_letter_id(7),)))
    assert "assumed: anna@client.test is the client of ticket #7, which is open" in document["decision"]
    assert document["outcome"] == "client_reply"


def test_an_agents_reply_is_explained_on_a_ticket_of_their_department() -> None:
    document = explained(mail("Done.", author=box("oleg@staff.test"), to=(box(token_address(7, "oleg@staff.test")),)))
    assert "assumed: ticket #7 is open" in document["decision"]
    assert (document["outcome"], document["gateway"]) == ("agent_reply", None)


def test_commands_on_a_ticket_that_nobody_knows_here_are_told_of_as_they_are_written() -> None:
    text = "Done.\n\n@me\n@assignee oleg@staff.test\n@merge 12\n@from support@desk.test\n@assignee nobody@staff.test"
    document = explained(mail(text, author=box("dana@staff.test"), to=(box("r+unknown@desk.test"),)))
    assert [each["name"] for each in document["commands"]] == ["me", "assignee", "merge", "from"]
    assert [each["value"] for each in document["ignored_commands"]] == ["nobody@staff.test"]
    assert (document["reply_body"], document["outcome"]) == ("Done.", "held")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"subject": "Re: Printer on fire [#7]"},
        {"in_reply_to": (client_letter_id(7).replace("t.", "t.a", 1),)},
        {"to": (box(token_address(7).replace("r+a", "r+b")),)},
    ],
)
def test_without_a_genuine_token_no_ticket_is_assumed(changes: dict[str, Any]) -> None:
    facts, assumed = suppose(mail(**changes), (), "anna@client.test", ORGANISATION)
    assert facts.tickets == ()
    assert "its author is not a known client" in assumed[-1]


def test_authentication_is_never_assumed() -> None:
    _, assumed = suppose(mail(in_reply_to=(agent_letter_id(7),)), (), "", ORGANISATION)
    assert any("its authentication is not checked here" in each for each in assumed)
