"""`[[rule]]`: every key arrives."""

from zoneinfo import ZoneInfo

import pytest

from gateway.domain.rules import (
    Actions,
    AllOf,
    AnyOf,
    AttachmentIs,
    AuthorIs,
    CategoryIs,
    Comparison,
    Contains,
    DepartmentIs,
    GatewayIs,
    Glob,
    HeaderHas,
    Hours,
    IsAssigned,
    IsKnownClient,
    IsReply,
    KindIs,
    LanguageIs,
    Not,
    PriorityIs,
    RecipientIs,
    Regex,
    Rule,
    SizeIs,
    Somebody,
    SpamScoreIs,
    StatusIs,
    SubjectHas,
    TagIs,
    TextHas,
    Unanswered,
    VerdictIs,
    Window,
)
from gateway.domain.states import EventKind, Priority, Status
from tests.config.reading import rules

EVERYTHING = """
[[rule]]
name = "everything"
[rule.when]
gateway = "Support@Example.com"
author = ["@Ads.test", "Newsletter", "*news*", "re:^x"]
recipient = "*@Пример.рф"
subject = ["Offer", "re:^\\\\d+"]
text = "words"
header = { X-Spam-Flag = "yes", List-Id = true, X-Our = false }
kind = ["message", "auto_reply"]
reply = false
known_client = true
attachment = ["*.exe", "image/*", { name = "re:zip$", type = "application/*", size = "> 5 MiB" }]
size = "<= 10 MB"
language = "ru"
verdict = { dmarc = "fail", spf = ["fail", "softfail"] }
department = "sales"
spam_score = ">= 5.5"
hours = [
    { zone = "Europe/Warsaw", days = "mon-fri", from = "18:00", to = "08:00" },
    { days = ["sat", "sun"] },
]
status = "open"
category = "night"
priority = ["high", "urgent"]
tag = "vip"
assigned = true
any = [{ subject = "a" }, { all = [{ text = "b" }, { not = { reply = true } }] }]
all = [{ verdict = "pass" }]
not = { attachment = true }
[rule.then]
department = "sales"
category = "nights"
priority = "high"
status = "pending"
tags = ["a", "b"]
assignee = "a.nowak@example.net"
cc = "Boss@Example.org"
notify = ["a.nowak@example.net", "left2@staff.example.com"]
answer = "registered"
stop = true
"""


def test_every_key_arrives() -> None:
    second = '[[agent]]\naddress = "left2@staff.example.com"\n'
    assert rules(f"{second}{EVERYTHING}") == (
        Rule(
            "everything",
            when=AllOf(
                (
                    GatewayIs((Glob("support@example.com"),)),
                    AuthorIs((Glob("*@ads.test"), Somebody("Newsletter"), Glob("*news*"), Regex("^x"))),
                    RecipientIs((Glob("*@xn--e1afmkfd.xn--p1ai"),)),
                    SubjectHas((Contains("Offer"), Regex(r"^\d+"))),
                    TextHas((Contains("words"),)),
                    AllOf((HeaderHas("x-spam-flag", (Contains("yes"),)), HeaderHas("list-id"), Not(HeaderHas("x-our")))),
                    KindIs(("message", "auto_reply")),
                    IsReply(False),
                    IsKnownClient(True),
                    AnyOf(
                        (
                            AttachmentIs(name=Glob("*.exe")),
                            AttachmentIs(content_type=Glob("image/*")),
                            AttachmentIs(Regex("zip$"), Glob("application/*"), Comparison(">", 5 << 20)),
                        )
                    ),
                    SizeIs(Comparison("<=", 10_000_000)),
                    LanguageIs(("ru",)),
                    AllOf((VerdictIs("dmarc", ("fail",)), VerdictIs("spf", ("fail", "softfail")))),
                    DepartmentIs(("sales",)),
                    SpamScoreIs(Comparison(">=", 5.5)),
                    Hours(
                        (
                            Window(ZoneInfo("Europe/Warsaw"), (0, 1, 2, 3, 4), 18 * 60, 8 * 60),
                            Window(ZoneInfo("UTC"), (5, 6), 0, 24 * 60),
                        )
                    ),
                    StatusIs((Status.OPEN,)),
                    CategoryIs(("night",)),
                    PriorityIs((Priority.HIGH, Priority.URGENT)),
                    TagIs(("vip",)),
                    IsAssigned(True),
                    AnyOf(
                        (
                            AllOf((SubjectHas((Contains("a"),)),)),
                            AllOf((AllOf((TextHas((Contains("b"),)),)), AllOf((Not(AllOf((IsReply(True),))),)))),
                        )
                    ),
                    AllOf((VerdictIs("author", ("pass",)),)),
                    Not(AllOf((AttachmentIs(),))),
                )
            ),
            then=Actions(
                department="sales",
                category="nights",
                priority=Priority.HIGH,
                status=Status.PENDING,
                tags=("a", "b"),
                # An alias is the agent.
                assignee="anna@staff.example.com",
                cc=("boss@example.org",),
                notify=("anna@staff.example.com", "left2@staff.example.com"),
                answer="registered",
                stop=True,
            ),
        ),
    )


ENDS = [
    ("create = false", Actions(discard=True)),
    ("create = true", Actions()),
    ("discard = true", Actions(discard=True)),
    ("hold = true", Actions(hold=True)),
    ("reject = true", Actions(reject="Message refused by the rules of this desk")),
    ("reject = 'Go away'", Actions(reject="Go away")),
    ("reject = false\nhold = true", Actions(hold=True)),
    ("tags = 'one'", Actions(tags=("one",))),
    ("assignee = 'round-robin'", Actions(assignee="round-robin")),
]


@pytest.mark.parametrize(("then", "expected"), ENDS)
def test_an_action_arrives(then: str, expected: Actions) -> None:
    assert rules(f"[[rule]]\nname = 'r'\n[rule.then]\n{then}")[0].then == expected


def test_rules_on_tickets_arrive() -> None:
    found = rules(
        "[[rule]]\nname = 'a'\non = 'status_changed'\nwhen.status = 'resolved'\nthen.tags = 'x'\n"
        "[[rule]]\nname = 'b'\non = 'unanswered'\nwhen.unanswered_hours = 1.5\nthen.notify = 'anna@staff.example.com'\n"
        "[[rule]]\nname = 'c'\non = 'unanswered'\nwhen.hours = 4\nthen.notify = 'anna@staff.example.com'\n"
    )
    assert [(each.on, each.when) for each in found] == [
        (EventKind.STATUS_CHANGED, AllOf((StatusIs((Status.RESOLVED,)),))),
        ("unanswered", AllOf((Unanswered(1.5),))),
        ("unanswered", AllOf((Unanswered(4),))),
    ]
