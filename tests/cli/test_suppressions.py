"""What `deskgate suppressions` understands; what it does is told in the journeys of the return path."""

import pytest

from gateway.cli.arguments import parser


@pytest.mark.parametrize(
    ("line", "command", "json"),
    [
        ("suppressions", "suppressions:list_suppressions", False),
        ("suppressions --json", "suppressions:list_suppressions", True),
        ("suppressions list", "suppressions:list_suppressions", False),
        ("suppressions list --json", "suppressions:list_suppressions", True),
        ("suppressions --json list", "suppressions:list_suppressions", True),
        ("suppressions lift anna@client.test", "suppressions:lift", False),
        ("suppressions lift anna@client.test --json", "suppressions:lift", True),
        ("suppressions add anna@client.test --why x --days 7 --json", "suppressions:add", True),
    ],
)
def test_alone_it_lists(line: str, command: str, json: bool) -> None:
    options = parser("1").parse_args(line.split())
    assert (options.command, options.json) == (command, json)


@pytest.mark.parametrize(
    "line",
    [
        "suppressions lift",
        "suppressions add anna@client.test",
        "suppressions add anna@client.test --why x --days -1",
        "suppressions add anna@client.test --why x --days 99999",
        "suppressions add anna@client.test --why x --days many",
        "suppressions forget",
    ],
)
def test_what_is_missing_or_wrong_is_bad_usage(line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parser("1").parse_args(line.split())
    assert ended.value.code == 2


def test_days_are_for_ever_by_default() -> None:
    assert parser("1").parse_args(["suppressions", "add", "anna@client.test", "--why", "x"]).days == 0
