"""Rules on mail that is taken in (U2): what they settle, and what they add."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.desk.decide import decide
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts, KnownClient
from gateway.domain.organisation import Organisation
from gateway.domain.rules import ROUND_ROBIN, Actions, AuthorIs, Comparison, Contains, Glob, IsReply, Rule, SizeIs, SubjectHas
from gateway.domain.states import EventKind, InboundState, LetterKind, Priority, Status
from gateway.domain.steps import AddCc, AddTags, Assign, Note, OpenTicket, Send, SetDepartment, SetPriority, SetStatus
from tests.desk.deciding import TICKET, decided, from_dana, letters, of
from tests.desk.values import ALIGNED, ORGANISATION, box, client_letter_id, mail

OFFERS = SubjectHas((Contains("offer"),))
REPLY: dict[str, Any] = {"in_reply_to": (client_letter_id(7),), "subject": "Re: an offer"}


def ruled(*rules: Rule) -> Organisation:
    return replace(ORGANISATION, rules=rules)


def by(**actions: Any) -> Organisation:
    return ruled(Rule("Offers", when=OFFERS, then=Actions(**actions)))


def offer(organisation: Organisation, **facts: Any) -> Decision:
    return decided(mail(subject="An OFFER for you"), ALIGNED, organisation, **facts)


@pytest.mark.parametrize(
    ("actions", "state", "why"),
    [
        ({"discard": True}, InboundState.IGNORED, 'discarded by the rule "Offers"'),
        ({"reject": "No offers"}, InboundState.DONE, ""),
        ({"hold": True}, InboundState.HELD, 'held for a person by the rule "Offers"'),
    ],
)
def test_a_rule_has_the_last_word_on_a_mail(actions: dict[str, Any], state: InboundState, why: str) -> None:
    decision = offer(by(**actions))
    assert decision.state is state
    assert why in decision.why
    if why:
        assert (decision.rule, decision.steps) == ("Offers", ())
    untouched = decided(mail(subject="Printer"), ALIGNED, by(**actions))
    assert (untouched.outcome, untouched.rule) == ("ticket", None)


def test_what_a_rule_adds_to_a_new_ticket_and_which_event_names_it() -> None:
    decision = offer(
        by(
            department="sales",
            priority=Priority.LOW,
            status=Status.PENDING,
            tags=("offer",),
            cc=("boss@client.test",),
            assignee="oleg@staff.test",
        )
    )
    [opening] = of(decision, OpenTicket)
    assert opening.department == "sales"
    assert of(decision, SetDepartment) == []
    assert of(decision, SetPriority) == [SetPriority(Priority.LOW)]
    assert of(decision, SetStatus) == [SetStatus(Status.PENDING)]
    assert of(decision, AddTags) == [AddTags(("offer",))]
    assert [each.address for step in of(decision, AddCc) for each in step.people] == ["boss@client.test"]
    assert of(decision, Assign) == [Assign("oleg@staff.test")]
    [event] = [each for each in of(decision, Note) if each.kind is EventKind.RULE_APPLIED]
    assert event.data["rule"] == "Offers"
    assert any('rule "Offers"' in each for each in decision.reasons)
    assert dict(letters(decision))[LetterKind.ASSIGNED] == ["oleg@staff.test"]


def test_an_agent_without_the_department_is_not_assigned() -> None:
    assert of(offer(by(department="sales", assignee="dana@staff.test")), Assign) == []
    assert of(offer(by(assignee="ina@staff.test")), Assign) == []


def test_turns_go_on_after_who_had_the_last() -> None:
    turns = ((), (("support", "dana@staff.test"),), (("support", "oleg@staff.test"),))
    found = [offer(by(assignee=ROUND_ROBIN), last_assigned=last) for last in turns]
    assert [of(each, Assign)[0].agent for each in found] == ["dana@staff.test", "oleg@staff.test", "dana@staff.test"]


def test_the_agents_that_a_rule_names_are_told_instead_of_the_department() -> None:
    decision = offer(by(notify=("oleg@staff.test",)))
    assert [to for kind, to in letters(decision) if kind is LetterKind.NEW_TICKET] == [["oleg@staff.test"]]


def test_an_answer_by_template_stands_in_for_the_registration_letter_and_counts() -> None:
    decision = offer(by(answer="not_buying"))
    [answer] = [each for each in of(decision, Send) if not each.staff]
    assert (answer.kind, answer.template, answer.caused_by_mail) == (LetterKind.REGISTERED, "not_buying", True)
    silent = offer(by(answer="not_buying"), spent="the hour's budget is spent")
    assert [each for each in of(silent, Send) if not each.staff] == []


def test_a_reply_is_ruled_by_what_its_ticket_is() -> None:
    organisation = ruled(Rule("Replies", when=IsReply(True), then=Actions(tags=("again",), department="sales", answer="thanks")))
    decision = decided(mail(**REPLY), ALIGNED, organisation)
    assert decision.outcome == "client_reply"
    assert of(decision, AddTags) == [AddTags(("again",))]
    assert of(decision, SetDepartment) == [SetDepartment("sales")]
    assert [(each.kind, each.template) for each in of(decision, Send) if not each.staff] == [(LetterKind.CLIENT_REPLY, "thanks")]
    assert of(decided(mail(), ALIGNED, organisation), AddTags) == []


def test_a_stranger_and_an_agent_set_nothing_off_but_a_stranger_can_be_discarded() -> None:
    organisation = ruled(Rule("All", then=Actions(tags=("x",), status=Status.SPAM)))
    eve = mail(author=box("eve@evil.test"), **REPLY)
    assert of(decided(eve, ALIGNED, organisation), AddTags) == []
    assert of(decided(from_dana(), ALIGNED, organisation), AddTags) == []
    assert decided(eve, ALIGNED, ruled(Rule("Eve", when=AuthorIs((Glob("*@evil.test"),)), then=Actions(discard=True)))).rule == "Eve"


def test_a_status_of_the_rule_stands_instead_of_open_again() -> None:
    organisation = ruled(Rule("Late", then=Actions(status=Status.PENDING)))
    decision = decided(mail(**REPLY), ALIGNED, organisation, tickets=(replace(TICKET, status=Status.CLOSED),))
    assert of(decision, SetStatus) == [SetStatus(Status.PENDING)]


def test_the_size_and_whether_the_client_is_known_are_told_to_the_rules() -> None:
    big = ruled(Rule("Big", when=SizeIs(Comparison(">", 100)), then=Actions(discard=True)))
    sizes = [decide(mail(), (), "anna@client.test", ALIGNED, Facts(), big, size).rule for size in (100, 101)]
    assert sizes == [None, "Big"]
    known = KnownClient(1, "Anna", "anna@client.test", ("anna@client.test",))
    assert offer(ORGANISATION, client=known).outcome == "ticket"
