"""The public test suite of RFC 7208 through our bridge to pyspf: every case, its zones answered as our resolver would. See data/NOTICE."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.auth.dns import ABSENT, UNKNOWN, Answer, Question, Record
from gateway.auth.spf import MOST_ROUNDS, Needs, evaluate

SUITE = json.loads((Path(__file__).parent / "data" / "rfc7208.json").read_bytes())
CASES = 203

TIMEOUT = "TIMEOUT"
MOST_ALIASES = 5

Records = list[tuple[str, Any]]


def cases() -> Iterator[Any]:
    for scenario in SUITE:
        zone = {name.lower(): records(each) for name, each in scenario["zonedata"].items()}
        for name, case in scenario["tests"].items():
            yield pytest.param(zone, case, id=name)


def records(written: list[Any]) -> Records:
    """As pairs of kind and value. By the suite's rules `SPF` stands for `TXT` too, unless there is a `TXT`, and `NONE` for no record."""
    pairs: Records = [(TIMEOUT, None) if each == TIMEOUT else next(iter(each.items())) for each in written]
    if all(kind != "TXT" for kind, _ in pairs):
        pairs = [("TXT" if kind == "SPF" else kind, value) for kind, value in pairs]
    return [(kind, value) for kind, value in pairs if value != "NONE"]


def answer(zone: Mapping[str, Records], question: Question, aliases: int = 0) -> Answer:
    known = zone.get(question.name, [])
    if any(not 0 < len(label) < 64 for label in question.name.split(".")):
        return ABSENT
    if found := tuple(record(kind, value) for kind, value in known if kind == question.kind and value != TIMEOUT):
        return Answer(found, "found")
    if any(kind == TIMEOUT or (kind, value) == (question.kind, TIMEOUT) for kind, value in known):
        return UNKNOWN
    alias = next((value for kind, value in known if kind == "CNAME"), None)
    if alias is None or aliases == MOST_ALIASES:
        return ABSENT
    return answer(zone, Question(alias.rstrip(".").lower(), question.kind), aliases + 1)


def record(kind: str, value: Any) -> Record:
    match kind:
        case "TXT":
            return "".join(value).encode()
        case "MX":
            return value[0], value[1]
        case _:
            return str(value)


@pytest.mark.parametrize(("zone", "case"), list(cases()))
def test_the_suite(zone: Mapping[str, Records], case: dict[str, Any]) -> None:
    answers: dict[Question, Answer] = {}
    for _ in range(MOST_ROUNDS):
        outcome = evaluate(case["host"], case["helo"], case["mailfrom"], answers)
        if not isinstance(outcome, Needs):
            break
        answers.update((each, answer(zone, each)) for each in outcome.questions)
    expected = case["result"]
    assert outcome in (expected if isinstance(expected, list) else [expected]), case["spec"]


def test_the_suite_is_whole() -> None:
    assert sum(len(scenario["tests"]) for scenario in SUITE) == CASES
