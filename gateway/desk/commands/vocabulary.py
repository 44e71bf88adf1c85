"""The words of the commands. They are data, a file a language in `words/`; adding a language is adding its file."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from gateway.desk.commands.spelling import words_of
from gateway.domain.commands import CommandHelp, CommandName
from gateway.domain.states import Priority

IN_ORDER = (
    CommandName.CLOSED, CommandName.RESOLVED, CommandName.PENDING, CommandName.IN_PROGRESS, CommandName.OPEN, CommandName.CANCELLED,
    CommandName.SPAM, CommandName.TRASH, CommandName.ME, CommandName.ASSIGNEE, CommandName.DEPARTMENT, CommandName.NOTE,
    CommandName.PRIVATE, CommandName.TAGS, CommandName.PRIORITY, CommandName.CATEGORY, CommandName.SUBJECT, CommandName.CC,
    CommandName.BCC, CommandName.TO, CommandName.FROM, CommandName.TEMPLATE, CommandName.MERGE, CommandName.HELP,
)  # fmt: skip
"""As `@help` lists them: what is used most comes first."""

TAKE_VALUE = frozenset((
    CommandName.ASSIGNEE, CommandName.SUBJECT, CommandName.CC, CommandName.BCC, CommandName.TAGS, CommandName.NOTE, CommandName.PRIORITY,
    CommandName.CATEGORY, CommandName.DEPARTMENT, CommandName.TO, CommandName.TEMPLATE, CommandName.FROM, CommandName.MERGE,
))  # fmt: skip
"""These need a value; the others bear none."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A word that does not command what was asked: another command has it already, or (None) it cannot be written after `@`."""

    word: str
    command: CommandName
    taken_by: CommandName | None


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Of all configured languages together. `vocabulary` makes one of each, so that it can be a key."""

    languages: tuple[str, ...]
    names: dict[Words, CommandName]
    """By the folded words of a name."""
    beginnings: frozenset[Words]
    """Of names that have more words than these."""
    priorities: dict[Words, Priority]
    clashes: tuple[Clash, ...]

    def priority(self, word: str) -> Priority | None:
        return self.priorities.get(words_of(word))


@lru_cache(maxsize=64)
def vocabulary(languages: tuple[str, ...] = ("en", "ru", "pl"), extra: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Vocabulary:
    """`extra` is (command name, more words for it). Of two commands that have the same word the first one keeps it, languages before extra.

    Raises ValueError for a command that does not exist, FileNotFoundError for a language without a file.
    """
    names: dict[Words, CommandName] = {}
    clashes: list[Clash] = []
    for command, word in (*_words_of_languages(languages), *((CommandName(name), word) for name, words in extra for word in words)):
        key = words_of(word)
        if not key or names.setdefault(key, command) is not command:
            clashes.append(Clash(word, command, names.get(key)))
    beginnings = frozenset(key[:count] for key in names for count in range(1, len(key)))
    return Vocabulary(languages, names, beginnings, _priorities(languages), tuple(clashes))


def help_lines(vocabulary: Vocabulary, language: str) -> tuple[CommandHelp, ...]:
    """Meanings in that language; words too, where that is one of the configured ones, else in the first that is."""
    spoken = language if language in vocabulary.languages or not vocabulary.languages else vocabulary.languages[0]
    return tuple(
        CommandHelp(_usage(vocabulary, command, spoken, language), _of_language(language)["command"][command]["meaning"])
        for command in IN_ORDER
    )


def _usage(vocabulary: Vocabulary, command: CommandName, spoken: str, language: str) -> str:
    words = _of_language(spoken)["command"][command]["words"]
    word = next((each for each in words if vocabulary.names.get(words_of(each)) is command), words[0])
    value = _of_language(language)["command"][command].get("value", "")
    return f"@{word} {value}".rstrip()


def _words_of_languages(languages: tuple[str, ...]) -> list[tuple[CommandName, str]]:
    return [
        (command, word) for language in languages for command in IN_ORDER for word in _of_language(language)["command"][command]["words"]
    ]


def _priorities(languages: tuple[str, ...]) -> dict[Words, Priority]:
    """The English keys stand in the contract, so they are always understood."""
    found = {words_of(each.value): each for each in Priority}
    for language in languages:
        for key, words in _of_language(language)["priority"].items():
            for word in words:
                found.setdefault(words_of(word), Priority(key))
    return found


@lru_cache(maxsize=16)
def _of_language(language: str) -> dict[str, Any]:
    return read_words(language)


def read_words(name: str) -> dict[str, Any]:
    """One file of `words/`."""
    return tomllib.loads((resources.files("gateway.desk.commands") / "words" / f"{name}.toml").read_text("utf-8"))
