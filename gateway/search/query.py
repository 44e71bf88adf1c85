"""What somebody asks for, as a `tsquery` of PostgreSQL's: all words, `"these in a row"`, `-not this`, `begin*`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.search.document import quoted
from gateway.search.stems import Stems, has_a_stem, lexemes
from gateway.search.words import composed, words_of

MOST_TERMS: Final = 20
LONGEST: Final = 400
"""Characters of what is asked for."""
SHORTEST_BEGINNING: Final = 2
TERM: Final = re.compile(r'(?P<without>-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
TICKET: Final = re.compile(r"#?([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row, folded. `begins`: the last of them is the beginning of one."""

    words: tuple[str, ...]
    without: bool = False
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`number` where it is nothing but a ticket's."""

    terms: tuple[Term, ...]
    number: int | None = None

    def words_to_stem(self) -> set[str]:
        return {word for term in self.terms for word in term.words if has_a_stem(word)}


def read(asked: str) -> Query:
    """Nobody's typing is refused: what cannot be understood is searched for as words."""
    text = composed(asked[:LONGEST]).strip()
    terms = (term_of(found) for found in TERM.finditer(text))
    number = TICKET.fullmatch(text)
    return Query(tuple(each for each in terms if each.words)[:MOST_TERMS], int(number[1]) if number else None)


def term_of(found: re.Match[str]) -> Term:
    """An address or `INV-2024-7` is a row of words, as it is in the text."""
    word = found["word"] or ""
    words = tuple(each.folded for each in words_of(found["phrase"] or word))
    begins = word.endswith("*") and bool(words) and len(words[-1]) >= SHORTEST_BEGINNING
    return Term(words, found["without"] is not None and bool(found["phrase"] or word), begins)


def tsquery(query: Query, stems: Stems) -> str | None:
    """None where nothing is left that could be searched for: words that every text has, or only what shall not be there."""
    written = [(term.without, row) for term in query.terms if (row := in_a_row(term, stems)) is not None]
    if query.number is not None:
        return f"{quoted(f'#{query.number}')} | {quoted(str(query.number))}"
    if all(without for without, _ in written):
        return None
    return " & ".join(f"!({row})" if without else f"({row})" for without, row in written)


def in_a_row(term: Term, stems: Stems) -> str | None:
    """Words that say nothing leave a gap of their width."""
    row, gap = "", 0
    for place, word in enumerate(term.words):
        gap += 1
        either = alternatives(word, stems, begins=term.begins and place == len(term.words) - 1)
        if either is not None:
            row, gap = f"{row} <{gap}> {either}" if row else either, 0
    return row or None


def alternatives(word: str, stems: Stems, *, begins: bool) -> str | None:
    """None for a word that says nothing. The beginning of a word may be the whole of it, which is found by its stem."""
    either = tuple(dict.fromkeys(map(quoted, lexemes(word, stems, in_polish=True))))
    if begins:
        either = (f"{quoted(word)}:*", *either)
    if not either:
        return None
    return either[0] if len(either) == 1 else f"({' | '.join(either)})"


def plain_words(query: Query) -> Sequence[Term]:
    """Those to be shown where they stand."""
    return [each for each in query.terms if not each.without]
