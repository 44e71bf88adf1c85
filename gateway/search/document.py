"""A ticket as a text search vector, `tsvector` in PostgreSQL's own notation, within its bounds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gateway.search.polish import sounds_polish
from gateway.search.stems import Stems, has_a_stem, lexemes
from gateway.search.words import composed, is_ticket_number, words_of

Weight = Literal["A", "B", "C", "D"]
"""How much it says that a word stands there: in the subject most, in a signature least."""

MOST_WORDS: Final = 16_000
"""Of one ticket, the newest first. PostgreSQL keeps positions up to 16,383."""
MOST_OCTETS: Final = 900_000
"""PostgreSQL refuses a vector of a mebibyte."""
POSITIONS: Final = 255
"""Of one word; PostgreSQL keeps no more."""
GAP: Final = 10
"""Between two texts, so that no phrase reaches from one into the next."""


@dataclass(frozen=True, slots=True)
class Passage:
    """`names`: of people, which are inflected in Polish whatever language is spoken."""

    weight: Weight
    text: str
    names: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """`numbers` are the ticket's own and those of tickets that were merged into it; `passages` stand in the order of their worth."""

    numbers: Sequence[int]
    language: str
    passages: Sequence[Passage]

    @property
    def in_polish(self) -> bool:
        return self.language == "pl" or any(sounds_polish(each.text) for each in self.passages)


def words_to_stem(documents: Iterable[Document]) -> set[str]:
    """Folded words that dictionaries are to be asked about."""
    return {
        word.folded
        for document in documents
        for passage in document.passages
        for word in words_of(composed(passage.text))
        if has_a_stem(word.folded)
    }


def vector(document: Document, stems: Stems) -> str:
    """`'fail':3C,9C 'printer':2A`."""
    places: dict[str, list[str]] = {}
    octets = 0
    for lexeme, place in placed(document, stems):
        known = places.get(lexeme)
        if known is None:
            # A word's entry, its end brought to a boundary, and how many positions follow.
            octets += len(lexeme.encode()) + 8
            known = places[lexeme] = []
        if len(known) < POSITIONS:
            octets += 2
            known.append(place)
        if octets > MOST_OCTETS:
            break
    return " ".join(f"{quoted(lexeme)}:{','.join(at)}" for lexeme, at in places.items())


def placed(document: Document, stems: Stems) -> Iterator[tuple[str, str]]:
    """Each lexeme with its position and weight."""
    yield from ((f"#{number}", "1A") for number in document.numbers)
    in_polish, at, count = document.in_polish, 1, 0
    for passage in document.passages:
        at += GAP
        text = composed(passage.text)
        for word in words_of(text):
            at, count = at + 1, count + 1
            if count > MOST_WORDS:
                return
            place = f"{at}{passage.weight}"
            yield from ((lexeme, place) for lexeme in lexemes(word.folded, stems, in_polish=in_polish or passage.names))
            if is_ticket_number(text, word):
                yield f"#{word.folded}", place


def quoted(lexeme: str) -> str:
    """As vectors and queries alike have it. Words are of letters and digits, so nothing in one needs to be told from the notation."""
    return f"'{lexeme}'"
