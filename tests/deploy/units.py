"""Reading systemd's units. Not a test."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.tree import ROOT

FOLDER = ROOT / "deploy" / "systemd"


@dataclass(frozen=True, slots=True)
class Unit:
    path: Path
    directives: tuple[tuple[str, str, str], ...]
    """Section, name and value, in order; a name may stand several times."""

    def values(self, section: str, name: str) -> list[str]:
        return [value for where, what, value in self.directives if (where, what) == (section, name)]

    def value(self, section: str, name: str) -> str:
        [found] = self.values(section, name)
        return found


def unit(name: str) -> Unit:
    path = FOLDER / name
    return Unit(path, tuple(read(path.read_text())))


def read(text: str) -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield section, name, value


def allowed_calls(service: Unit) -> frozenset[str]:
    """The system calls that the service's SystemCallFilter= leaves it; the first line says whether the list allows or denies."""
    sets = call_sets()
    allowed: frozenset[str] = frozenset()
    for line in service.values("Service", "SystemCallFilter"):
        named = frozenset().union(*(expanded(each, sets) for each in line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed | expanded("@default", sets)


def call_sets() -> Mapping[str, tuple[str, ...]]:
    told = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout
    sets: dict[str, list[str]] = {}
    name = ""
    for line in told.splitlines():
        if line.startswith("@"):
            name = line.strip()
            sets[name] = []
        elif line.startswith("    ") and not line.strip().startswith("#"):
            sets[name].append(line.strip())
    return {name: tuple(members) for name, members in sets.items()}


def expanded(name: str, sets: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    if not name.startswith("@"):
        return frozenset([name])
    return frozenset().union(*(expanded(each, sets) for each in sets[name]))
