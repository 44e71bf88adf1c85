"""Whatever stands in a mail, rules come to an outcome, quickly, and their words agree with it."""

import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.conditions import MAKERS
from gateway.desk.rules import Seen, evaluate, rejects_at_smtp
from gateway.desk.rules.conditions import weigh
from gateway.desk.rules.smtp import known_in_smtp
from gateway.desk.rules.view import View
from gateway.domain.rules import Actions, AllOf, AnyOf, Condition, Not, Rule
from gateway.mail.message import Body
from tests.desk.rules.test_conditions import ROWS
from tests.desk.rules.values import file, seen
from tests.desk.values import box

SIMPLE = st.sampled_from([MAKERS[key](value) for key, value, _, _ in ROWS])
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=4).map(lambda found: AllOf(tuple(found))),
        st.lists(inner, max_size=4).map(lambda found: AnyOf(tuple(found))),
    ),
    max_leaves=12,
)
# Lone surrogates and NUL among them: nothing here may rely on the parser's cleaning.
TEXT = st.text(st.characters(codec=None), max_size=200)
ACTIONS = st.builds(
    Actions,
    discard=st.booleans(),
    reject=st.none() | st.just("No"),
    tags=st.lists(TEXT, max_size=3).map(tuple),
    category=st.none() | TEXT,
    stop=st.booleans(),
)


@st.composite
def mails(draw: st.DrawFn) -> Seen:
    body = Body(draw(TEXT), draw(TEXT), signature=draw(TEXT))
    fields = draw(st.lists(st.tuples(st.sampled_from(["x-spam-score", "x-spam-flag", "list-id", "received"]), TEXT), max_size=5))
    message: dict[str, Any] = {
        "subject": draw(TEXT),
        "body": body,
        "headers": tuple(fields),
        "author": box(draw(TEXT), draw(TEXT)),
        "attachments": (file(draw(TEXT), draw(TEXT)),),
        "language": draw(st.none() | TEXT),
    }
    return seen(
        message,
        gateway=draw(st.none() | TEXT),
        recipients=(draw(TEXT),),
        reverse_path=draw(TEXT),
        size=draw(st.integers(0, 1 << 40)),
        now=draw(st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC))),
        reply=draw(st.booleans()),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(Rule, TEXT, when=CONDITIONS, then=ACTIONS), max_size=6), mails())
def test_rules_never_raise_and_each_is_told_of_once(rules: list[Rule], before: Seen) -> None:
    outcome = evaluate(tuple(rules), before)
    assert len(outcome.matched) + len(outcome.passed_over) == len(rules)
    assert all(each.why for each in outcome.matched) and all(each.why for each in outcome.passed_over)
    assert evaluate(tuple(rules), before) == outcome
    assert all(map(str, outcome.matched))


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, mails())
def test_a_condition_and_its_contrary_are_never_both_met(condition: Condition, before: Seen) -> None:
    view = View(before)
    assert weigh(condition, view).met is not weigh(Not(condition), view).met
    assert weigh(AllOf((condition, Not(condition))), view).met is False
    assert weigh(AnyOf((condition, Not(condition))), view).met is True


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, mails())
def test_what_smtp_knows_more_of_it_never_unsays(condition: Condition, before: Seen) -> None:
    def known(size: int | None) -> bool | None:
        return known_in_smtp(condition, before.reverse_path, before.recipients, before.gateway, size)

    early = known(None)
    assert early is None or known(before.size) is early
    rules = (Rule("r", when=condition, then=Actions(reject="No")),)
    told = rejects_at_smtp(rules, before.reverse_path, before.recipients[0], before.gateway, before.size)
    assert (told == "No") is bool(evaluate(rules, before).matched)


LETTERS = {"ascii": "abcdefghij   \n", "russian": "абвгдежзик   \n", "few": "ab"}
SOURCES = [
    "re:order\\s+\\d{{6}}{n}", "re:^(dear|hello) .*{n}$", "просрочен {n}", "re:[а-я]+{n}@", "re:(x+x+)+y{n}", "re:\\w+@\\w+\\.test{n}",
    "urgent {n}", "re:a.*b.*c.*{n}", "re:\\bинвойс{n}", "re:(a|b)+{n}",
]  # fmt: skip


@pytest.mark.parametrize("letters", LETTERS)
def test_a_hundred_rules_on_a_megabyte_take_less_than_two_seconds(letters: str) -> None:
    text = "".join(random.Random(1).choices(LETTERS[letters], k=1_000_000))
    rules = tuple(
        Rule(f"r{n}", when=AllOf((MAKERS["text"](SOURCES[n % len(SOURCES)].format(n=n)),)), then=Actions(tags=("t",))) for n in range(100)
    )
    before = seen({"subject": text, "body": Body(text, text)})
    begun = time.process_time()
    outcome = evaluate(rules, before)
    assert time.process_time() - begun < 2
    assert len(outcome.passed_over) == 100


def cruel(number: int) -> str:
    """Of a kind that takes RE2 to its slowest engine, which a megabyte keeps busy for seconds."""
    return f"re:(a|b)*a(a|b){{{300 + number}}}c"


AB = "".join(random.Random(1).choices("ab", k=1_000_000))
EVERYWHERE = [
    ("text", lambda n: cruel(n), {"body": Body(AB, AB)}),
    ("header", lambda n: {"X-A": cruel(n)}, {"headers": tuple(("x-a", AB[start : start + 256]) for start in range(0, 256_000, 256))}),
    ("recipient", lambda n: cruel(n), {"to": tuple(box(f"{AB[n : n + 40]}{n}@client.test") for n in range(20_000))}),
    ("recipient", lambda n: f"*x{n}@*.test", {"to": tuple(box(f"{AB[n : n + 40]}{n}@client.test") for n in range(20_000))}),
    ("attachment", lambda n: cruel(n), {"attachments": tuple(file(f"{AB[n : n + 200]}{n}") for n in range(1_000))}),
]


@pytest.mark.parametrize(("key", "pattern", "message"), EVERYWHERE, ids=["text", "header", "recipient", "globs", "attachment"])
def test_a_hundred_cruel_expressions_share_one_bound_wherever_they_look(key: str, pattern: Any, message: dict[str, Any]) -> None:
    rules = tuple(Rule(f"r{n}", when=AllOf((MAKERS[key](pattern(n)),)), then=Actions(tags=("t",))) for n in range(100))
    before = seen(message)
    begun = time.process_time()
    assert len(evaluate(rules, before).passed_over) == 100
    assert time.process_time() - begun < 15, "without the bound it is a minute"


def test_an_expression_among_many_still_looks_at_all_of_a_usual_text() -> None:
    text = "word " * 3_000 + "please unsubscribe me"
    rules = tuple(
        Rule(f"r{n}", when=AllOf((MAKERS["text"](f"re:\\bunsubscribe me$|offer {n}"),)), then=Actions(tags=("t",))) for n in range(100)
    )
    assert len(evaluate(rules, seen({"body": Body(text, text)})).matched) == 100
