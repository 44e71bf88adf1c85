"""The audit log knows every command, and none of them changes anything past it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.acts import ACTS, NOT_RECORDED
from gateway.cli.arguments import parser

CLI = Path(__file__).parents[2] / "gateway" / "cli"


def commands(made: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command of the command line, by the function that runs it."""
    if (command := made.get_default("command")) is not None:
        yield command, made
    for action in made._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from commands(each)


COMMANDS = dict(commands(parser("1")))


def test_every_command_is_recorded_or_says_why_not() -> None:
    assert COMMANDS.keys() == ACTS.keys() | NOT_RECORDED.keys()
    assert ACTS.keys() & NOT_RECORDED.keys() == set()


def test_no_two_commands_are_called_the_same() -> None:
    assert len({kind.action for kind in ACTS.values()}) == len(ACTS)


@pytest.mark.parametrize("command", ACTS)
def test_options_that_the_log_reads_are_there(command: str) -> None:
    given = {action.dest for action in COMMANDS[command]._actions}
    kind = ACTS[command]
    assert {*kind.about, *kind.addresses, *kind.details} - given == set()


@pytest.mark.parametrize("module", sorted(CLI.glob("*.py")), ids=lambda path: path.stem)
def test_no_command_begins_a_transaction_past_the_log(module: Path) -> None:
    """`Work.changing` alone writes the entry along with the change."""
    if module.stem not in ("work", "deed"):
        source = module.read_text("utf-8")
        assert ".begin()" not in source
        assert ".commit()" not in source.replace("await all_of_it.commit()", "")
