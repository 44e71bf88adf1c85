"""Cutting a text into words, and folding each to how it is compared: without case, and without the marks that people leave out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import combining, normalize

LONGEST: Final = 60
"""Characters of a word that are looked at: the rest of a longer one says nothing."""
# Chinese and Japanese are written without spaces: each of their characters is a word.
IDEOGRAPHS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD: Final = re.compile(r"[^\W_]+")
PIECE: Final = re.compile(f"[{IDEOGRAPHS}]|[^{IDEOGRAPHS}]+")
HAS_IDEOGRAPHS: Final = re.compile(f"[{IDEOGRAPHS}]")
NUMBER: Final = re.compile(r"[0-9]{1,18}")


def without_marks(letter: str) -> str:
    return "".join(each for each in normalize("NFKD", letter) if not combining(each))


# Latin letters alone: Cyrillic «й» is no «и» with a mark.
LATIN: Final = {code: without_marks(chr(code)) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))}
MARKS: Final = str.maketrans(LATIN | {ord(letter): plain for letter, plain in (("ł", "l"), ("đ", "d"), ("ø", "o"), ("ı", "i"), ("ё", "е"))})


@dataclass(frozen=True, slots=True)
class Word:
    """`start` and `end` are where it stands in the text."""

    folded: str
    start: int
    end: int


@lru_cache(maxsize=100_000)
def folded(word: str) -> str:
    low = word[:LONGEST].casefold()
    return low if low.isascii() else low.translate(MARKS)


def composed(text: str) -> str:
    """With each letter and its marks as one character, as texts are cut. Some programs write them apart."""
    return text if text.isascii() else normalize("NFC", text)


def words_of(text: str) -> Iterator[Word]:
    """Of a composed text. `[#12]` has `12`, and `#12` at the same place."""
    for found in WORD.finditer(text):
        whole, start = found[0], found.start()
        if not whole.isascii() and HAS_IDEOGRAPHS.search(whole):
            for piece in PIECE.finditer(whole):
                yield Word(folded(piece[0]), start + piece.start(), start + piece.end())
        else:
            yield Word(folded(whole), start, found.end())


def is_ticket_number(text: str, word: Word) -> bool:
    """Whether `#` stands before the number."""
    return word.start > 0 and text[word.start - 1] == "#" and NUMBER.fullmatch(word.folded) is not None
