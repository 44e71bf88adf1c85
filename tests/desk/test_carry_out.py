"""What becomes of an agent's mail with commands on a ticket: to whom it goes, what stays, who is told (O1–O13, X5, B2, Z14, C7)."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.orders import tickets_named
from gateway.domain.decision import Decision
from gateway.domain.facts import KnownTicket, Participant
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Agent, CannedReply, Department, Gateway, Organisation
from gateway.domain.states import ArticleKind, EventKind, InboundState, LetterKind, Status
from gateway.domain.steps import AddArticle, Assign, Join, Merge, Note, Person, Receipt, Send, SetDepartment, SetStatus
from gateway.letters.problems import held_in_words
from gateway.mail.message import Attachment, Body
from tests.desk.deciding import TICKET, decided, from_dana, letters, of
from tests.desk.values import ALIGNED, ORGANISATION, a_ticket, box, client_letter_id, mail, token_address

BORIS = Participant("boris@client.test", "boris@client.test", "Boris", "cc")
CECIL = replace(TICKET.client, id=2, name="Cecil", address="cecil@other.test", keys=("cecil@other.test",))
DESK = replace(
    ORGANISATION,
    gateways=(*ORGANISATION.gateways, Gateway("hardware@desk.test", "Hardware", "support")),
    agents=(
        Agent("Dana Agent", "dana@staff.test", ("support", "sales")),
        Agent("Олег Агентов", "oleg@staff.test", ("support", "sales"), language="ru"),
        Agent("Zoe Support", "zoe@staff.test", ("support",)),
        Agent("Sam Seller", "sam@staff.test", ("sales",)),
        Agent("Nina Quiet", "nina@staff.test", ("support",), notify=False),
        Agent("Ina Gone", "ina@staff.test", ("support", "sales"), active=False),
    ),
    canned_replies=(CannedReply("thanks", "Thank you.", everyone=True), CannedReply("deal", "A deal.", department="sales")),
)


def set_to(organisation: Organisation = DESK, **desk: Any) -> Organisation:
    return replace(organisation, desk=replace(organisation.desk, **desk))


def carried(
    words: str, organisation: Organisation = DESK, ticket: KnownTicket = TICKET, others: tuple[Any, ...] = (), **mail: Any
) -> Decision:
    return decided(from_dana(words, **mail), ALIGNED, organisation, tickets=(ticket, a_ticket(8), *others))


def reply(decision: Decision) -> AddArticle | None:
    return next((each for each in of(decision, AddArticle) if each.kind is ArticleKind.AGENT_REPLY), None)


def sent(decision: Decision) -> tuple[list[str], list[str], list[str]] | None:
    """To, Cc and Bcc of the reply; None where it stays on the ticket."""
    found = [each for each in of(decision, Send) if each.kind is LetterKind.AGENT_REPLY]
    assert len(found) < 2
    return tuple([each.address for each in group] for group in (found[0].to, found[0].cc, found[0].bcc)) if found else None  # type: ignore[return-value]


def receipt(decision: Decision) -> Receipt | None:
    return next((each.receipt for each in of(decision, Send) if each.kind is LetterKind.RECEIPT), None)


ANNA, VENDOR, BOSS, SPY = "anna@client.test", "vendor@parts.test", "boss@client.test", "spy@client.test"


@pytest.mark.parametrize(
    ("commands", "setting", "recipients", "private"),
    [
        ("", False, ([ANNA], [], []), False),
        (f"@cc {BOSS}", False, ([ANNA], [BOSS], []), False),
        (f"@bcc {SPY}", False, ([ANNA], [], [SPY]), False),
        (f"@cc {BOSS}\n@bcc {BOSS}, {SPY}", False, ([ANNA], [BOSS], [SPY]), False),
        (f"@cc {ANNA}", False, ([ANNA], [], []), False),
        (f"@to {VENDOR}", False, ([VENDOR], [], []), False),
        (f"@to {VENDOR}", True, ([VENDOR], [], []), True),
        (f"@to {VENDOR}\n@cc {BOSS}", True, ([VENDOR], [BOSS], []), True),
        (f"@to {VENDOR}, {ANNA}", True, ([VENDOR, ANNA], [], []), False),
        (f"@to {VENDOR}\n@cc {ANNA}", True, ([VENDOR], [ANNA], []), False),
        (f"@to {VENDOR}\n@bcc anna@HOME.test", True, ([VENDOR], [], ["anna@HOME.test"]), False),
        (f"@to {VENDOR}\n@to {BOSS}", False, ([VENDOR, BOSS], [], []), False),
        ("@to bad@@x", True, ([ANNA], [], []), False),
        ("@to support@desk.test", True, ([ANNA], [], []), False),
        ("@private", False, None, True),
        (f"@private\n@cc {BOSS}\n@bcc {SPY}", False, None, True),
        (f"@private\n@to {VENDOR}", False, ([VENDOR], [], []), True),
        (f"@private\n@to {VENDOR}, {ANNA}, anna@home.test\n@cc {ANNA}\n@bcc {ANNA}", False, ([VENDOR], [], []), True),
        (f"@private\n@to {ANNA}", False, None, True),
    ],
)
def test_whom_a_reply_goes_to_and_whether_it_is_private(commands: str, setting: bool, recipients: Any, private: bool) -> None:
    decision = carried(f"Use water.\n{commands}", set_to(private_without_client=setting))
    found = reply(decision)
    assert found is not None
    assert (sent(decision), found.private, found.text) == (recipients, private, "Use water.")
    to, cc, _ = recipients or ([], [], [])
    assert [each.address for each in found.to] == to
    assert [each.address for each in found.cc] == cc
    assert not private or ANNA not in [each for group in recipients or () for each in group]


def test_the_tickets_cc_stays_unless_the_recipients_are_replaced() -> None:
    ticket = replace(TICKET, participants=(BORIS,))
    assert sent(carried("Words.", ticket=ticket)) == ([ANNA], ["boris@client.test"], [])
    assert sent(carried(f"Words.\n@to {VENDOR}", ticket=ticket)) == ([VENDOR], [], [])


def test_of_department_and_desk_the_department_says_what_becomes_private() -> None:
    departments = (
        Department("support", "Support", private_without_client=False),
        Department("sales", "Sales", private_without_client=True),
    )
    desk = replace(DESK, departments=departments)
    for commands, private in ((f"@to {VENDOR}", False), (f"@to {VENDOR}\n@department sales", True)):
        found = reply(carried(f"Words.\n{commands}", desk))
        assert found is not None
        assert found.private is private


@pytest.mark.parametrize(
    ("commands", "before", "after"),
    [
        ("", Status.NEW, [Status.OPEN]),
        ("", Status.PENDING, []),
        ("@private", Status.NEW, []),
        ("@private\n@closed", Status.NEW, [Status.CLOSED]),
        ("@closed", Status.NEW, [Status.CLOSED]),
        ("@spam", Status.OPEN, [Status.SPAM]),
        ("@trash\n@pending", Status.OPEN, [Status.PENDING]),
    ],
)
def test_what_status_a_reply_leaves(commands: str, before: Status, after: list[Status]) -> None:
    decision = carried(f"Words.\n{commands}", ticket=replace(TICKET, status=before))
    assert [each.status for each in of(decision, SetStatus)] == after
    assert (sent(decision) is None) is ("@private" in commands), "it is sent whatever status is set"


def test_a_note_alone_opens_nothing_and_sends_nothing() -> None:
    decision = carried("@note they are upset", ticket=replace(TICKET, status=Status.NEW))
    assert of(decision, AddArticle) == [AddArticle(ArticleKind.NOTE, "they are upset", private=True)]
    assert (of(decision, SetStatus), of(decision, Send), decision.outcome) == ([], [], "commands")


# Files


def a_file(name: str, kind: str = "application/pdf", inline: bool = False, content: bytes = b"content") -> Attachment:
    return Attachment(name, kind, content, hashlib.sha256(content).hexdigest(), inline)


PDF, LOGO = a_file("a.pdf"), a_file("logo.png", "image/png", inline=True)


@pytest.mark.parametrize(
    ("words", "files", "replied", "noted"),
    [
        ("Words.", (PDF,), ["a.pdf"], None),
        ("Words.\n@note x", (PDF,), ["a.pdf"], []),
        ("", (PDF,), ["a.pdf"], None),
        ("@closed", (PDF,), ["a.pdf"], None),
        ("@note x\n@note y", (PDF,), None, ["a.pdf"]),
        ("@closed", (LOGO,), None, None),
        ("@note x", (LOGO,), None, ["logo.png"]),
        ("@template thanks", (LOGO,), ["logo.png"], None),
        ("", (LOGO,), ["logo.png"], None),
        ("Words.", (LOGO, PDF), ["logo.png", "a.pdf"], None),
    ],
)
def test_where_files_go(words: str, files: tuple[Attachment, ...], replied: list[str] | None, noted: list[str] | None) -> None:
    """Beside commands alone a picture is a signature's; a photograph without a word is an answer."""
    decision = carried(words, attachments=files)
    found = reply(decision)
    assert (None if found is None else [each.filename for each in found.files]) == replied
    notes = [each for each in of(decision, AddArticle) if each.kind is ArticleKind.NOTE]
    assert (None if not notes else [each.filename for each in notes[0].files]) == noted
    assert not any(each.files for each in notes[1:])


@pytest.mark.parametrize(
    ("name", "content", "withheld"),
    [
        ("ATT00001.txt", b"\n@note they lie\n", True),
        ("att00012.htm", b"<html><body><p><b>&#64;note</b> they lie</p></body></html>", True),
        ("ATT00001.txt", "\n@заметка врут\n".encode("windows-1251"), True),
        ("ATT00001.txt", b"\n@private\n", True),
        ("ATT00001.txt", b"\n\nDana Agent\nSupport\n", False),
        ("manual.txt", b"\n@note that the lid is hot\n", False),
    ],
)
def test_a_note_that_a_server_made_a_file_of_is_kept_back(name: str, content: bytes, withheld: bool) -> None:
    decision = carried("Use water.\n@closed", attachments=(a_file(name, "text/plain", content=content),))
    found = reply(decision)
    assert found is not None
    assert (found.private, sent(decision) is None, of(decision, SetStatus) == []) == (withheld, withheld, withheld)


@pytest.mark.parametrize(
    ("below", "unsent"),
    [
        ("@closed\n\nDana Agent\nSupport", False),
        ("@note a liar\n\nwait for the lawyer\ndo not pay", True),
        ("@note a liar\n@closed\n\nwait for the lawyer\ndo not pay", True),
        ("@note a liar\n\nBest regards\nDana Agent", False),
        ("@note a liar\n\n--\nDana Agent\nSupport", False),
    ],
)
def test_short_lines_below_a_note_are_not_sent_for_a_signature(below: str, unsent: bool) -> None:
    found = reply(carried(f"Use water.\n\n{below}"))
    assert found is not None
    assert (found.signature == "", found.text) == (unsent, "Use water.")
    assert ("lawyer" in found.quoted_text) is unsent, "they are kept all the same"


def test_a_note_is_kept_back_however_many_other_lines_are_stray() -> None:
    words = "\n".join(["Dear Anna,", *["@closed"] * 150, "@note a liar", "and that is all that I have to tell you about it."])
    found = reply(carried(words))
    assert found is not None
    assert found.private
    signed = "\n".join(["-- ", "Dana", *["@closed"] * 150, "@note a liar"])
    assert sent(carried("Words.", body=Body("Words.", "Words.", signature=signed))) is None


# Who is told


@pytest.mark.parametrize(
    ("commands", "assignee", "told"),
    [
        ("@me", None, []),
        ("@assignee oleg@staff.test", None, ["oleg@staff.test"]),
        ("@assignee oleg@staff.test", "oleg@staff.test", []),
        ("@assignee oleg@staff.test\n@me", None, []),
        ("@assignee Nina Quiet", None, []),
        ("@assignee Sam Seller\n@department sales", None, ["sam@staff.test"]),
    ],
)
def test_a_new_assignee_is_told_unless_they_took_it_themselves(commands: str, assignee: str | None, told: list[str]) -> None:
    decision = carried(commands, ticket=replace(TICKET, assignee=assignee))
    assert [to for kind, to in letters(decision) if kind is LetterKind.ASSIGNED] == ([told] if told else [])


@pytest.mark.parametrize(
    ("commands", "assignee"),
    [
        ("@department sales", [Assign(None)]),
        ("@department sales\n@assignee sam@staff.test", [Assign("sam@staff.test")]),
        ("@department sales\n@assignee Zoe Support", [Assign(None)]),
        ("@department support", []),
        ("@assignee Sam Seller", []),
        ("@assignee Ina Gone", []),
    ],
)
def test_only_an_agent_of_the_tickets_department_has_it(commands: str, assignee: list[Assign]) -> None:
    assert of(carried(commands, ticket=replace(TICKET, assignee="zoe@staff.test")), Assign) == assignee


PROBLEMS = "Words.\n@closed\n@assignee Nobody\n@note they lie"


@pytest.mark.parametrize(
    ("receipts", "words", "refused", "done", "helped"),
    [
        ("problems", "Words.\n@closed", None, None, False),
        ("problems", PROBLEMS, ["@assignee Nobody"], [], False),
        ("always", PROBLEMS, ["@assignee Nobody"], ["@closed", "@note …"], False),
        ("always", "Words.", None, None, False),
        ("never", PROBLEMS, None, None, False),
        ("never", PROBLEMS + "\n@help", [], [], True),
        ("problems", "@help", [], [], True),
        ("always", "@help\n@me", [], ["@me"], True),
    ],
)
def test_what_a_receipt_tells(receipts: Any, words: str, refused: list[str] | None, done: list[str] | None, helped: bool) -> None:
    found = receipt(carried(words, set_to(receipts=receipts)))
    assert (None if found is None else [each.line for each in found.refused]) == refused
    assert (None if found is None else list(found.done)) == done
    assert bool(found and found.help) is helped


def test_what_was_not_obeyed_is_an_event_without_what_is_secret() -> None:
    words = "@assignee Sam Seller\n@assignee Nobody\n@bcc spy@@x\n@note  they lie\n@from boss@elsewhere.test\n@private"
    found = {(each.kind, each.data["command"]): each.data.get("value") for each in of(carried(words), Note)}
    assert found == {
        (EventKind.COMMAND_REFUSED, "assignee"): "Sam Seller",
        (EventKind.COMMAND_IGNORED, "assignee"): "Nobody",
        (EventKind.COMMAND_IGNORED, "bcc"): None,
        (EventKind.COMMAND_IGNORED, "note"): None,
        (EventKind.COMMAND_REFUSED, "from"): "boss@elsewhere.test",
        (EventKind.COMMAND_IGNORED, "private"): "",
    }


@pytest.mark.parametrize("command", ["@to vendor@parts.test", "@bcc spy@client.test", "@from hardware@desk.test", "@private"])
def test_what_says_how_a_reply_is_sent_needs_one(command: str) -> None:
    found = receipt(carried(f"{command}\n@closed"))
    assert found is not None
    assert [(each.line, each.problem) for each in found.refused] == [(command, "no_reply")]


# Merging


def test_commands_beside_a_merge_are_for_the_ticket_that_lives_on() -> None:
    there = a_ticket(8, department="sales", subject="A deal", assignee="sam@staff.test", status=Status.NEW, participants=(BORIS,))
    words = "One answer for both.\n@assignee Zoe Support\n@template deal\n@from sales@desk.test\n@merge 8"
    decision = decided(from_dana(words), ALIGNED, DESK, tickets=(TICKET, there))
    assert (decision.ticket, of(decision, Merge)) == (8, [Merge(7)])
    assert of(decision, Assign) == [], "Zoe is not of the department of #8"
    found = receipt(decision)
    assert found is not None
    assert [(each.line, each.problem) for each in found.refused] == [("@assignee Zoe Support", "agent_elsewhere")]
    assert sent(decision) == ([ANNA], ["boris@client.test"], [])
    assert of(decision, SetStatus) == [SetStatus(Status.OPEN)]
    answer = reply(decision)
    assert answer is not None
    assert answer.text == "A deal.\n\nOne answer for both."
    assert [each.from_address for each in of(decision, Send) if each.kind is LetterKind.AGENT_REPLY] == ["sales@desk.test"]


@pytest.mark.parametrize("number", ["8", "#8", "[#8]", "№8", "№ 8", "008"])
def test_a_ticket_is_named_as_people_write_its_number(number: str) -> None:
    assert carried(f"@merge {number}").ticket == 8


def test_a_merge_above_a_learnt_signature_is_known_before_it_is_decided() -> None:
    """The rows are locked by the text as it came; that its end is a signature is known only from the ticket."""
    closing = [f"{number} of the many lines that this office signs with, and none of them is short" for number in range(12)]
    words = "\n".join(["Words.", "@merge 8", "", *closing])
    assert tickets_named(words, DESK) == (8,)
    ticket = replace(TICKET, earlier=(("dana@staff.test", "\n".join(["Before.", "", *closing])),))
    assert of(carried(words, ticket=ticket), Merge) == [Merge(7)]


def test_a_merged_ticket_can_be_moved_in_the_same_mail() -> None:
    decision = carried("@department sales\n@assignee Sam Seller\n@merge 8")
    assert (of(decision, SetDepartment), of(decision, Assign)) == ([SetDepartment("sales")], [Assign("sam@staff.test")])


@pytest.mark.parametrize(("across", "cc"), [(False, None), (True, [ANNA])])
def test_tickets_of_two_clients_are_merged_only_where_the_desk_says_so(across: bool, cc: list[str] | None) -> None:
    requester = Participant(ANNA, ANNA, "Anna", "requester")
    decision = carried(
        "For both of you.\n@merge 9",
        set_to(merge_across_clients=across),
        replace(TICKET, participants=(requester,)),
        (a_ticket(9, client=CECIL),),
    )
    if cc is None:
        assert (decision.ticket, of(decision, Merge), sent(decision)) == (7, [], ([ANNA], [], []))
    else:
        assert (decision.ticket, of(decision, Merge), sent(decision)) == (9, [Merge(7)], (["cecil@other.test"], cc, []))


def test_the_token_of_a_merged_ticket_speaks_for_the_one_that_lives_on() -> None:
    gone = replace(TICKET, merged_into=8)
    decision = carried("Words.\n@merge 8\n@tags late", ticket=gone)
    assert (decision.ticket, of(decision, Merge)) == (8, [])
    found = receipt(decision)
    assert found is not None
    assert [each.problem for each in found.refused] == ["same_ticket"]
    elsewhere = decided(from_dana(), ALIGNED, ORGANISATION, tickets=(gone, a_ticket(8, department="sales")))
    assert elsewhere.outcome == "held", "its department is what counts"


# Who may


@pytest.mark.parametrize(
    ("author", "department", "cause"),
    [("ina@staff.test", "support", None), ("zoe@staff.test", "sales", HeldCause.OTHER_DEPARTMENT)],
)
def test_who_left_or_lacks_the_department_commands_nothing(author: str, department: str, cause: HeldCause | None) -> None:
    message = mail("Words.\n@closed\n@me", author=box(author), to=(box(token_address(7, author)),))
    decision = decided(message, ALIGNED, DESK, tickets=(replace(TICKET, department=department),))
    assert (decision.state, of(decision, SetStatus), of(decision, Assign), of(decision, AddArticle)) == (InboundState.HELD, [], [], [])
    told = [each.why for each in of(decision, Send)]
    assert told == ([held_in_words(cause, "en")] if cause is not None else []), "who left gets nothing"


@pytest.mark.parametrize(
    ("part", "key", "newcomer"),
    [("requester", "anna@client.test", "cc"), ("requester", "anna@home.test", "cc"), ("cc", "boris@client.test", "named")],
)
def test_only_the_requester_brings_others_into_a_ticket(part: str, key: str, newcomer: str) -> None:
    """A participant may answer; whom they write to besides is but remembered."""
    message = mail("More.", author=box(key), cc=(box("dora@client.test"),), in_reply_to=(client_letter_id(7),))
    decision = decided(message, ALIGNED, tickets=(replace(TICKET, participants=(BORIS,)),))
    assert decision.outcome == "client_reply", part
    [joined] = of(decision, Join)
    assert [(each.key, each.part) for each in joined.people] == [("dora@client.test", newcomer)]


def test_nothing_written_at_all_is_set_aside() -> None:
    assert carried("", body=Body("> quoted", "", "> quoted")).outcome == "ignored"


def test_the_persons_of_an_article_are_those_of_the_letter() -> None:
    found = reply(carried(f"Words.\n@cc Boss <{BOSS}>"))
    assert found is not None
    assert (found.to, found.cc) == ((Person("Anna", ANNA),), (Person("", BOSS),))
