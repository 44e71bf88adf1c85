"""`[[rule]]`: every fault is named with its path, and what is hardly meant is warned of."""

import pytest

from gateway.config.hours import DAYS
from tests.config.reading import WITH_STAFF, read

TEXTS = 'expected a text to look for, "re:" and a regular expression, or a list of those'
ADDRESSES = 'expected an address, "@domain" or a local part, in which "*" stands for anything, "re:…", or a list of those'
SIZE = 'expected a comparison with a size, such as "> 5 MiB"; a size alone means at least that'
SCORE = 'expected a comparison with a number, such as ">= 5"; a number alone means at least that'
RE2 = "expected a regular expression that RE2 can run: "
LINEAR = f"{RE2}RE2 runs it in time that grows with the text alone, and so does not know "
HOURS = (
    'expected a time of the week, such as "mon-fri 09:00-17:00 Europe/Warsaw", a table of zone, days, from and to, or a list of those; '
    'with on = "unanswered" a number of hours'
)
SMTP = "expected gateway, author, recipient and size alone: {} is not known while mail can still be refused; discard or hold it"

WHEN = [
    ("subject = 5", f"subject = 5: {TEXTS}"),
    ("subject = ''", f'subject = "": {TEXTS}'),
    ("subject = []", f"subject = []: {TEXTS}, not an empty list"),
    ("subject = 're:'", f'subject = "re:": {TEXTS}; nothing stands behind "re:"'),
    ("subject = 're:(?=a)b'", f'subject = "re:(?=a)b": {LINEAR}look-around'),
    (r"text = ['a', 're:(a)\1']", r'text = ["a", "re:(a)\\1"]: ' + LINEAR + "a back-reference"),
    ("text = 're:(a'", f'text = "re:(a": {RE2}RE2 says: missing ): (a'),
    ("author = 're:*a'", f'author = "re:*a": {RE2}RE2 says: no argument for repetition operator: *'),
    ("header = {X-A = 're:a++'}", f"header = {{…}}: {LINEAR}an atomic group or a possessive repetition"),
    ("attachment = 're:['", f'attachment = "re:[": {RE2}RE2 says: missing ]: ['),
    ("gateway = ' '", f'gateway = " ": {ADDRESSES}'),
    ("header = 'X-A'", 'header = "X-A": expected a table of header fields, such as { X-Spam-Flag = "yes", List-Id = true }'),
    (
        "header = {'X A' = true}",
        'header = {…}: expected a table of header fields, such as { X-Spam-Flag = "yes", List-Id = true }; "X A" is no name of a field',
    ),
    (
        "kind = 'spam'",
        'kind = "spam": expected "message", "auto_reply", "bounce", "complaint", "forwarding_confirmation" or "empty", or a list of those',
    ),
    ("reply = 'yes'", 'reply = "yes": expected true or false'),
    ("size = true", f"size = true: {SIZE}"),
    ("size = '> 5 apples'", f'size = "> 5 apples": {SIZE}'),
    ("size = '5 > 3'", f'size = "5 > 3": {SIZE}'),
    ("spam_score = ''", f'spam_score = "": {SCORE}'),
    ("spam_score = '>= inf'", f'spam_score = ">= inf": {SCORE}'),
    ("language = 'Russian'", 'language = "Russian": expected the two letters of a language, such as "ru", or a list of them'),
    (
        "verdict = {dmark = 'fail'}",
        (
            'verdict = {…}: expected "pass", "fail" or "none" for the author\'s domain, or a table of methods, such as { dmarc = "fail" }; '
            "there is no method dmark, but spf, dkim, dmarc, arc"
        ),
    ),
    ("hours = 5", 'hours = 5: expected a rule on "unanswered"; this one is on "received"'),
    ("hours = 'office'", f'hours = "office": expected days of the week, such as "mon-fri" or "sat, sun", of {", ".join(DAYS)}'),
    ("hours = 'mon 9:00'", f'hours = "mon 9:00": {HOURS}'),
    ("hours = 'Europe/Warsaw'", f'hours = "Europe/Warsaw": {HOURS}'),
    ("hours = {until = '17:00'}", f"hours = {{…}}: {HOURS}; there is no until"),
    ("hours = {from = '25:00'}", 'hours = {…}: expected a time of the day, such as "09:00"'),
    ("hours = {from = '24:00'}", 'hours = {…}: expected a time of the day to begin at, such as "09:00"; 24:00 ends a day'),
    (
        "hours = {days = 'mon-fry'}",
        'hours = {…}: expected days of the week, such as "mon-fri" or "sat, sun", of mon, tue, wed, thu, fri, sat, sun',
    ),
    (
        "hours = {zone = 'Europe/Warszawa'}",
        'hours = {…}: expected a time zone, such as "Europe/Warsaw" or "UTC"; "Europe/Warszawa" is none that this machine knows',
    ),
    ("department = 'billing'", 'department = "billing": expected the key of a [[department]]: "support" or "sales"'),
    ("unanswered_hours = 5", 'unanswered_hours = 5: expected a rule on "unanswered"; this one is on "received"'),
    ("any = []", "any = …: expected a list that is not empty"),
    ("any = [{ subject = 'a' }, {}]", "any[1] = {…}: expected a condition: an empty table is always true"),
    ("not = {}", "not = {…}: expected a condition: an empty table is always true"),
    ("not = { any = [{ text = 're:(' }] }", f'not.any[0].text = "re:(": {RE2}RE2 says: missing ): ('),
    ("not = { subjekt = 'a' }", "not.subjekt = …: unknown key; did you mean subject?"),
    (
        "all = [{ department = ['sales', 'x'] }]",
        'all[0].department = ["sales", "x"]: expected the key of a [[department]]: "support" or "sales"',
    ),
]


@pytest.mark.parametrize(("when", "expected"), WHEN, ids=[when for when, _ in WHEN])
def test_a_fault_of_a_condition_is_told_with_its_path(when: str, expected: str) -> None:
    found = read(f"{WITH_STAFF}[[rule]]\nname = 'r'\n[rule.when]\n{when}\n[rule.then]\nhold = true")
    assert [str(fault) for fault in found.faults] == [f"rule[0].when.{expected}"]


OTHERS = "expected addresses of others; mail to "
AGENT = "expected the address of an [[agent]]; x@y.test is none's"

THEN = [
    ("discrad = true", "discrad = true: unknown key; did you mean discard?"),
    ("reject = 5", "reject = 5: expected true, or what the peer is told: a line of ASCII, of 200 characters at most"),
    ("reject = 'Нет'", 'reject = "Нет": expected true, or what the peer is told: a line of ASCII, of 200 characters at most'),
    ("discard = true\nhold = true", "hold = true: expected one of discard, hold and reject; discard and hold are given"),
    ("department = 'billing'", 'department = "billing": expected the key of a [[department]]: "support" or "sales"'),
    ("assignee = 'x@y.test'", f'assignee = "x@y.test": {AGENT}'),
    ("assignee = 'anybody'", 'assignee = "anybody": expected an agent\'s address, "round-robin" or "least-loaded"'),
    ("assignee = 'left@staff.example.com'", 'assignee = "left@staff.example.com": expected an active agent; left@staff.example.com is not'),
    (
        "department = 'sales'\nassignee = 'ivan@staff.example.com'",
        'assignee = "ivan@staff.example.com": expected an agent of department "sales", which the rule gives the ticket to',
    ),
    ("notify = ['anna@staff.example.com', 'x@y.test']", f'notify = ["anna@staff.example.com", "x@y.test"]: {AGENT}'),
    (
        "cc = 'support+x@example.com'",
        f'cc = "support+x@example.com": {OTHERS}support+x@example.com comes back to us',
    ),
    ("cc = 'r@example.com'", 'cc = "r@example.com": expected addresses of others; mail to r@example.com comes back to us'),
    ("priority = 'top'", 'priority = "top": expected "low", "normal", "high" or "urgent"'),
    ("status = 'done'", 'status = "done": expected "new", "open", "pending", "resolved", "closed", "cancelled", "spam" or "trash"'),
    ("tags = []", "tags = []: expected a line of text, or a list of them, not an empty list"),
]


@pytest.mark.parametrize(("then", "expected"), THEN, ids=[then for then, _ in THEN])
def test_a_fault_of_an_action_is_told_with_its_path(then: str, expected: str) -> None:
    found = read(f"{WITH_STAFF}[[rule]]\nname = 'r'\n[rule.then]\n{then}")
    assert [str(fault) for fault in found.faults] == [f"rule[0].then.{expected}"]


RULES = [
    ("", "then: missing: expected a table"),
    (
        "then = {}",
        (
            "then = {…}: expected something to be done, of create, discard, hold, reject, department, category, priority, status, tags, "
            "assignee, cc, notify, answer, stop"
        ),
    ),
    (
        "on = 'sometimes'\nthen.stop = true",
        'on = "sometimes": expected the name of an event: "received", "unanswered" or one of a ticket, such as "status_changed"',
    ),
    (
        "on = 'rule_applied'\nthen.stop = true",
        'on = "rule_applied": expected the name of an event: "received", "unanswered" or one of a ticket, such as "status_changed"',
    ),
    (
        "on = 'closed'\nthen.stop = true",
        'on = "closed": expected the name of an event: "received", "unanswered" or one of a ticket, such as "status_changed"',
    ),
    ("on = 'created'\nthen.discard = true", 'then.discard = true: expected a rule on "received": what happened (created) cannot be undone'),
    (
        "on = 'created'\nwhen.verdict = 'fail'\nthen.stop = true",
        'when.verdict = "fail": expected something that a ticket has; only a rule on "received" has a mail before it',
    ),
    (
        "on = 'unanswered'\nthen.stop = true",
        'when.unanswered_hours: missing: expected the hours after which a rule on "unanswered" is weighed',
    ),
    (
        "on = 'unanswered'\nwhen = {unanswered_hours = 4, not = {unanswered_hours = 8}}\nthen.stop = true",
        "when.not.unanswered_hours = 8: expected it in the rule's own [rule.when], not within any, all or not",
    ),
    ("when.subject = 'a'\nthen.reject = true", f'when.subject = "a": {SMTP.format("subject")}'),
    (
        "when.not.any = [{size = '> 1 MB'}, {known_client = true}]\nthen.reject = true",
        f"when.not.any[1].known_client = true: {SMTP.format('known_client')}",
    ),
    (
        "when = {size = '> 1 MB', author = '@a', recipient = 'b', gateway = '*@*', any = [{not = {size = '< 1'}}]}\nthen.reject = true",
        None,
    ),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_a_fault_of_a_rule_is_told_with_its_path(text: str, expected: str | None) -> None:
    found = read(f"{WITH_STAFF}[[rule]]\nname = 'r'\n{text}")
    assert [str(fault) for fault in found.faults] == ([f"rule[0].{expected}"] if expected else [])


def test_two_rules_have_two_names() -> None:
    found = read(f"{WITH_STAFF}[[rule]]\nname = 'Ads'\nthen.hold = true\n[[rule]]\nname = 'ads'\nthen.hold = true")
    assert [str(fault) for fault in found.faults] == ['rule[1].name = "ads": expected a name of its own: rule[0] has this one']


def test_faults_of_several_rules_are_told_at_once() -> None:
    found = read(
        f"{WITH_STAFF}[[rule]]\nname = 'a'\nwhen.size = 'x'\nthen = {{}}\n"
        "[[rule]]\nname = 'b'\nwhen.department = 'x'\nthen.assignee = 'x@y.test'"
    )
    assert sorted(fault.path for fault in found.faults) == [
        "rule[0].then",
        "rule[0].when.size",
        "rule[1].then.assignee",
        "rule[1].when.department",
    ]


def test_a_faulty_reject_does_not_blame_the_conditions() -> None:
    found = read(f"{WITH_STAFF}[[rule]]\nname = 'a'\nwhen.subject = 'x'\nthen.reject = 5")
    assert [fault.path for fault in found.faults] == ["rule[0].then.reject"]


WARNINGS = [
    (
        "[[rule]]\nname = 'vip'\nwhen.subject = 'vip'\nthen.stop = true\n[[rule]]\nname = 'big'\nwhen.size = '> 1 MB'\nthen.reject = true",
        (
            'rule[1].then.reject = true: nothing can be refused below rule "vip", which may stop by what is not known in SMTP; '
            "move this rule above it"
        ),
    ),
    ("[[rule]]\nname = 'vip'\nwhen.author = '@v.test'\nthen.stop = true\n[[rule]]\nname = 'big'\nthen.reject = true", None),
    (
        "[[rule]]\nname = 'r'\nwhen.gateway = ['support@example.com', 'sale@example.com']\nthen.hold = true",
        'rule[0].when.gateway = ["support@example.com", "sale@example.com"]: no gateway is sale@example.com, so this is never true',
    ),
    ("[[rule]]\nname = 'r'\nwhen.gateway = '*@nowhere.test'\nthen.hold = true", None),
    (
        "[[rule]]\nname = 'r'\nthen = {discard = true, tags = 'x'}",
        'rule[0].then.tags = "x": it has no effect beside discard, which makes no ticket',
    ),
    (
        "[[rule]]\nname = 'r'\nwhen.not = {author = ['@good.test', 'partner.test']}\nthen.reject = true",
        (
            'rule[0].when.not.author = ["@good.test", "partner.test"]: no name is known while mail can still be refused; '
            'write "@partner.test" to mean the domain'
        ),
    ),
    (
        "[[rule]]\nname = 'r'\nwhen.kind = ['bounce', 'empty']\nthen.discard = true",
        (
            'rule[0].when.kind = ["bounce", "empty"]: such mail makes no ticket whatever rules say, and they are not asked; '
            "this is never true"
        ),
    ),
    ("[[rule]]\nname = 'r'\nwhen.kind = ['bounce', 'auto_reply']\nthen.discard = true", None),
    (
        "[[rule]]\nname = 'r'\nwhen.text = 're:a[ab]{900}[cd]{900}[ef]{900}[gh]{900}[ij]{900}z'\nthen.hold = true",
        "rule[0].when = {…}: an expression in it is so large that it looks at the first 14893 octets of a text alone",
    ),
]


@pytest.mark.parametrize(("text", "expected"), WARNINGS)
def test_what_is_hardly_meant_is_warned_of(text: str, expected: str | None) -> None:
    found = read(f"{WITH_STAFF}{text}")
    assert not found.faults
    told = [str(each) for each in found.warnings if "has no active agent" not in str(each)]
    assert told == ([expected] if expected else [])
