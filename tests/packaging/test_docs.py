"""What the documents name exists: files, links, make targets, and every deskgate command as its own parser reads it."""

import argparse
import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

import pytest

from gateway import __version__
from gateway.cli import arguments
from gateway.config.settings import Settings
from gateway.domain.states import EventKind, InboundState, OutboxState
from tests.packaging.test_make import recipes
from tests.packaging.tree import PACKAGES, ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT) for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md"))
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
FENCE = re.compile(r"(?ms)^ *```\n(.*?)^ *```$")
PATH = re.compile(r"(?:(?:gateway|storage|migrations|docs|deploy|tests)/[\w./-]*|[\w.-]+\.(?:py|md|toml|lock)|Dockerfile|Makefile)")
VARIABLE = re.compile(r"\$(?:\w+|\{[^}]*\})")
"""Of the shell, in runbooks; what stands in its place is a number, which is a word as well."""
COMMAND = re.compile(r"^(?:\.venv/bin/)?deskgate +(?=[a-z-])")

# What an operator makes or finds elsewhere than in the source tree.
NOT_OURS = {"config.toml"}


def text_of(document: Path) -> str:
    return (ROOT / document).read_text()


def spans(document: Path) -> Iterator[str]:
    for found in SPAN.findall(FENCE.sub("", text_of(document))):
        yield " ".join(found.split())


def code_lines(document: Path) -> Iterator[str]:
    for block in FENCE.findall(text_of(document)):
        yield from (line.strip() for line in block.splitlines() if line.strip())


def named_commands(document: Path) -> Iterator[str]:
    for line in (*spans(document), *code_lines(document)):
        yield from (part.strip() for part in line.split("&&") if COMMAND.match(part.strip()))


def fault_of(options: list[str], monkeypatch: pytest.MonkeyPatch) -> str | None:
    """What the real parser has against it."""

    def refuse(_parser: argparse.ArgumentParser, message: str) -> NoReturn:
        raise ValueError(message)

    monkeypatch.setattr(argparse.ArgumentParser, "error", refuse)
    try:
        arguments.parser(__version__).parse_args(options)
    except ValueError as refused:
        return str(refused)
    return None


def test_there_are_documents_to_test() -> None:
    assert {Path("README.md"), Path("docs/flow.md"), Path("docs/operations.md"), Path("docs/configuration.md")} <= set(DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(text_of(document)) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if not ((ROOT / document).parent / link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_file_it_names_exists(document: Path) -> None:
    named = {span for span in spans(document) if PATH.fullmatch(span)} - NOT_OURS
    # A table of one room's files says in its heading which room.
    rooms = [ROOT, *(ROOT / each for each in re.findall(r"where in `([\w/]+)/`", text_of(document)))]
    assert [name for name in sorted(named) if not any((room / name).exists() for room in rooms) and not is_in_every_room(name)] == []


def is_in_every_room(name: str) -> bool:
    return name == "__init__.py" and all((ROOT / package / name).exists() for package in PACKAGES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_command_parses(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in named_commands(document):
        words = [VARIABLE.sub("7", word) for word in shlex.split(command)[1:]]
        options = list(takewhile(lambda word: not re.match("[>|]", word), words))
        if options[-1:] in (["--help"], ["--version"]):
            continue
        fault = fault_of(options, monkeypatch)
        # A command may be named without what it is to be given.
        assert fault is None or ("required" in fault and named_alone(options)), f"{command}: {fault}"


def test_a_command_that_does_not_exist_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault_of(["outbox", "explode", "7"], monkeypatch) is not None
    assert fault_of(["serve", "--role", "postman"], monkeypatch) is not None


def named_alone(words: list[str]) -> bool:
    """`deskgate tickets`, `deskgate tickets set`: words only, no options."""
    return all(re.fullmatch("[a-z]+", word) for word in words)


def test_the_commands_of_the_readme_and_the_handbook_are_found() -> None:
    assert "deskgate migrate" in set(named_commands(Path("docs/operations.md")))
    assert ".venv/bin/deskgate check" in set(named_commands(Path("README.md")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_make_target_it_names_exists(document: Path) -> None:
    named = [line.split()[1:] for line in (*spans(document), *code_lines(document)) if re.match(r"make [a-z]", line)]
    assert [words for words in named if not set(words) <= set(recipes())] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_key_of_the_configuration_it_names_exists(document: Path) -> None:
    sections = set(Settings.model_fields)
    keys = [span for span in spans(document) if re.fullmatch(r"[a-z_]+\.[a-z_]+", span) and span.partition(".")[0] in sections]
    assert [key for key in keys if not is_key(key) and not PATH.fullmatch(key)] == []


def is_key(name: str) -> bool:
    section, _, key = name.partition(".")
    return key in getattr(Settings.model_fields[section].annotation, "model_fields", {})


def test_the_handbook_names_states_and_events_as_they_are() -> None:
    states = {str(each) for each in (*InboundState, *OutboxState, *EventKind)}
    told = set(spans(Path("docs/operations.md")))
    assert {"buried", "failed", "queued", "cancelled", "delivery_delayed", "delivery_failed"} <= told & states


def test_every_decision_is_listed() -> None:
    listed = LINK.findall(text_of(Path("docs/decisions/README.md")))
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))


def test_the_handbook_tells_of_every_log_event_that_it_names() -> None:
    source = "\n".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    for event in ("restart_needed", "destination_down", "child_died"):
        assert f"`{event}`" in text_of(Path("docs/operations.md"))
        assert f'"{event}"' in source


def test_the_handbook_tells_of_metrics_that_exist() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))
    named = {span for span in spans(Path("docs/operations.md")) if span.startswith("deskgate_")}
    assert named
    assert [name for name in named if f'"{name}"' not in source and f'"{name.removesuffix("_total")}"' not in source] == []
