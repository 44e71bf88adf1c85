"""The lock files: complete, hashed, in step with pyproject.toml and with each other, and without a word of where they came from."""

import re
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement

from tests.packaging.tree import PACKAGES, ROOT, canonical, foreign_imports, pins, pyproject

LOCKS = ("requirements.lock", "requirements-runtime.lock")
RUNTIME_EXTRAS = ("embedded", "build")


def wanted(extras: tuple[str, ...]) -> list[Requirement]:
    project = pyproject()["project"]
    named = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    return [Requirement(each) for each in named]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock: str) -> None:
    found = pins(lock)
    assert len(found) > 30
    assert [pin.requirement for pin in found.values() if not re.search(r"==\d", pin.requirement)] == []
    assert [pin.name for pin in found.values() if not pin.hashes] == []
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for pin in found.values() for each in pin.hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_registry_is_named(lock: str) -> None:
    assert re.findall(r"\S*(?:://|--index|--find-links)\S*", (ROOT / lock).read_text()) == []


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ("embedded", "dev", "build")), ("requirements-runtime.lock", RUNTIME_EXTRAS)]
)
def test_a_lock_has_what_pyproject_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    found = pins(lock)
    for requirement in wanted(extras):
        pin = found[canonical(requirement.name)]
        version = Requirement(pin.requirement).specifier
        assert requirement.specifier.contains(str(version).removeprefix("==")), requirement


def test_the_runtime_lock_is_a_part_of_the_other() -> None:
    everything, runtime = pins("requirements.lock"), pins("requirements-runtime.lock")
    assert {name: everything.get(name) for name in runtime} == runtime


def test_the_runtime_lock_has_no_tool_of_development() -> None:
    tools = {canonical(Requirement(each).name) for each in pyproject()["project"]["optional-dependencies"]["dev"]}
    assert tools & set(pins("requirements-runtime.lock")) == set()


def test_all_that_the_service_imports_is_in_the_runtime_lock() -> None:
    brought_by, runtime = packages_distributions(), pins("requirements-runtime.lock")
    missing = {
        module
        for module in foreign_imports()
        if not any(canonical(each) in runtime for each in brought_by.get(module, (canonical(module),)))
    }
    assert missing == set()


def test_the_service_does_not_import_its_tests() -> None:
    assert "tests" not in foreign_imports()
    assert all((ROOT / each / "__init__.py").exists() for each in PACKAGES)
