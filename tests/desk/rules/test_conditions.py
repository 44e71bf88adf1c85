"""Each condition, as the configuration has it, on mail and tickets that meet it and that do not."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.config.conditions import MAKERS
from gateway.desk.rules import Seen
from gateway.desk.rules.conditions import weigh
from gateway.desk.rules.view import View
from gateway.domain.rules import AllOf, AnyOf, Condition, Contains, Not, SubjectHas
from gateway.domain.states import Priority, Status
from gateway.domain.verdict import Verdict
from gateway.mail.message import Body, Forwarded
from tests.desk.rules.values import TICKET, file, seen
from tests.desk.values import box

ALIGNED = Verdict(spf="pass", dkim="fail", dmarc="pass", aligned=True)
DISOWNED = Verdict(spf="softfail", dmarc="fail")


def subject(text: str) -> Seen:
    return seen({"subject": text})


def text(new: str, **parts: Any) -> Seen:
    return seen({"body": Body(new, new, **parts)})


def author(address: str, name: str = "") -> Seen:
    return seen({"author": box(address, name)})


def attached(*files: Any) -> Seen:
    return seen({"attachments": files})


def header(*fields: tuple[str, str]) -> Seen:
    return seen({"headers": fields})


ROWS: list[tuple[str, object, Seen, bool]] = [
    ("gateway", "support@desk.test", seen(), True),
    ("gateway", "Support@DESK.test", seen(), True),
    ("gateway", "sales@desk.test", seen(), False),
    ("gateway", ["sales@desk.test", "*@desk.test"], seen(), True),
    ("gateway", "jobs-*@any.test", seen(gateway="jobs-2026@any.test"), True),
    ("gateway", "jobs-?@any.test", seen(gateway="jobs-2026@any.test"), False),
    ("gateway", "*@*", seen(gateway=None), False),
    ("gateway", "re:^s[a-z]+@", seen(), True),
    ("gateway", "jobs-*", seen(gateway="jobs-2026@any.test"), True),
    ("gateway", "@desk.test", seen(), True),
    ("gateway", "desk", seen(), False),
    ("author", "anna@client.test", author("Anna@Client.test"), True),
    ("author", "@client.test", author("anna@client.test"), True),
    ("author", "@client.test", author("anna@sub.client.test"), False),
    ("author", "*@*.client.test", author("anna@sub.client.test"), True),
    ("author", "*@ads.test", author("offer@ads.test"), True),
    ("author", "*@ads.test", author("offer@ads.test.example"), False),
    ("author", "[a]nna@client.test", author("anna@client.test"), False),
    ("author", "client.test", author("anna@client.test"), True),
    ("author", "client.test", author("anna@my-client.test"), False),
    ("author", "Пример.рф", author("anna@xn--e1afmkfd.xn--p1ai"), True),
    ("author", "*@Пример.рф", author("anna@xn--e1afmkfd.xn--p1ai"), True),
    ("author", "newsletter", author("x@y.test", "The  NEWSLETTER of Y"), True),
    ("author", "петров", author("x@y.test", "Иван ПЕТРОВ"), True),
    ("author", "newsletter", author("newsletter@y.test"), False),
    ("author", "news*", author("newsletter@y.test"), True),
    ("author", "re:@(ads|spam)\\.test$", author("x@spam.test"), True),
    ("author", "*", seen({"author": None}), False),
    ("recipient", "sales@desk.test", seen(recipients=("support@desk.test", "sales@desk.test")), True),
    ("recipient", "*@other.test", seen({"cc": (box("boss@other.test"),)}), True),
    ("recipient", "*@other.test", seen(), False),
    ("subject", "PRINTER", seen(), True),
    ("subject", "on  fire", seen(), True),
    ("subject", "срочно", subject("Очень СРОЧНО!"), True),
    ("subject", "straße", subject("An der STRASSE"), True),
    ("subject", ["water", "fire"], seen(), True),
    ("subject", "water", seen(), False),
    ("subject", "re:^printer .* fire$", seen(), True),
    ("subject", "re:(?-i:printer)", seen(), False),
    ("subject", "re:заказ \\d+", subject("Ваш ЗАКАЗ 77"), True),
    ("subject", "fire.", seen(), False),
    ("text", "does not", seen(), True),
    ("text", "two lines", text("in two\nlines"), True),
    ("text", "re:^second$", text("first\nsecond\nthird"), True),
    ("text", "re:first.second", text("first\nsecond"), False),
    ("text", "quoted", text("new", quoted_text="> quoted"), False),
    ("text", "our boss", text("new", signature="-- \nour boss"), True),
    ("text", "original", seen({"forwarded": Forwarded(None, (), (), "", "", "the original words")}), True),
    ("header", {"X-Spam-Flag": "yes"}, header(("x-spam-flag", "YES")), True),
    ("header", {"X-Spam-Flag": "yes"}, header(("x-spam-flag", "no")), False),
    ("header", {"X-Spam-Flag": "yes"}, header(), False),
    ("header", {"list-ID": True}, header(("list-id", "")), True),
    ("header", {"List-Id": True}, header(), False),
    ("header", {"List-Id": "*"}, header(("list-id", "")), True),
    ("header", {"List-Id": False}, header(), True),
    ("header", {"List-Id": False, "X-A": "1"}, header(("x-a", "1")), True),
    ("header", {"List-Id": False, "X-A": "1"}, header(("x-a", "1"), ("list-id", "x")), False),
    ("header", {"Received": ["re:^from evil", "never"]}, header(("received", "from good"), ("received", "from evil")), True),
    ("kind", "message", seen(), True),
    ("kind", ["auto_reply", "bounce"], seen({"kind": "auto_reply"}), True),
    ("kind", ["auto_reply", "bounce"], seen(), False),
    ("reply", True, seen(reply=True), True),
    ("reply", True, seen(), False),
    ("reply", False, seen(), True),
    ("known_client", True, seen(known_client=True), True),
    ("known_client", False, seen(), True),
    ("known_client", False, seen(known_client=True), False),
    ("attachment", True, attached(file("a.txt")), True),
    ("attachment", True, attached(), False),
    ("attachment", True, attached(file("logo.png", "image/png", inline=True)), False),
    ("attachment", True, attached(file("run.exe", inline=True)), True),
    ("attachment", False, attached(), True),
    ("attachment", "*.EXE", attached(file("a.txt"), file("Run.exe")), True),
    ("attachment", "*.exe", attached(file("exe.txt")), False),
    ("attachment", ".exe", attached(file("run.exe")), True),
    ("attachment", ["*.js", "*.vbs"], attached(file("x.vbs")), True),
    ("attachment", "счет-*", attached(file("Счет-77.pdf")), True),
    ("attachment", "image/*", attached(file("a", "image/png")), True),
    ("attachment", "application/pdf", attached(file("a.pdf", "text/plain")), False),
    ("attachment", "re:\\.(exe|scr)$", attached(file("a.SCR")), True),
    ("attachment", {"size": "> 1 KiB"}, attached(file("a", size=1025)), True),
    ("attachment", {"size": "> 1 KiB"}, attached(file("a", size=1024)), False),
    # All of it of one file.
    ("attachment", {"name": "*.zip", "size": ">= 1 KiB"}, attached(file("a.zip"), file("b", size=2000)), False),
    ("attachment", {"name": "*.zip", "type": "application/*", "size": ">= 1 KiB"}, attached(file("a.zip", size=1024)), True),
    ("size", "> 4 KiB", seen(), False),
    ("size", ">= 4 KiB", seen(), True),
    ("size", "= 4096", seen(), True),
    ("size", "< 1 MB", seen(), True),
    ("size", "<= 4095", seen(), False),
    ("size", 4096, seen(), True),
    ("size", "5 KiB", seen(), False),
    ("language", "ru", seen({"language": "ru"}), True),
    ("language", ["ru", "uk"], seen({"language": "uk"}), True),
    ("language", "ru", seen({"language": None}), False),
    ("verdict", "pass", seen(verdict=ALIGNED), True),
    ("verdict", "pass", seen(), False),
    ("verdict", "fail", seen(verdict=DISOWNED), True),
    ("verdict", "fail", seen(), False),
    ("verdict", "none", seen(), True),
    ("verdict", ["fail", "none"], seen(verdict=ALIGNED), False),
    ("verdict", {"dmarc": "fail", "spf": ["fail", "softfail"]}, seen(verdict=DISOWNED), True),
    ("verdict", {"dmarc": "fail", "spf": "fail"}, seen(verdict=DISOWNED), False),
    ("verdict", {"dkim": "none"}, seen(), True),
    ("department", "support", seen(), True),
    ("department", ["sales", "help"], seen(), False),
    ("spam_score", ">= 5", header(("x-spam-score", "5.0")), True),
    ("spam_score", ">= 5", header(("x-spam-status", "No, score=4.9 required=5.0")), False),
    ("spam_score", "< 5", header(), False),
    ("spam_score", 5, header(("x-spam-score", "5.0")), True),
    ("spam_score", 5.5, header(("x-spam-score", "5.0")), False),
    ("spam_score", "> -2", header(("x-rspamd-score", "-1.5")), True),
    ("spam_score", ">= 9", header(("x-spam-score", "1"), ("x-spamd-result", "default: True [9.2 / 15.0]")), True),
    ("category", "Night", seen(category="night"), True),
    ("category", "night", seen(), False),
    ("status", "open", seen(status=Status.OPEN), True),
    ("status", ["new", "open"], seen(), False),
    ("priority", "urgent", seen(priority=Priority.URGENT), True),
    ("priority", "urgent", seen(priority=Priority.LOW), False),
    ("tag", ["VIP", "gold"], seen(tags=("vip",)), True),
    ("tag", "vip", seen(), False),
    ("assigned", True, seen(assignee="anna@staff.test"), True),
    ("assigned", False, seen(), True),
    ("unanswered_hours", 8, seen(unanswered=timedelta(hours=8)), True),
    ("unanswered_hours", 8.5, seen(unanswered=timedelta(hours=8)), False),
    ("unanswered_hours", 8, seen(), False),
]


@pytest.mark.parametrize(("key", "value", "before", "expected"), ROWS, ids=[f"{key}={value}" for key, value, _, _ in ROWS])
def test_a_condition_is_met_or_not_and_says_why(key: str, value: object, before: Seen, expected: bool) -> None:
    found = weigh(MAKERS[key](value), View(before))
    assert found.met is expected
    assert found.why and found.why[0].islower()


def test_every_condition_stands_in_the_table() -> None:
    assert {key for key, _, _, _ in ROWS} | {"hours"} == set(MAKERS)


@pytest.mark.parametrize(
    "key", ["recipient", "text", "header", "kind", "attachment", "size", "verdict", "spam_score", "reply", "known_client"]
)
def test_what_a_mail_is_asked_is_never_so_without_one(key: str) -> None:
    value = next(value for row, value, _, expected in ROWS if row == key and expected)
    assert not weigh(MAKERS[key](value), View(TICKET)).met


FIRE, WATER = SubjectHas((Contains("fire"),)), SubjectHas((Contains("water"),))
NESTED: list[tuple[Condition, bool, str]] = [
    (AllOf(), True, "it asks for nothing"),
    (AllOf((FIRE,)), True, 'the subject contains "fire"'),
    (AllOf((FIRE, WATER)), False, 'the subject does not contain "water"'),
    (AnyOf((WATER, FIRE)), True, 'the subject contains "fire"'),
    (AnyOf((WATER, WATER)), False, 'the subject does not contain "water" and the subject does not contain "water"'),
    (AnyOf(()), False, "there is nothing that could be so"),
    (Not(WATER), True, 'the subject does not contain "water"'),
    (Not(FIRE), False, 'the subject contains "fire"'),
    (Not(Not(FIRE)), True, 'the subject contains "fire"'),
    (Not(AnyOf((WATER, AllOf((FIRE, Not(FIRE)))))), True, 'the subject does not contain "water" and the subject contains "fire"'),
    (AllOf((FIRE, Not(AllOf((FIRE, WATER))))), True, 'the subject contains "fire" and the subject does not contain "water"'),
]


@pytest.mark.parametrize(("condition", "met", "why"), NESTED)
def test_conditions_nest(condition: Condition, met: bool, why: str) -> None:
    found = weigh(condition, View(seen()))
    assert (found.met, found.why) == (met, why)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("subject", ["water", "fire", "printer"], 'the subject contains "fire"'),
        ("author", ["x@y.test", "@client.test"], "the author is *@client.test"),
        ("author", "@other.test", "the author is not *@other.test (Anna <anna@client.test>)"),
        ("size", "> 1 MiB", "its size is not above 1 MiB (4 KiB)"),
        ("verdict", "pass", "it is not so that the author's domain is proven (none)"),
        ("header", {"X-A": "1"}, 'the header field x-a does not contain "1" (there is no such field)'),
    ],
)
def test_why_names_the_pattern_that_fits_and_what_is_there_instead(key: str, value: object, why: str) -> None:
    assert weigh(MAKERS[key](value), View(seen())).why == why
