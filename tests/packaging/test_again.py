"""What `make test` does with the few that fail among thousands."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.again import MOST, again

STEADY = "def test_steady(): pass\n"
UNSTEADY = """
from pathlib import Path
def test_unsteady():
    met = Path("met")
    if not met.exists():
        met.touch()
        raise AssertionError("the first time")
"""
BROKEN = "def test_broken(): raise AssertionError('each time')\n"


def run(folder: Path, content: str) -> int:
    (folder / "test_some.py").write_text(content)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return again(subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=folder, capture_output=True, check=False).returncode, folder)


@pytest.mark.parametrize(
    ("content", "status", "named"),
    [
        (STEADY, 0, []),
        (STEADY + UNSTEADY, 0, ["test_some.py::test_unsteady"]),
        (STEADY + BROKEN, 1, []),
        (UNSTEADY + BROKEN, 1, []),
    ],
    ids=["steady", "unsteady", "broken", "both"],
)
def test_one_that_passes_the_second_time_is_named_and_one_that_does_not_fails_the_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: str, status: int, named: list[str]
) -> None:
    assert run(tmp_path, content) == status
    _, _, told = capfd.readouterr().out.partition("unsteady: ")
    assert [line.strip() for line in told.splitlines()[1:]] == named


def test_many_that_fail_are_no_accident(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    many = "".join(UNSTEADY.replace("unsteady", f"unsteady_{n}").replace('"met"', f'"met_{n}"') for n in range(MOST + 1))
    assert run(tmp_path, many) == 1
    assert "once more" not in capfd.readouterr().out


@pytest.mark.parametrize("content", ["raise SystemExit('broken')\n", "def test_(:\n"], ids=["an import that fails", "no Python"])
def test_a_run_that_could_not_be_made_is_no_accident_either(tmp_path: Path, content: str) -> None:
    assert run(tmp_path, content) not in (0, 1)
