"""docs/rules.md: its examples load, and do what the page says."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.config.convert import organisation
from gateway.desk.rules import evaluate
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Body
from tests.config.reading import SECRET, read, settings_of
from tests.desk.rules.values import file, seen
from tests.desk.values import box
from tests.packaging.tree import ROOT

PAGE = (ROOT / "docs" / "rules.md").read_text()
BLOCKS = re.findall(r"(?ms)^```toml\n(.*?)^```$", PAGE)
LINES = re.findall(r"^\| (.*) \| .* \|$", PAGE, re.MULTILINE)
DESK = f"""
[desk]
secret = "{SECRET}"
[[department]]
key = "support"
[[department]]
key = "billing"
[[gateway]]
address = "support@example.com"
default = true
[[gateway]]
address = "*@example.com"
[[agent]]
address = "anna@staff.example"
[[agent]]
address = "maria@staff.example"
"""
PROVEN, NIGHT = Verdict(aligned=True), datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MATCHING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "invoices": ({"subject": "Bill no. 17"}, {}),
    "from the ministry": ({"author": box("x@ministry.example")}, {"verdict": PROVEN}),
    "too large for us": ({}, {"size": 50 << 20}),
    "offers nobody asked for": ({"headers": (("x-spam-score", "9"),)}, {}),
    "programs from strangers": ({"attachments": (file("a.scr"),)}, {}),
    "night shift": ({}, {"now": NIGHT}),
    "lawyers first": ({"body": Body("I will sue you.", "I will sue you.")}, {}),
}
"""What a mail that each rule applies to is like: in itself, and around it."""


def desk(*blocks: str) -> Organisation:
    return organisation(settings_of("\n".join((DESK, *blocks))))


def test_the_examples_load_without_a_warning() -> None:
    assert len(BLOCKS) >= 5
    assert [str(each) for each in read("\n".join((DESK, *BLOCKS))).warnings if each.location[0] == "rule"] == []


@pytest.mark.parametrize("line", [each for line in LINES for each in re.findall(r"`([^`]+ = [^`]+)`", line)])
def test_each_way_to_write_a_condition_loads(line: str) -> None:
    [rule] = desk(f'[[rule]]\nname = "r"\nthen.hold = true\n[rule.when]\n{line.replace(chr(92), chr(92) * 2)}\n').rules
    assert not evaluate((rule,), seen({"subject": "nothing"}, gateway="x@other.test", now=datetime(2026, 11, 22, 12, tzinfo=UTC))).matched


@pytest.mark.parametrize("name", MATCHING)
def test_an_example_applies_to_the_mail_that_it_is_about(name: str) -> None:
    message, around = MATCHING[name]
    here: dict[str, Any] = {"gateway": "support@example.com", "now": datetime(2026, 11, 20, 12, tzinfo=UTC), **around}
    [rule] = [each for each in desk(*BLOCKS).rules if each.name == name]
    assert evaluate((rule,), seen(message, **here)).matched
    usual = seen({}, gateway="jobs@example.com", department="billing", now=datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert not evaluate((rule,), usual).matched


def test_each_rule_on_mail_has_its_mail_here() -> None:
    assert {each.name for each in desk(*BLOCKS).rules if each.on == "received"} == set(MATCHING)
