"""The Makefile and continuous integration."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway import __version__
from gateway.cli.arguments import parser
from tests.packaging.tree import ROOT

CONTRACT = ("install", "demo", "test", "check", "score", "bench", "faults", "fuzz")
CI = ROOT / ".ci" / "run"


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """With a clean environment: a make that runs these tests must not lend its flags to this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def recipes() -> Mapping[str, str]:
    """The targets a person may ask for, with their prerequisites and recipes."""
    found = re.findall(r"(?m)^([a-z]+):(.*\n(?:\t.*\n)*)", (ROOT / "Makefile").read_text())
    return dict(found)


def phony() -> set[str]:
    named = re.search(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())
    assert named is not None
    return set(named[1].split())


def test_the_targets_that_others_rely_on_exist() -> None:
    assert set(CONTRACT) <= set(recipes())


def test_every_target_is_phony_and_help_lists_it() -> None:
    helped = make("help")
    assert helped.returncode == 0, helped.stderr
    listed = {line.split()[0]: line.split(maxsplit=1)[1] for line in helped.stdout.splitlines()}
    assert set(listed) == set(recipes()) == phony()
    assert all(len(told) > 10 for told in listed.values())


def test_help_is_what_make_does_unasked() -> None:
    assert make("--no-print-directory").stdout == make("--no-print-directory", "help").stdout


@pytest.mark.parametrize("target", sorted(recipes()))
def test_a_target_can_be_made(target: str) -> None:
    """As far as make itself can tell: its prerequisites exist, and its recipe expands."""
    planned = make("--dry-run", target)
    assert planned.returncode == 0, planned.stderr


def test_its_deskgate_commands_parse() -> None:
    commands = re.findall(r"\$\(BIN\)/deskgate (.*)", (ROOT / "Makefile").read_text())
    assert commands
    for command in commands:
        parser(__version__).parse_args(shlex.split(command))


def test_what_needs_the_environment_makes_it_first() -> None:
    without = {
        target for target, rest in recipes().items() if "$(BIN)" in rest or "$(PYTEST)" in rest if "install" not in rest.split("##")[0]
    }
    assert without == set()


def test_continuous_integration_is_a_sound_script() -> None:
    assert os.access(CI, os.X_OK)
    told = subprocess.run(["bash", "-n", str(CI)], capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    text = CI.read_text()
    assert "set -euo pipefail" in text
    assert not re.search(r"\|\| *(true|:)", text), "a failure must not be passed over"


def test_continuous_integration_runs_the_checks_and_the_test_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    steps = re.findall(r"(?m)^timeout .* (make \w+)$", CI.read_text())
    assert steps == ["make install", "make check", "make test"]
    assert "make test" in re.findall(r"(?m)^ *(make \w+)", readme)


def test_continuous_integration_ends_within_25_minutes() -> None:
    limits = re.findall(r"(?m)^timeout --kill-after=(\d+) (\d+)m ", CI.read_text())
    assert len(limits) == 3
    assert sum(60 * int(minutes) + int(seconds) for seconds, minutes in limits) < 25 * 60


def test_a_missing_tool_fails_continuous_integration(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    told = subprocess.run(["/bin/bash", str(CI)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert "git is missing" in told.stderr
