"""Where a text says what was asked for: a piece of it with the words told apart, so that whoever shows it marks them and escapes all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.search.query import Query, plain_words
from gateway.search.stems import Stems, has_a_stem, lexemes
from gateway.search.words import Word, composed, words_of

BEFORE: Final = 60
WIDTH: Final = 240
"""Characters of a piece, and how many of them at most stand before its first word found."""
SAME_BEGINNING: Final = 2
"""Letters that a word's forms surely share; shorter words are what they are."""
SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """`lexemes` of the words asked for, `beginnings` of words that go on, and `starts`: what every word found begins with."""

    lexemes: frozenset[str]
    beginnings: tuple[str, ...]
    starts: tuple[str, ...]

    def may_be(self, word: Word) -> bool:
        return word.folded.startswith(self.starts)

    def is_it(self, word: Word, stems: Stems) -> bool:
        if word.folded.startswith(self.beginnings):
            return True
        return self.may_be(word) and not self.lexemes.isdisjoint(lexemes(word.folded, stems, in_polish=True))


def wanted(query: Query, stems: Stems) -> Wanted:
    terms = plain_words(query)
    words = [(word, term.begins and word is term.words[-1]) for term in terms for word in term.words]
    whole = [word for word, begins in words if not begins]
    beginnings = tuple(word for word, begins in words if begins)
    found = frozenset(lexeme for word in whole for lexeme in lexemes(word, stems, in_polish=True))
    return Wanted(found, beginnings, (*(word[:SAME_BEGINNING] for word in whole), *beginnings))


def words_to_stem(texts: Iterable[str], what: Wanted) -> set[str]:
    """Those few that may be what was asked for, and whose stems tell."""
    return {word.folded for text in texts for word in words_of(composed(text)) if what.may_be(word) and has_a_stem(word.folded)}


def snippet(text: str, what: Wanted, stems: Stems) -> tuple[Piece, ...] | None:
    """The piece with the most different words of those asked for; None where the text has none of them."""
    text = composed(text)
    found = [word for word in words_of(text) if what.is_it(word, stems)]
    if not found:
        return None
    first = max(range(len(found)), key=lambda at: (different(found, at), -at))
    start, end = room(text, found[first].start)
    return pieces(text, start, end, [each for each in found if start <= each.start and each.end <= end])


def different(found: Sequence[Word], at: int) -> int:
    """How many unlike words a piece shows that begins with this one."""
    until = found[at].start + WIDTH - BEFORE
    return len({each.folded for each in found[at : at + 20] if each.end <= until})


def room(text: str, first: int) -> tuple[int, int]:
    """From and to the spaces next to where the piece would be cut."""
    start = max(0, first - BEFORE)
    end = min(len(text), start + WIDTH)
    if start and (space := SPACE.search(text, start, first)) is not None:
        start = space.end()
    if end < len(text) and (space_at := max(text.rfind(" ", first, end), text.rfind("\n", first, end))) > start:
        end = space_at
    return start, end


def pieces(text: str, start: int, end: int, found: Sequence[Word]) -> tuple[Piece, ...]:
    made, at = [Piece("… ")] if start else [], start
    for word in found:
        made += [Piece(shown(text[at : word.start])), Piece(text[word.start : word.end], found=True)]
        at = word.end
    made += [Piece(shown(text[at:end])), *([Piece(" …")] if end < len(text) else [])]
    return tuple(each for each in made if each.text)


def marked(text: str, what: Wanted, stems: Stems) -> tuple[Piece, ...]:
    """The whole of a short text, such as a subject."""
    text = composed(text)
    return pieces(text, 0, len(text), [word for word in words_of(text) if what.is_it(word, stems)])


def beginning(text: str) -> tuple[Piece, ...]:
    """Of a text that nothing is shown of otherwise."""
    plain = shown(text[: WIDTH * 2]).strip()
    cut = plain if len(plain) <= WIDTH else plain[:WIDTH].rpartition(" ")[0] + " …"
    return (Piece(cut),) if cut else ()


def shown(text: str) -> str:
    """On one line."""
    return SPACE.sub(" ", text)
