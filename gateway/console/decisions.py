"""Steps and reasons of decisions, which are recorded in English, in the language of whoever reads them. PURE.

The sentences are data: `sentences/TOPIC.toml`, each as `en` with the same in every other language. `{name}` in them stands for any text
within a line, and what is known of such a text is told by its name:

- `{why}`: a reason of its own, which is translated in turn where it is known, as are those that "; " joins;
- `{said}`, `{text}`: words of servers and people, as they are, whatever they hold;
- `{status}`, `{priority}`, `{mail}`, `{letter}`, `{article}`, `{event}`: a value of ours, by the console's word for it;
- `{fields}`: several, with commas between them;
- `{name}`, `{rule}`, `{department}` and the other names of `SPACED`: what somebody calls something, as it is;
- any other: one word, such as an address or a number, as it is.

Digits behind a name tell two of a kind apart.
"""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import re2

from gateway.console.words import words_of
from gateway.domain.language import Language

FOLDER: Final = Path(__file__).parent / "sentences"
RECORDED: Final[Language] = "en"
LONGEST: Final = 4_000
"""Characters of a text that is looked at; a longer one is nobody's sentence."""
DEEPEST: Final = 4
"""Reasons within reasons."""
MOST_PARTS: Final = 20
BETWEEN: Final = "; "
ANYTHING: Final = frozenset({"why", "said", "text"})
"""Names whose text may hold what stands between two reasons."""
SPACED: Final = frozenset({"name", "rule", "department", "people", "tags", "provider", "bound", "what", "fault", "codes", "score", "kind"})
"""Names whose text may be several words; all but these, those of `ANYTHING` and of `GROUPS` stand for one."""
GROUPS: Final = {
    "status": "status",
    "priority": "priority",
    "mail": "mail_kind",
    "letter": "letter_kind",
    "article": "article_kind",
    "event": "ticket_event",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A text and the language that it is in: the recorded one where nothing is known of it."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Sentence:
    """`pattern` takes the English one's octets; `begin` and `end` are those that it has for certain. `names` stand in its order."""

    texts: Mapping[Language, str]
    pattern: Any
    begin: bytes
    end: bytes
    names: tuple[str, ...]
    literal: int

    def values(self, text: bytes) -> dict[str, str] | None:
        """Of its names; None where the text is another sentence."""
        if not (text.startswith(self.begin) and text.endswith(self.end)):
            return None
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        values = {name: value.decode() for name, value in zip(self.names, found.groups(), strict=True)}
        return None if any(BETWEEN in value and kind(name) not in ANYTHING for name, value in values.items()) else values


@dataclass(frozen=True, slots=True)
class Found:
    """`complete`: no reason within it stayed as it was."""

    text: str
    known: bool = True
    complete: bool = True


def in_words(text: str, language: Language) -> Told:
    """Of a text of any origin."""
    if language == RECORDED or len(text) > LONGEST:
        return Told(text, RECORDED)
    found = translated(text, language, DEEPEST)
    return Told(found.text, language) if found.known else Told(text, RECORDED)


def translated(text: str, language: Language, depth: int) -> Found:
    """Several sentences, where each is known; else one, which may hold what stands between two; else what is known of several."""
    parts = text.split(BETWEEN, MOST_PARTS)
    if len(parts) == 1 or depth == 0:
        return as_one(text, language, depth)
    several = [as_one(each, language, depth - 1) for each in parts]
    joined = Found(BETWEEN.join(each.text for each in several), any(each.known for each in several), all(each.complete for each in several))
    if joined.complete:
        return joined
    whole = as_one(text, language, depth)
    return whole if whole.known else joined


def as_one(text: str, language: Language, depth: int) -> Found:
    """The sentence with the most letters of its own wins."""
    octets = text.encode("utf-8", "replace")
    for each in sentences():
        values = each.values(octets)
        if values is not None:
            words = {name: worded(name, value, language, depth) for name, value in values.items()}
            told = each.texts[language].format_map({name: word.text for name, word in words.items()})
            return Found(told, complete=all(word.complete for word in words.values()))
    return Found(text, known=False, complete=False)


def worded(name: str, value: str, language: Language, depth: int) -> Found:
    match kind(name):
        case "why":
            return translated(value, language, depth - 1) if depth > 0 else Found(value, known=False, complete=False)
        case "fields":
            return Found(", ".join(as_one(each, language, 0).text for each in value.split(", ", MOST_PARTS)))
        case known if known in GROUPS:
            ours = value.replace(" ", "_")
            word = words_of(language).of(GROUPS[known], ours)
            return Found(value if word == ours else word)
        case _:
            return Found(value)


def taken_by(name: str) -> str:
    return "(.+?)" if kind(name) in ANYTHING | SPACED | GROUPS.keys() | {"fields"} else r"(\S+?)"


def kind(name: str) -> str:
    return name.rstrip(string.digits)


@cache
def sentences() -> tuple[Sentence, ...]:
    """The most literal first."""
    found = [sentence(entry) for file in sorted(FOLDER.glob("*.toml")) for entry in tomllib.loads(file.read_text("utf-8"))["said"]]
    return tuple(sorted(found, key=lambda each: -each.literal))


def sentence(texts: Mapping[Language, str]) -> Sentence:
    pieces = [(literal, name) for literal, name, _, _ in string.Formatter().parse(texts[RECORDED])]
    options = re2.Options()
    options.log_errors = False
    source = "".join(re2.escape(literal) + (taken_by(name) if name is not None else "") for literal, name in pieces)
    literals = [literal for literal, _ in pieces]
    return Sentence(
        texts=texts,
        pattern=re2.compile(source, options),
        begin=literals[0].encode(),
        end=literals[-1].encode() if pieces[-1][1] is None else b"",
        names=tuple(name for _, name in pieces if name is not None),
        literal=sum(map(len, literals)),
    )
