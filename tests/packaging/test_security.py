"""SECURITY.md claims nothing that is not tested: every test that it names is there, and each attempt names one."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

from tests.packaging.tree import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
DEFENDED = TEXT.partition("## Who attacks")[2].partition("## What is not defended")[0]


@lru_cache(maxsize=256)
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    found = (each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(TEXT))))
def test_a_test_that_it_names_exists(file: str, test: str) -> None:
    assert (ROOT / file).is_file()
    assert test in names_in(file) if test else names_in(file) or Path(file).name == "test_security.py"


def test_what_it_says_is_defended_names_its_test() -> None:
    rows = [line for line in DEFENDED.splitlines() if line.startswith("| ") and not line.startswith("| attempt")]
    assert len(rows) > 40
    assert [row for row in rows if not NAMED.search(row.rpartition(" | ")[2])] == []


def test_no_test_is_named_in_a_way_that_is_not_checked() -> None:
    """`tests/…::test_x` cut by a line end, or without its marks, would go unseen."""
    assert len(re.findall(r"::test_", TEXT)) == sum(bool(test) for _, test in NAMED.findall(TEXT))
