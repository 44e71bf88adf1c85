"""Delivery reports and complaints about letters of ours (X7): what they change, and which are believed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.desk.case import Case
from gateway.desk.decide import decide
from gateway.desk.reported import named_in, original_id, return_paths
from gateway.desk.reports import decide_on_report, is_unread_report
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts, SentLetter
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState, LetterKind, RecipientState
from gateway.domain.steps import MarkBounced, MarkDelayed, Note, Returned, Send, Suppress
from gateway.domain.suppressions import Cause
from gateway.domain.verdict import Verdict
from gateway.mail.message import Bounce, BounceRecipient, Complaint, Message
from tests.desk.values import ALIGNED, NOTHING, ORGANISATION, a_ticket, box, mail

ANNA = BounceRecipient("anna@client.test", "failed", "5.1.1", "smtp; 550 5.1.1 no such user")
GONE = Bounce((ANNA,), permanent=True, original_message_id="x@desk.test")
LATE = replace(GONE, recipients=(replace(ANNA, action="delayed", status="4.4.1", diagnostic="smtp; 450 no answer"),), permanent=False)
REPLY = SentLetter(31, 42, "anna@client.test", 7, LetterKind.AGENT_REPLY, "dana@staff.test", has_path=True)
NOTICE = replace(REPLY, kind=LetterKind.CLOSED, agent=None)
ABUSE = mail(kind="complaint", complaint=Complaint("abuse"))
VERPED = replace(ORGANISATION, desk=replace(ORGANISATION.desk, bounce_domain="bounce.test"))


def decided(
    report: Bounce | Message,
    *letters: SentLetter,
    verdict: Verdict = NOTHING,
    organisation: Organisation = ORGANISATION,
    recipients: Sequence[str] = ("support@desk.test",),
    **facts: Any,
) -> Decision:
    message = mail(kind="bounce", bounce=report, author=box("mailer-daemon@client.test")) if isinstance(report, Bounce) else report
    known = Facts(reported=letters, tickets=(a_ticket(7),), **facts)
    return decide_on_report(Case(message, tuple(recipients), "", verdict, known, organisation))


def kinds(decision: Decision) -> list[type]:
    return [type(each) for each in decision.steps]


def test_a_returned_reply_is_marked_noted_told_to_its_agent_alone_and_suppresses() -> None:
    decision = decided(GONE, REPLY)
    assert (decision.state, decision.outcome, decision.ticket) == (InboundState.DONE, "bounce", 7)
    assert decision.why == "our letter 31 to anna@client.test came back: 550 5.1.1 no such user"
    marked, note, told, suppress = decision.steps
    said = "550 5.1.1 no such user"
    assert marked == MarkBounced(31, 42, said, permanent=True)
    data = {"outbox": 31, "kind": "agent_reply", "address": "anna@client.test", "reply": said, "status": "5.1.1"}
    assert note == Note(EventKind.BOUNCED, data)
    assert isinstance(told, Send)
    assert (told.kind, [each.address for each in told.to], told.reported) == (LetterKind.FAILED_DELIVERY, ["dana@staff.test"], "failed")
    assert told.returned == (Returned("anna@client.test", said, "5.1.1"),)
    assert told.why == f"anna@client.test: {said}"
    assert suppress == Suppress("anna@client.test", Cause.BOUNCE, said, 90, 7, 31)


def test_a_late_reply_is_told_once_and_never_marked_as_bounced() -> None:
    decision = decided(LATE, REPLY)
    assert kinds(decision) == [MarkDelayed, Note, Send]
    told = decision.steps[2]
    assert isinstance(told, Send)
    assert told.reported == "delayed"
    for letter in (replace(REPLY, delayed=True), replace(REPLY, state=RecipientState.BOUNCED)):
        again = decided(LATE, letter)
        assert (again.state, again.outcome, again.steps) == (InboundState.DONE, "bounce", ())
    assert kinds(decided(LATE, NOTICE)) == [MarkDelayed, Note], "nobody wrote it, so nobody is told by letter"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_what_has_arrived_or_gone_on_changes_nothing(action: str) -> None:
    fine = Bounce((replace(ANNA, action=action, status="2.0.0", diagnostic=None),), permanent=False)
    for state in (RecipientState.SENT, RecipientState.BOUNCED):
        decision = decided(fine, replace(REPLY, state=state))
        assert (decision.state, decision.outcome, decision.steps) == (InboundState.DONE, "bounce", ())


@pytest.mark.parametrize(
    ("action", "status", "outcome"),
    [
        ("deliverable", "2.1.5", []),
        ("looked-up", "2.1.5", []),
        ("looked-up", "4.4.1", [MarkDelayed, Note, Send]),
        ("looked-up", "5.2.2", [MarkBounced, Note, Send]),
        ("looked-up", None, [MarkBounced, Note, Send, Suppress]),
    ],
)
def test_of_an_action_that_nobody_has_specified_the_status_says_what_it_is(action: str, status: str | None, outcome: list[type]) -> None:
    odd = Bounce((replace(ANNA, action=action, status=status),), permanent=False)
    assert kinds(decided(odd, REPLY)) == outcome


@pytest.mark.parametrize("agent", [None, "ina@staff.test", "gone@staff.test"], ids=["a notice's", "one who left", "one who was removed"])
def test_nobody_is_told_where_there_is_no_agent_to_tell(agent: str | None) -> None:
    assert kinds(decided(GONE, replace(REPLY, agent=agent))) == [MarkBounced, Note, Suppress]


@pytest.mark.parametrize("state", [RecipientState.BOUNCED, RecipientState.FAILED])
def test_what_is_lost_already_is_lost_once(state: RecipientState) -> None:
    decision = decided(GONE, replace(REPLY, state=state))
    assert (decision.state, decision.outcome, decision.steps) == (InboundState.DONE, "bounce", ())


def test_a_returned_letter_of_no_ticket_is_marked_and_one_of_ours_suppresses_nothing() -> None:
    assert kinds(decided(GONE, replace(REPLY, ticket=None))) == [MarkBounced, Suppress]
    assert kinds(decided(GONE, replace(NOTICE, ticket=None, kind=LetterKind.PROBE))) == [MarkBounced]
    own = replace(REPLY, address="sales@desk.test", agent=None)
    assert kinds(decided(replace(GONE, recipients=(replace(ANNA, address="sales@desk.test"),)), own)) == [MarkBounced, Note]


def test_only_hard_bounces_suppress_for_as_long_as_the_desk_says() -> None:
    full = replace(GONE, recipients=(replace(ANNA, status="5.2.2", diagnostic="smtp; 552 5.2.2 over quota"),))
    assert Suppress not in kinds(decided(full, REPLY))
    longer = replace(ORGANISATION, desk=replace(ORGANISATION.desk, suppression_days=0))
    *_, suppress = decided(GONE, REPLY, organisation=longer).steps
    assert isinstance(suppress, Suppress)
    assert suppress.days == 0


def test_of_a_list_behind_the_address_the_dead_member_does_not_silence_the_list() -> None:
    members = (replace(ANNA, address="a@list.test"), replace(ANNA, address="b@list.test", action="delivered", status="2.0.0"))
    decision = decided(Bounce(members, permanent=True), REPLY)
    assert MarkBounced in kinds(decision)
    assert Suppress not in kinds(decision)
    moved = Bounce((replace(ANNA, address="anna@new.test"),), permanent=True)
    assert Suppress in kinds(decided(moved, REPLY)), "all of her mail goes there, and comes back"


def test_a_report_of_several_recipients_of_one_letter_is_about_each_that_it_names() -> None:
    two = Bounce((ANNA, replace(ANNA, address="bob@client.test", action="delayed", status="4.2.2", diagnostic=None)), permanent=True)
    letters = tuple(replace(NOTICE, has_path=False, by="id", shared=True, address=each) for each in ("anna@client.test", "bob@client.test"))
    decision = decided(two, *letters, from_relay=True)
    assert kinds(decision) == [MarkBounced, Note, Suppress, MarkDelayed, Note]


BELIEVED = {
    "its own path": (REPLY, NOTHING, False, True),
    "the id, where it has a path": (replace(REPLY, by="id"), ALIGNED, True, False),
    "the id, where it has none": (replace(REPLY, by="id", has_path=False), NOTHING, False, True),
    "the id that several know": (replace(REPLY, by="id", has_path=False, shared=True), NOTHING, False, False),
    "the same, from a relay of ours": (replace(REPLY, by="id", has_path=False, shared=True), NOTHING, True, True),
    "the same, from the recipient's domain": (replace(REPLY, by="id", has_path=False, shared=True), ALIGNED, False, True),
    "the same, of somebody else": (
        replace(REPLY, by="id", has_path=False, shared=True, address="bob@else.test"),
        ALIGNED,
        False,
        False,
    ),
    "a probe's mark": (replace(REPLY, by="mark"), NOTHING, False, True),
    "of what has not been sent": (replace(REPLY, state=RecipientState.QUEUED), NOTHING, False, False),
    "of what may have been sent": (replace(REPLY, state=RecipientState.QUEUED, doubtful=True), NOTHING, False, True),
    "of a letter of long ago": (replace(REPLY, age=timedelta(days=91)), NOTHING, False, False),
    "of another recipient's path": (replace(REPLY, names_another="bob@client.test"), NOTHING, False, False),
    "of what was cancelled": (replace(REPLY, state=RecipientState.CANCELLED), NOTHING, False, False),
}


@pytest.mark.parametrize("what", BELIEVED)
def test_a_report_counts_where_it_proves_itself(what: str) -> None:
    letter, verdict, from_relay, counts = BELIEVED[what]
    decision = decided(GONE, letter, verdict=verdict, from_relay=from_relay)
    assert (decision.state is InboundState.DONE) is counts
    assert (MarkBounced in kinds(decision)) is counts
    if not counts:
        assert (decision.outcome, decision.ticket, decision.steps) == ("ignored", None, ())
        assert decision.reasons[-1] == decision.why
        assert "changes nothing" in decision.why


def test_a_disowned_report_vouches_for_nobody() -> None:
    shared = replace(REPLY, by="id", has_path=False, shared=True)
    assert decided(GONE, shared, verdict=replace(ALIGNED, dmarc="fail")).state is InboundState.IGNORED


@pytest.mark.parametrize(
    ("recipients", "why"),
    [
        (("support@desk.test",), "a delivery report that names no letter of ours"),
        (
            ("b+nothing@bounce.test",),
            "a delivery report to a return address whose token belongs to no letter of ours: it is forged, or the letter is gone",
        ),
    ],
)
def test_a_report_that_names_no_letter_of_ours_is_ignored(recipients: tuple[str, ...], why: str) -> None:
    decision = decided(GONE, organisation=VERPED, recipients=recipients)
    assert (decision.state, decision.outcome, decision.steps, decision.why) == (InboundState.IGNORED, "ignored", (), why)


def test_a_complaint_is_noted_told_to_the_author_of_a_reply_and_suppresses_for_ever() -> None:
    decision = decided(ABUSE, replace(REPLY, by="path"))
    assert decision.outcome == "complaint"
    note, told, suppress = decision.steps
    assert note == Note(EventKind.COMPLAINED, {"outbox": 31, "kind": "agent_reply", "address": "anna@client.test", "type": "abuse"})
    assert isinstance(told, Send)
    assert told.reported == "complained"
    assert suppress == Suppress("anna@client.test", Cause.COMPLAINT, "complaint (abuse)", 0, 7, 31)
    assert kinds(decided(ABUSE, NOTICE)) == [Note, Suppress]
    assert decided(ABUSE, replace(REPLY, complained=True)).steps == ()
    assert kinds(decided(ABUSE, replace(REPLY, ticket=None))) == [Suppress]


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", "other", "dmarc"])
def test_other_feedback_is_no_complaint(kind: str) -> None:
    decision = decided(mail(kind="complaint", complaint=Complaint(kind)), REPLY)
    assert (decision.state, decision.outcome, decision.steps) == (InboundState.DONE, "complaint", ())


def test_a_complaint_by_the_id_alone_counts_where_one_person_has_it() -> None:
    assert decided(ABUSE, replace(REPLY, by="id")).outcome == "complaint"
    assert decided(ABUSE, replace(REPLY, by="id", shared=True)).outcome == "ignored"


def test_a_complaint_with_a_return_address_that_is_not_the_letters_is_forged_whatever_id_it_names() -> None:
    altered = mail(kind="complaint", complaint=Complaint("abuse", ("b+altered@bounce.test",)))
    decision = decided(altered, replace(REPLY, by="id"), organisation=VERPED)
    assert (decision.outcome, decision.steps) == ("ignored", ())
    assert "a return address that is not that letter's" in decision.why


def test_a_report_without_a_word_says_so_and_a_long_one_is_cut() -> None:
    assert decided(replace(GONE, recipients=()), REPLY).why.endswith("no reason was given")
    assert len(decided(replace(GONE, recipients=(replace(ANNA, diagnostic="x" * 9000),)), REPLY).why) < 700


def test_a_mail_systems_words_that_nobody_can_read_are_a_report_where_they_come_back_to_a_return_address() -> None:
    def case(author: str, reverse_path: str = "", *letters: SentLetter) -> Case:
        return Case(mail("???", author=box(author)), ("b+x@bounce.test",), reverse_path, NOTHING, Facts(reported=letters), VERPED)

    assert is_unread_report(case("MAILER-DAEMON@mx.test", "", REPLY))
    assert not is_unread_report(case("anna@client.test", "", REPLY))
    assert not is_unread_report(case("MAILER-DAEMON@mx.test", "somebody@mx.test", REPLY))
    assert not is_unread_report(case("MAILER-DAEMON@mx.test"))
    found = case("MAILER-DAEMON@mx.test", "", REPLY)
    decision = decide(found.message, found.recipients, "", NOTHING, found.facts, VERPED)
    assert (decision.outcome, kinds(decision)[:2]) == ("bounce", [MarkBounced, Note])
    assert Suppress not in kinds(decision)


def test_return_paths_come_of_the_envelope_and_of_what_a_complaint_encloses() -> None:
    complaint = mail(kind="complaint", complaint=Complaint("abuse", ("B+Y@Bounce.Test", "x@else.test"), (), "id@desk.test"))
    assert return_paths(complaint, ("b+x@bounce.test", "support@desk.test"), VERPED) == ("b+x@bounce.test", "b+y@bounce.test")
    assert return_paths(complaint, ("b+x@bounce.test",), ORGANISATION) == (), "without a bounce domain there are none"
    assert original_id(complaint) == "id@desk.test"
    assert original_id(mail(kind="bounce", bounce=replace(GONE, original_message_id=None), references=("r@desk.test",))) == "r@desk.test"
    assert original_id(mail()) is None


def test_of_all_who_got_a_letter_those_are_meant_whom_the_report_names() -> None:
    anna, bob, own = (replace(REPLY, by="id", address=each) for each in ("Anna@client.test", "bob@else.test", "support@desk.test"))
    report = mail(kind="bounce", bounce=GONE)
    assert named_in(report, (anna, bob, own), ORGANISATION) == (replace(anna, shared=True),)
    stranger = mail(kind="bounce", bounce=replace(GONE, recipients=(replace(ANNA, address="zoe@else.test"),)))
    assert named_in(stranger, (anna, bob), ORGANISATION) == ()
    assert named_in(stranger, (anna, own), ORGANISATION) == (anna,), "her mail is passed on to zoe; our own copy is nobody's"
