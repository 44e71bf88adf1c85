"""Rules in their order, to one outcome."""

import pytest

from gateway.desk.rules import Outcome, evaluate
from gateway.desk.rules.evaluation import merge
from gateway.domain.rules import Actions, AllOf, AuthorIs, Contains, Glob, Not, Rule, SubjectHas
from gateway.domain.states import EventKind, Priority, Status
from tests.desk.rules.values import seen

FIRE = AllOf((SubjectHas((Contains("fire"),)),))
WATER = AllOf((SubjectHas((Contains("water"),)),))


def test_without_rules_nothing_happens() -> None:
    assert evaluate((), seen()) == Outcome()


def test_all_rules_that_apply_have_their_effect_and_the_others_say_why_not() -> None:
    rules = (
        Rule("first", when=FIRE, then=Actions(department="sales", priority=Priority.LOW, tags=("hot",), cc=("a@x.test",))),
        Rule("second", when=WATER, then=Actions(category="wet")),
        Rule("third", then=Actions(priority=Priority.HIGH, tags=("HOT", "new"), notify=("dana@staff.test",), answer="registered")),
    )
    outcome = evaluate(rules, seen())
    assert outcome.actions == Actions(
        department="sales",
        priority=Priority.HIGH,
        tags=("hot", "new"),
        cc=("a@x.test",),
        notify=("dana@staff.test",),
        answer="registered",
    )
    assert [str(each) for each in outcome.matched] == [
        'rule "first": the subject contains "fire": department sales, priority low, tags hot, cc a@x.test',
        (
            'rule "third": it asks for nothing: priority high, tags HOT, new, notify dana@staff.test instead of the department, '
            'answer with "registered"'
        ),
    ]
    assert [str(each) for each in outcome.passed_over] == ['rule "second" does not apply: the subject does not contain "water"']
    assert outcome.settled_by is None


@pytest.mark.parametrize("last", [Actions(stop=True), Actions(discard=True), Actions(hold=True), Actions(reject="No")])
def test_no_rule_has_a_say_after_the_last_word(last: Actions) -> None:
    rules = (Rule("before", then=Actions(tags=("a",))), Rule("last", then=last), Rule("after", then=Actions(tags=("b",))))
    outcome = evaluate(rules, seen())
    assert outcome.settled_by == "last"
    assert outcome.actions == merge(Actions(tags=("a",)), last)
    assert [(each.rule, each.why) for each in outcome.passed_over] == [("after", 'rule "last" has the last word')]


def test_a_rule_that_stops_lets_go_what_it_does_not_match() -> None:
    outcome = evaluate((Rule("stop", when=WATER, then=Actions(stop=True)), Rule("after", then=Actions(status=Status.OPEN))), seen())
    assert (outcome.settled_by, outcome.actions.status) == (None, Status.OPEN)


def test_rules_on_something_else_are_not_weighed() -> None:
    rules = (
        Rule("mail", then=Actions(tags=("mail",))),
        Rule("event", on=EventKind.STATUS_CHANGED, then=Actions(tags=("event",))),
        Rule("waiting", on="unanswered", then=Actions(tags=("waiting",))),
    )
    assert evaluate(rules, seen()).actions.tags == ("mail",)
    assert evaluate(rules, seen(on=EventKind.STATUS_CHANGED)).actions.tags == ("event",)
    assert evaluate(rules, seen(on="unanswered")).actions.tags == ("waiting",)


def test_a_refusal_goes_by_the_envelope_and_not_by_the_fields() -> None:
    from_ads = AllOf((AuthorIs((Glob("*@ads.test"),)),))
    rules = (Rule("no ads", when=from_ads, then=Actions(reject="No ads")),)
    assert evaluate(rules, seen(reverse_path="x@ads.test")).actions.reject == "No ads"
    outcome = evaluate(rules, seen(author_key="x@ads.test"))
    assert outcome.matched == ()
    assert outcome.passed_over[0].why == "by its envelope and size, it is not so that the author is *@ads.test"


def test_the_null_reverse_path_is_never_refused() -> None:
    everybody_but = AllOf((Not(AuthorIs((Glob("*@partner.test"),))),))
    rules = (Rule("partners alone", when=everybody_but, then=Actions(reject="Partners only")),)
    assert evaluate(rules, seen(reverse_path="")).matched == ()
    assert evaluate(rules, seen(reverse_path="x@y.test")).actions.reject == "Partners only"


MERGED = [
    (Actions(department="a", assignee="x@y.test"), Actions(assignee="round-robin"), Actions(department="a", assignee="round-robin")),
    (Actions(answer="one", status=Status.OPEN), Actions(answer="two"), Actions(answer="two", status=Status.OPEN)),
    (Actions(notify=("a@b.test",)), Actions(notify=("c@d.test", "a@b.test")), Actions(notify=("a@b.test", "c@d.test"))),
    (Actions(), Actions(category="x"), Actions(category="x")),
    (Actions(category="x"), Actions(), Actions(category="x")),
]


@pytest.mark.parametrize(("earlier", "later", "expected"), MERGED)
def test_single_values_are_the_later_rules_and_lists_add_up(earlier: Actions, later: Actions, expected: Actions) -> None:
    assert merge(earlier, later) == expected
