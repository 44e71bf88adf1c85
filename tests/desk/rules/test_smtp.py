"""What can be refused while the peer is still there."""

import pytest

from gateway.config.conditions import MAKERS
from gateway.desk.rules import rejects_at_smtp
from gateway.domain.rules import Actions, AllOf, AnyOf, Condition, Not, Rule
from gateway.domain.states import EventKind

ADS = MAKERS["author"]("@ads.test")
NAMED = MAKERS["author"]("Newsletter")
SALES = MAKERS["recipient"]("sales@desk.test")
GATE = MAKERS["gateway"]("*@any.test")
LARGE = MAKERS["size"]("> 1 MiB")
FIRE = MAKERS["subject"]("fire")


def rule(condition: Condition, **then: object) -> Rule:
    return Rule("r", when=AllOf((condition,)), then=Actions(**(then or {"reject": "No"})))  # type: ignore[arg-type]


def ask(
    *rules: Rule,
    reverse_path: str = "x@ads.test",
    recipient: str = "support@desk.test",
    gateway: str | None = "support@desk.test",
    size: int | None = 100,
) -> str | None:
    return rejects_at_smtp(rules, reverse_path, recipient, gateway, size)


ROWS: list[tuple[Condition, dict[str, object], bool]] = [
    (ADS, {}, True),
    (ADS, {"reverse_path": "x@client.test"}, False),
    (ADS, {"reverse_path": ""}, False),
    (Not(ADS), {"reverse_path": ""}, False),
    (Not(ADS), {"reverse_path": "x@client.test"}, True),
    (SALES, {}, False),
    (SALES, {"recipient": "sales@desk.test"}, True),
    (GATE, {"gateway": "jobs@any.test"}, True),
    (GATE, {"gateway": None}, False),
    (LARGE, {"size": 2 << 20}, True),
    # Not known yet: neither is its contrary.
    (LARGE, {"size": None}, False),
    (Not(LARGE), {"size": None}, False),
    (Not(LARGE), {}, True),
    (AllOf((ADS, LARGE)), {"size": None}, False),
    (AnyOf((ADS, LARGE)), {"size": None}, True),
    (AnyOf((SALES, LARGE)), {"size": None}, False),
    (Not(AllOf((SALES, LARGE))), {"size": None}, True),
    # A name stands in the mail.
    (NAMED, {}, False),
    (Not(NAMED), {}, False),
    (MAKERS["author"]("ads.test"), {}, True),
    (MAKERS["author"](["Newsletter", "@ads.test"]), {}, True),
    # What else rules may ask for cannot be known, nor its contrary.
    (FIRE, {}, False),
    (Not(FIRE), {}, False),
    (AllOf(()), {}, True),
]


@pytest.mark.parametrize(("condition", "around", "expected"), ROWS)
def test_mail_is_refused_only_for_what_is_certain(condition: Condition, around: dict[str, object], expected: bool) -> None:
    assert ask(rule(condition), **around) == ("No" if expected else None)  # type: ignore[arg-type]


def test_the_first_that_applies_has_the_word() -> None:
    assert ask(rule(SALES, reject="A"), rule(ADS, reject="B"), rule(ADS, reject="C")) == "B"


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        (rule(ADS, stop=True), None),
        (rule(SALES, stop=True), "No"),
        (rule(FIRE, stop=True), None),
        (rule(FIRE, hold=True), None),
        (rule(AllOf((FIRE, SALES)), stop=True), "No"),
        (rule(ADS, discard=True), None),
        (rule(FIRE, discard=True), "No"),
        (rule(FIRE, tags=("a",)), "No"),
        (Rule("event", on=EventKind.CREATED, then=Actions(stop=True)), "No"),
    ],
)
def test_what_a_rule_above_may_let_through_is_not_refused(above: Rule, expected: str | None) -> None:
    assert ask(above, rule(ADS)) == expected
