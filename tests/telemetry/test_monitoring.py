"""`deploy/monitoring/`: rules, dashboard and the handbook name what the pages tell, and promtool has nothing against them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.domain.alarms import Alarm
from tests.telemetry.known import KNOWN

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "deskgate.rules.yml"
TESTS = MONITORING / "deskgate.rules.test.yml"
DASHBOARD = MONITORING / "grafana-dashboard.json"
HANDBOOK = (ROOT / "docs" / "monitoring.md").read_text("utf-8")

NAME = re.compile(r"\bdeskgate_[a-z_]+")
SERIES = re.compile(r"_(?:bucket|sum|count)$")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TABLE = re.compile(r"^\| (`deskgate_[^|]+) \|", re.MULTILINE)


def metrics_of(expression: str) -> set[str]:
    """A histogram's series are its own."""
    return {name if name in KNOWN else SERIES.sub("", name) for name in NAME.findall(expression)}


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return found


def expressions() -> Iterator[tuple[str, str]]:
    yield from ((each["alert"], each["expr"]) for each in rules())
    yield from ((each["title"], target["expr"]) for each in panels() for target in each.get("targets", ()))


def test_rules_and_dashboard_ask_for_metrics_that_there_are() -> None:
    assert {(where, name) for where, expression in expressions() for name in metrics_of(expression) - KNOWN} == set()


def test_every_metric_is_in_the_handbook_and_on_the_dashboard() -> None:
    told = {name for row in TABLE.findall(HANDBOOK) for name in NAME.findall(row)}
    assert told == KNOWN
    shown = {name for each in panels() for target in each.get("targets", ()) for name in metrics_of(target["expr"])}
    assert KNOWN - shown == set()


def test_what_the_handbook_names_elsewhere_exists_too() -> None:
    assert {name for name in NAME.findall(HANDBOOK) if name not in KNOWN} == set()


def anchors() -> set[str]:
    """As forges make them of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(HANDBOOK)}


def test_every_alert_leads_to_a_paragraph_that_says_what_to_do() -> None:
    links = {each["alert"]: each["annotations"]["runbook"] for each in rules()}
    assert links.pop("DeskgateAlarm") == "docs/monitoring.md#{{ $labels.alarm }}"
    named = {link.partition("#")[2] for link in links.values()} | set(Alarm)
    assert {link.partition("#")[0] for link in links.values()} == {"docs/monitoring.md"}
    assert named <= anchors()
    assert all(each["labels"]["severity"] in ("warning", "critical") and each["annotations"]["summary"] for each in rules())


def test_every_alert_is_shown_to_ring_and_to_be_silent_where_all_is_well() -> None:
    tests = yaml.safe_load(TESTS.read_text())["tests"]
    alerts = {each["alert"] for each in rules()}
    quiet, *others = tests
    assert {each["alertname"] for each in quiet["alert_rule_test"] if not each["exp_alerts"]} == alerts
    assert {each["alertname"] for one in others for each in one["alert_rule_test"] if each["exp_alerts"]} == alerts


def test_the_dashboard_is_whole() -> None:
    found = [(each["gridPos"]["y"], each["gridPos"]["x"], each["gridPos"]["w"]) for each in panels()]
    assert all(x + width <= 24 for _, x, width in found)
    assert len({each["id"] for each in panels()}) == len(panels())
    assert len({(y, x) for y, x, _ in found}) == len(found)
    assert all(each["title"] for each in panels())


@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yml"), ("check", "rules", RULES.name), ("test", "rules", TESTS.name)],
    ids=" ".join,
)
def test_promtool_has_nothing_against_it(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([promtool, *arguments], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("expression", sorted({expression for _, expression in expressions()}))
def test_no_expression_adds_up_what_all_nodes_tell_alike(expression: str) -> None:
    shared = "|".join(sorted(SHARED))
    assert not re.search(rf"\bsum\b[^(]*\((?:{shared})\b", expression)


OF_THE_DATABASE = ("deskgate_database_", "deskgate_oldest_", "deskgate_automatic_", "deskgate_inbound_", "deskgate_outbox_")
SHARED = {each for each in KNOWN if each.startswith(OF_THE_DATABASE)} - {"deskgate_database_pool"}
SHARED |= {"deskgate_sending_paused", "deskgate_destinations_down"}
"""What all nodes read from one database."""
