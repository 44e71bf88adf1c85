"""What the packaging tests read: the files at the root of the source tree. Not a test."""

import ast
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("gateway", "storage", "migrations")


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True, slots=True)
class Pin:
    requirement: str
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        return canonical(self.requirement.partition("==")[0])


def pins(lock: str) -> Mapping[str, Pin]:
    """The entries of a lock file by canonical name."""
    found = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip()):
        requirement, *rest = (line.strip(" \\") for line in entry.splitlines())
        pin = Pin(requirement, frozenset(line.removeprefix("--hash=") for line in rest))
        found[pin.name] = pin
    return found


def foreign_imports() -> frozenset[str]:
    """The top-level modules that the service's source imports and neither Python nor we bring."""
    named = {name for package in PACKAGES for path in (ROOT / package).rglob("*.py") for name in imports_of(path)}
    return frozenset(named - sys.stdlib_module_names - set(PACKAGES))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names):
                yield from (each.name.partition(".")[0] for each in names)
            case ast.ImportFrom(module, level=0) if module:
                yield module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Instruction:
    """A line of the Dockerfile. `stage` counts the FROMs so far, beginning with 0."""

    stage: int
    name: str
    value: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.value)

    @property
    def command(self) -> list[str]:
        """The exec form, a JSON list, after any options."""
        found = json.loads(self.value[self.value.index("[") :])
        assert isinstance(found, list)
        return found


def instructions() -> list[Instruction]:
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "Dockerfile").read_text())
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    stage, found = -1, []
    for line in lines:
        name, _, value = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, value.strip()))
    return found


def last(name: str) -> Instruction:
    """The one of the final stage that counts."""
    stage = max(each.stage for each in instructions())
    return [each for each in instructions() if each.name == name and each.stage == stage][-1]


def copied() -> list[tuple[str, str]]:
    """Source and target, relative to /app, of every COPY from the source tree."""
    found = []
    for each in instructions():
        if each.name == "COPY" and not each.value.startswith("--from"):
            *sources, target = each.words
            found += [(source, source if target == "./" else target) for source in sources]
    return found
