"""More words for commands: `[desk.command_words]`."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import PlainSerializer, PlainValidator

from gateway.config.section import Kind
from gateway.domain.commands import CommandName

Words = dict[str, tuple[str, ...]]
"""English key of a command, and its words."""

EXPECTED: Final = "a table of commands, each with a list of words"
KEYS: Final = tuple(str(each) for each in CommandName)


def read_command_words(value: object) -> Words:
    if not isinstance(value, dict):
        raise ValueError(f"expected {EXPECTED}")  # noqa: TRY004  pydantic takes ValueError alone
    faults = [*_faults(value)]
    if faults:
        raise ValueError(f"expected {EXPECTED}: {'; '.join(faults)}")
    return {key: tuple(" ".join(word.split()) for word in words) for key, words in value.items()}


def _faults(table: dict[str, Any]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for key, words in table.items():
        if key not in KEYS:
            close = get_close_matches(key, KEYS, n=1, cutoff=0.7)
            yield f"{key} is no command; " + (f"did you mean {close[0]}?" if close else f"there are {', '.join(KEYS)}")
        elif not isinstance(words, list) or not all(map(_is_word, words)):
            yield f'{key} takes a list of words without "@", such as ["done"]'
        else:
            for word in (" ".join(each.split()).casefold() for each in words):
                if owner.setdefault(word, key) != key:
                    yield f'"{word}" cannot mean both {owner[word]} and {key}'


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and "@" not in value and "\uff20" not in value


CommandWords = Annotated[Words, PlainValidator(read_command_words), PlainSerializer(dict), Kind(EXPECTED, show=dict)]
