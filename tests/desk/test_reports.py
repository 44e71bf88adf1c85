"""Delivery reports and complaints about letters of ours (X7)."""

from dataclasses import replace

import pytest

from gateway.desk.reports import decide_on_report
from gateway.domain.facts import Facts, SentLetter
from gateway.domain.states import EventKind, InboundState, LetterKind
from gateway.domain.steps import MarkBounced, Note, Send
from gateway.mail.message import Bounce, BounceRecipient
from tests.desk.values import ORGANISATION, mail

GONE = Bounce((BounceRecipient("anna@client.test", "failed", "5.1.1", "no such user"),), permanent=True, original_message_id="x@desk.test")
LATE = replace(GONE, recipients=(BounceRecipient("anna@client.test", "delayed", "4.4.1", "no answer"),), permanent=False)
REPLY = SentLetter(31, 42, "anna@client.test", 7, LetterKind.AGENT_REPLY, "dana@staff.test")


def test_a_returned_reply_is_marked_noted_and_told_to_its_agent_alone() -> None:
    decision = decide_on_report(mail(kind="bounce", bounce=GONE), Facts(reported=REPLY), ORGANISATION, ("read",))
    assert (decision.state, decision.outcome, decision.ticket) == (InboundState.DONE, "bounce", 7)
    assert decision.why == "our letter 31 to anna@client.test came back: 5.1.1 no such user"
    marked, note, told = decision.steps
    assert marked == MarkBounced(31, 42, "5.1.1 no such user", permanent=True)
    assert note == Note(EventKind.BOUNCED, {"outbox": 31, "address": "anna@client.test", "reply": "5.1.1 no such user"})
    assert isinstance(told, Send)
    assert (told.kind, [each.address for each in told.to]) == (LetterKind.FAILED_DELIVERY, ["dana@staff.test"])
    assert told.why == "anna@client.test: 5.1.1 no such user"


def test_a_late_letter_is_only_noted() -> None:
    decision = decide_on_report(mail(kind="bounce", bounce=LATE), Facts(reported=REPLY), ORGANISATION, ())
    assert [type(each) for each in decision.steps] == [Note]
    assert decision.steps[0] == Note(EventKind.DELIVERY_DELAYED, {"outbox": 31, "address": "anna@client.test", "reply": "4.4.1 no answer"})


@pytest.mark.parametrize("agent", [None, "ina@staff.test", "gone@staff.test"], ids=["a notice's", "one who left", "one who was removed"])
def test_nobody_is_told_where_there_is_no_agent_to_tell(agent: str | None) -> None:
    decision = decide_on_report(mail(kind="bounce", bounce=GONE), Facts(reported=replace(REPLY, agent=agent)), ORGANISATION, ())
    assert not [each for each in decision.steps if isinstance(each, Send)]
    assert [type(each) for each in decision.steps] == [MarkBounced, Note]


def test_a_returned_letter_of_no_ticket_is_marked_and_no_more() -> None:
    decision = decide_on_report(mail(kind="bounce", bounce=GONE), Facts(reported=replace(REPLY, ticket=None)), ORGANISATION, ())
    assert [type(each) for each in decision.steps] == [MarkBounced]


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_a_report_that_names_no_letter_of_ours_is_ignored(kind: str) -> None:
    decision = decide_on_report(mail(kind=kind, bounce=GONE), Facts(), ORGANISATION, ("read",))
    assert (decision.state, decision.outcome, decision.steps) == (InboundState.IGNORED, "ignored", ())
    assert decision.reasons == ("read", f"a {kind} that names no letter of ours")


def test_a_complaint_is_noted_and_never_answered() -> None:
    decision = decide_on_report(mail(kind="complaint"), Facts(reported=REPLY), ORGANISATION, ())
    assert decision.outcome == "complaint"
    assert decision.steps == (Note(EventKind.COMPLAINED, {"outbox": 31, "address": "anna@client.test"}),)
    assert decide_on_report(mail(kind="complaint"), Facts(reported=replace(REPLY, ticket=None)), ORGANISATION, ()).steps == ()


def test_a_report_without_a_word_says_so_and_a_long_one_is_cut() -> None:
    silent = replace(GONE, recipients=())
    assert decide_on_report(mail(kind="bounce", bounce=silent), Facts(reported=REPLY), ORGANISATION, ()).why.endswith("no reason was given")
    long = replace(GONE, recipients=(BounceRecipient("a@b.test", "failed", "5.0.0", "x" * 9000),))
    assert len(decide_on_report(mail(kind="bounce", bounce=long), Facts(reported=REPLY), ORGANISATION, ()).why) < 700
