"""docs/agents*.md, one page a language: their commands are the vocabulary's, and their examples mean what they say."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from gateway.desk.commands.command_line import read_line
from gateway.desk.commands.grammar import parse_commands
from gateway.desk.commands.vocabulary import help_lines, vocabulary
from gateway.domain.commands import CommandName
from gateway.domain.organisation import Language
from gateway.letters.texts import REPLY_ABOVE
from tests.packaging.tree import ROOT

LANGUAGES: tuple[Language, ...] = get_args(Language)
VOCABULARY = vocabulary(LANGUAGES)
NAMES: dict[Language, str] = {"en": "agents.md", "ru": "agents.ru.md", "pl": "agents.pl.md"}
PAGES: dict[Language, str] = {language: (ROOT / "docs" / name).read_text() for language, name in NAMES.items()}

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def written_commands(page: str) -> Iterator[str]:
    """From each `@` that begins a word to the end of its code span or line."""
    yield from (found[0].replace("\\|", "|") for found in re.finditer(r"(?m)(?<![\w.])@[^`\n]+", page))


def examples(page: str) -> list[str]:
    return re.findall(r"(?ms)^```\n(.*?)^```$", page)


@in_each_language
def test_it_links_to_the_others_at_its_top(language: Language) -> None:
    top = PAGES[language].partition("\n## ")[0]
    assert set(re.findall(r"\]\(([^)]+)\)", top)) == set(NAMES.values()) - {NAMES[language]}


@in_each_language
def test_its_table_is_what_the_help_command_sends(language: Language) -> None:
    rows = re.findall(r"(?m)^\| `(@.+?)` \| (.+) \|$", PAGES[language])
    assert [(usage.replace("\\|", "|"), meaning) for usage, meaning in rows] == [
        (each.usage, each.meaning) for each in help_lines(VOCABULARY, language)
    ]
    assert len(rows) == len(CommandName)


@in_each_language
def test_every_command_it_writes_is_one_and_of_its_language(language: Language) -> None:
    written = list(written_commands(PAGES[language]))
    assert len(written) > len(CommandName)
    alone = vocabulary((language,))
    assert [each for each in written if read_line(each, alone) is None] == []


@in_each_language
def test_its_example_mail_is_understood_as_it_says(language: Language) -> None:
    mail, note = examples(PAGES[language])
    body, dashes, signature = mail.partition("--\n")
    assert dashes
    assert signature
    parsed = parse_commands(body, VOCABULARY)
    assert [each.name for each in parsed.commands] == [CommandName.ASSIGNEE, CommandName.TAGS, CommandName.PENDING]
    assert parsed.reply
    assert "@" not in parsed.reply
    assert (parsed.ignored, parsed.stray) == ((), ())
    assert [(each.name, bool(each.value)) for each in parse_commands(note, VOCABULARY).commands] == [(CommandName.NOTE, True)]


@in_each_language
def test_the_priorities_it_names_exist(language: Language) -> None:
    usage = next(each.usage for each in help_lines(VOCABULARY, language) if " | " in each.usage)
    named = [each.split()[-1] for each in usage.split(" | ")]
    assert [each for each in named if VOCABULARY.priority(each) is None or f"`{each}`" not in PAGES[language]] == []
    assert len({VOCABULARY.priority(each) for each in named}) == 4


@in_each_language
def test_it_shows_the_line_of_its_notifications(language: Language) -> None:
    assert f"> {REPLY_ABOVE[language]}\n" in PAGES[language]


def test_the_pages_have_the_same_sections_and_lists() -> None:
    shapes = {tuple(re.findall(r"(?m)^(#+|- |\||```)", page)) for page in PAGES.values()}
    assert len(shapes) == 1
