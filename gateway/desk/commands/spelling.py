"""Which spellings are the same: neither case nor accents, neither width nor invisible characters tell two words apart."""

import re
import unicodedata
from functools import lru_cache

INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffc"
"""For a character class: what programs leave around words (bidi marks, joiners, the place of a picture)."""
DASHES = "\\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
"""For a character class: what autocorrection makes of a hyphen too."""

_WORD = re.compile(rf"[^\s{DASHES}_\uff3f@\uff20\ufe6b:\uff1a.,;!?\uff0e\uff0c\uff1b\uff01\uff1f\u2026<>\uff1c\[\](){{}}*`\"]+")
_OUTER = "".join(re.findall(rf"[\s{INVISIBLE}]", "".join(map(chr, range(0x10000)))))
# Letters that Unicode does not take apart into a letter and a mark; phones without their layout have the plain one.
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def match_word(text: str, at: int = 0) -> re.Match[str] | None:
    """The word that begins there; a dash, an underscore or a sign of punctuation ends it."""
    return _WORD.match(text, at)


@lru_cache(maxsize=4096)
def fold(word: str) -> str:
    """What words are compared by: `Закрытое` and `закрытоё`, `ZAMKNIETE` and `zamknięte` are the same."""
    if word.isascii():
        return word.lower()
    split = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(each for each in split if unicodedata.category(each) not in ("Mn", "Me", "Cf")).translate(_PLAIN)


def words_of(text: str) -> tuple[str, ...]:
    """Folded; whatever divides them."""
    return tuple(filter(None, (fold(found[0]) for found in _WORD.finditer(text))))


def is_blank(line: str) -> bool:
    return not line or line.isspace() or not line.strip(_OUTER)


def trim(text: str) -> str:
    """Without white space and invisible characters at either end."""
    return text.strip(_OUTER)


def trim_end(text: str) -> str:
    return text.rstrip(_OUTER)


def without_blank_ends(lines: list[str]) -> list[str]:
    first, last = 0, len(lines)
    while first < last and is_blank(lines[first]):
        first += 1
    while last > first and is_blank(lines[last - 1]):
        last -= 1
    return lines[first:last]
