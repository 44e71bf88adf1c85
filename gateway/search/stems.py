"""What a word is found by: its stem in the language of its letters, and its Polish one beside it. Both have the same for a query."""

import re
from collections.abc import Mapping
from typing import Final

from gateway.search import polish

POLISH: Final = "/"
"""Stands before Polish stems, which are no words of another language, though some look like it."""
CYRILLIC: Final = re.compile("[\u0400-\u04ff]")

Stems = Mapping[str, str | None]
"""By folded words: the stems that PostgreSQL's English and Russian dictionaries have. None: a word that says nothing, such as `the`."""


def lexemes(word: str, stems: Stems, *, in_polish: bool) -> tuple[str, ...]:
    """The folded word's, none where it says nothing."""
    if in_polish and word in polish.EMPTY:
        return ()
    stem = stems.get(word, word)
    if stem is None:
        return ()
    if in_polish and is_latin(word):
        return (stem, POLISH + polish.stem(word))
    return (stem,)


def is_latin(word: str) -> bool:
    return word.isascii() and word.isalpha()


def is_cyrillic(word: str) -> bool:
    return CYRILLIC.search(word) is not None


def has_a_stem(word: str) -> bool:
    """Whether a dictionary is to be asked: numbers, and words of other alphabets, are their own."""
    return is_latin(word) or is_cyrillic(word)
