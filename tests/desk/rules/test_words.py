"""Rules in plain English."""

import pytest

from gateway.config.conditions import MAKERS
from gateway.desk.rules.words import actions_in_words, in_words, phrase, rule_in_words, size_in_words
from gateway.domain.rules import Actions, AllOf, AnyOf, Not, Rule
from gateway.domain.states import EventKind, Priority, Status

ROWS: list[tuple[str, object, str, str]] = [
    ("gateway", ["a@b.test", "*@c.test"], "the gateway is a@b.test or *@c.test", "the gateway is not a@b.test or *@c.test"),
    ("author", ["Newsletter", "@ads.test"], 'the author is "Newsletter" or *@ads.test', 'the author is not "Newsletter" or *@ads.test'),
    ("recipient", "re:^x", "a recipient is /^x/", "no recipient is /^x/"),
    ("subject", ["a", "re:b"], 'the subject contains "a" or matches /b/', 'the subject does not contain "a" and does not match /b/'),
    ("text", "a", 'the text contains "a"', 'the text does not contain "a"'),
    ("header", {"X-A": ["b", "c"]}, 'the header field x-a contains "b" or "c"', 'the header field x-a does not contain "b" or "c"'),
    ("header", {"X-A": True}, "there is a header field x-a", "there is no header field x-a"),
    ("kind", ["auto_reply", "bounce"], "its kind is auto reply or bounce", "its kind is not auto reply or bounce"),
    ("reply", False, "it belongs to no ticket yet", "it belongs to a ticket there is"),
    ("known_client", True, "its author is a known client", "its author is no client yet"),
    ("attachment", True, "it has an attachment", "it has no attachment"),
    (
        "attachment",
        {"name": "*.zip", "type": "application/*", "size": "> 5 MiB"},
        "it has an attachment named *.zip, of type application/*, of above 5 MiB",
        "it has no attachment named *.zip, of type application/*, of above 5 MiB",
    ),
    ("size", "> 5 MiB", "its size is above 5 MiB", "its size is not above 5 MiB"),
    ("language", "ru", "the language is ru", "the language is not ru"),
    ("verdict", "fail", "the author's domain denies it", "it is not so that the author's domain denies it"),
    ("verdict", {"dmarc": "fail"}, "the result of DMARC is fail", "the result of DMARC is not fail"),
    ("department", ["a", "b"], "the department is a or b", "the department is not a or b"),
    ("spam_score", ">= 4.5", "its spam score is at least 4.5", "its spam score is below 4.5"),
    ("hours", {"to": "08:00"}, "it is 00:00–08:00 on Mon–Sun (UTC)", "it is not 00:00–08:00 on Mon–Sun (UTC)"),
    ("status", ["new", "open"], "the status is new or open", "the status is not new or open"),
    ("category", "x", 'the category is "x"', 'the category is not "x"'),
    ("priority", "urgent", "the priority is urgent", "the priority is not urgent"),
    ("tag", "vip", 'it is tagged "vip"', 'it is not tagged "vip"'),
    ("assigned", False, "it has no assignee", "it has an assignee"),
    ("unanswered_hours", 8, "it has waited 8 hours for an answer", "it has not waited 8 hours for an answer"),
]


@pytest.mark.parametrize(("key", "value", "positive", "negative"), ROWS)
def test_a_condition_and_its_contrary(key: str, value: object, positive: str, negative: str) -> None:
    found = phrase(MAKERS[key](value))
    assert (found.positive, found.negative) == (positive, negative)
    assert in_words(Not(MAKERS[key](value))) == negative


def test_every_condition_has_its_words() -> None:
    assert {key for key, _, _, _ in ROWS} == set(MAKERS)


def test_what_nests_stands_in_brackets_where_it_has_to() -> None:
    a, b, c = (MAKERS["subject"](each) for each in "abc")
    told = in_words(AllOf((a, AnyOf((b, Not(c))))))
    assert told == 'the subject contains "a" and (the subject contains "b" or the subject does not contain "c")'
    assert in_words(Not(AllOf((a, b)))) == 'the subject does not contain "a" or the subject does not contain "b"'


def test_a_rule_in_words() -> None:
    rule = Rule("r", on=EventKind.STATUS_CHANGED, when=AllOf((MAKERS["status"]("resolved"),)), then=Actions(tags=("done",), stop=True))
    assert rule_in_words(rule) == "on status_changed, when the status is resolved: tags done, stop"
    assert rule_in_words(Rule("r", then=Actions(hold=True))) == "on received: hold it for a person"


def test_every_action_in_words() -> None:
    everything = Actions(
        discard=True,
        hold=True,
        reject="No",
        department="sales",
        category="x",
        priority=Priority.HIGH,
        status=Status.OPEN,
        tags=("a", "b"),
        assignee="least-loaded",
        cc=("c@d.test",),
        notify=("e@f.test",),
        answer="registered",
        stop=True,
    )
    assert actions_in_words(everything) == (
        'refuse it in SMTP: "No"',
        "discard it",
        "hold it for a person",
        "department sales",
        'category "x"',
        "priority high",
        "status open",
        "tags a, b",
        "assignee whoever has the fewest tickets",
        "cc c@d.test",
        "notify e@f.test instead of the department",
        'answer with "registered"',
        "stop",
    )
    assert actions_in_words(Actions()) == ()
    assert actions_in_words(Actions(assignee="round-robin")) == ("assignee by turns",)
    assert actions_in_words(Actions(assignee="a@b.test")) == ("assignee a@b.test",)


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 20, "5 MiB"), (3 << 30, "3 GiB")]
)
def test_a_size_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words
