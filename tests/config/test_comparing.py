"""Two configurations, key by key: what an operator reads when something is not as it was yesterday."""

from typing import Any

import pytest

from gateway.config.comparing import Difference, differences, lines
from gateway.domain.configurations import RedactedConfiguration


def configuration(document: dict[str, Any], **secrets: str) -> RedactedConfiguration:
    return RedactedConfiguration("0123456789abcdef", document, {path.replace("__", "."): mark for path, mark in secrets.items()})


ANNA = {"address": "anna@staff.test", "departments": ["support"], "language": None}
OLEG = {"address": "oleg@staff.test", "departments": ["support"], "language": "ru"}


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ({"desk": {"language": "en"}}, {"desk": {"language": "en"}}, []),
        ({"desk": {"language": "en"}}, {"desk": {"language": "pl"}}, [("desk.language", '"en"', '"pl"')]),
        ({"limits": {"idle": 300.0}}, {"limits": {"idle": 60.5}}, [("limits.idle", "300", "60.5")]),
        ({"tls": {"required": False}}, {"tls": {"required": True}}, [("tls.required", "false", "true")]),
        ({"agent": [ANNA]}, {"agent": [OLEG | {"language": None}, ANNA]}, [
            ('agent."oleg@staff.test".address', None, '"oleg@staff.test"'),
            ('agent."oleg@staff.test".departments', None, '["support"]'),
        ]),
        ({"agent": [ANNA]}, {"agent": [ANNA | {"departments": []}]}, [('agent."anna@staff.test".departments', '["support"]', "[]")]),
        ({"agent": [ANNA]}, {"agent": [ANNA | {"language": "pl"}]}, [('agent."anna@staff.test".language', None, '"pl"')]),
        ({"agent": [ANNA, OLEG]}, {"agent": [OLEG, ANNA]}, [
            ("agent (their order)", "anna@staff.test, oleg@staff.test", "oleg@staff.test, anna@staff.test"),
        ]),
        ({"notification": [{"on": "closed"}]}, {"notification": [{"on": "reopened"}]}, [("notification[0].on", '"closed"', '"reopened"')]),
        ({"rule": []}, {"rule": [{"name": "a"}]}, [("rule", "[]", None), ("rule.a.name", None, '"a"')]),
    ],
)  # fmt: skip
def test_what_differs_is_told_under_the_name_of_its_table(
    before: dict[str, Any], now: dict[str, Any], found: list[tuple[str, str | None, str | None]]
) -> None:
    assert differences(configuration(before), configuration(now)) == [Difference(*each) for each in found]


def test_tables_of_one_name_are_compared_by_their_places() -> None:
    twice = [{"name": "a", "stop": False}, {"name": "a", "stop": False}]
    told = differences(configuration({"rule": twice}), configuration({"rule": [twice[0], twice[1] | {"stop": True}]}))
    assert told == [Difference("rule[1].stop", "false", "true")]


def test_a_secret_that_changed_is_told_and_not_shown() -> None:
    document = {"outbound": {"password": "env:RELAY"}}
    before, now = configuration(document, outbound__password="1a2b3c4d"), configuration(document, outbound__password="99887766")
    assert differences(before, now) == [Difference("outbound.password", '"env:RELAY"', '"env:RELAY" (another secret)')]
    assert differences(before, before) == []


def test_lines_are_those_of_the_file_and_count_as_check_does() -> None:
    document = {"desk": {"name": "Desk", "base": None}, "agent": [ANNA, OLEG], "rule": [], "words": {}}
    assert lines(configuration(document)) == {
        "desk.name": '"Desk"',
        "agent[0].address": '"anna@staff.test"',
        "agent[0].departments": '["support"]',
        "agent[1].address": '"oleg@staff.test"',
        "agent[1].departments": '["support"]',
        "agent[1].language": '"ru"',
        "rule": "[]",
        "words": "{}",
    }
