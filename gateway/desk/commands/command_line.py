"""One line that may be a command: which, with what value, and what is wrong with its form."""

import re
from dataclasses import dataclass

from gateway.desk.commands.spelling import DASHES, INVISIBLE, fold, match_word, trim, trim_end
from gateway.desk.commands.vocabulary import TAKE_VALUE, Vocabulary, Words
from gateway.domain.commands import Command, CommandName, Problem, Refusal

_SIGN = "@\uff20\ufe6b"
_HAS_SIGN = re.compile(f"[{_SIGN}]")
# In front of the sign programs write the marker of a list (of HTML's lists too, in text) and the marks of bold and slanted letters; `[`
# begins a link of Markdown.
_OPENING = re.compile(
    rf"""[\s{INVISIBLE}]*+
    (?:(?:[-*·•‣◦▪●–—]|\d{{1,2}}[.)])[\s{INVISIBLE}]++)?
    (?P<marks>[*_`]{{1,3}}|\[)?[{INVISIBLE}]*+
    [{_SIGN}](?P<gap>[\s{INVISIBLE}]*+)""",
    re.VERBOSE,
)
_LINK = re.compile(r"<[^<>\s]{1,1000}>|\[(?:mailto:|https?:)[^\[\]\s]{1,1000}\]|\]\([^()\s]{1,1000}\)")
_GAP = re.compile(rf"[\s{INVISIBLE}]*+")
_ONLY_INVISIBLE = re.compile(f"[{INVISIBLE}]++")
_WITHIN_NAME = re.compile(rf"[\s{INVISIBLE}]++|[{INVISIBLE}]*+[{DASHES}_\uff3f][{INVISIBLE}]*+")
# A colon is a sign of punctuation wherever it stands; a full stop within a word belongs to it (`@open.example`).
_PUNCTUATION = re.compile(r"[:\uff1a]|[.,;!?…](?=\s|\Z)")
_AFTER_NAME = re.compile(rf"\Z|\s|{_PUNCTUATION.pattern}|{_LINK.pattern}")
_LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """A known command as its line has it; without a problem it is well-formed."""

    name: CommandName
    value: str
    line: str
    problem: Problem | None

    def command(self) -> Command:
        return Command(self.name, self.value, self.line)

    def refusal(self, problem: Problem) -> Refusal:
        return Refusal(self.name, self.value, self.line, problem)


def begins_with_at(line: str) -> bool:
    return _opening(line) is not None


def read_line(line: str, vocabulary: Vocabulary) -> Reading | None:
    """None for what is no known command."""
    opening = _opening(line)
    found = _longest_name(line, opening, vocabulary) if opening is not None else None
    if opening is None or found is None:
        return None
    separator, value = _behind_name(line[found.end :], _closing(opening))
    if found.name not in TAKE_VALUE and _LINK.fullmatch(value):
        value = ""  # where the name led to, since the program took it for a mention
    return Reading(found.name, value, trim(line), _problem(found, separator, value))


def _opening(line: str) -> re.Match[str] | None:
    return _OPENING.match(line) if _HAS_SIGN.search(line) is not None else None


def _closing(opening: re.Match[str]) -> str:
    marks: str = opening["marks"] or ""
    return "]" if marks == "[" else marks[::-1]


@dataclass(frozen=True, slots=True)
class _Name:
    name: CommandName
    end: int
    well_spaced: bool


def _longest_name(line: str, opening: re.Match[str], vocabulary: Vocabulary) -> _Name | None:
    """`@скрытая копия` is not `@копия`, and `@private note` is not `@private`: of all names that fit the longest wins."""
    closing = _closing(opening)
    found: _Name | None = None
    words: Words = ()
    well_spaced = not _visible(opening["gap"])
    at = opening.end()
    while (word := match_word(line, at)) is not None and word.end() - at <= _LONGEST_WORD:
        words = (*words, fold(word[0]))
        at = word.end()
        name = vocabulary.names.get(words)
        if name is not None and (_AFTER_NAME.match(line, at) or (closing and line.startswith(closing, at))):
            found = _Name(name, at, well_spaced)
        gap = _WITHIN_NAME.match(line, at) if words in vocabulary.beginnings else None
        if gap is None:
            break
        well_spaced = well_spaced and len(_visible(gap[0])) == 1 and gap[0] != "\t"
        at = gap.end()
    return found


def _behind_name(rest: str, closing: str) -> tuple[str, str]:
    """What divides the name from its value, and the value; without the link that a program made of the name, and its marks' closing."""
    rest = _without_closing(_without_link(rest), closing) if closing else rest
    rest = _without_link(rest)
    divided = _PUNCTUATION.match(rest) or _GAP.match(rest)
    assert divided is not None  # a gap may be empty
    return _visible(divided[0]), trim(rest[divided.end() :])


def _without_link(rest: str) -> str:
    link = _LINK.match(rest)
    return rest[link.end() :] if link is not None else rest


def _without_closing(rest: str, closing: str) -> str:
    """They may close behind the name, behind the space that follows it (`*@note *text`), or at the end of the line."""
    for before in ("", rest[:1] if rest[:1].isspace() else ""):
        if rest.startswith(closing, len(before)):
            return before + rest[len(before) + len(closing) :]
    return trim_end(rest).removesuffix(closing)


def _problem(found: _Name, separator: str, value: str) -> Problem | None:
    if found.name not in TAKE_VALUE and (value or separator.strip()):
        return Problem.UNWANTED_VALUE
    if found.name in TAKE_VALUE and not value:
        return Problem.MISSING_VALUE
    one_space = len(separator) == 1 and separator.isspace() and separator != "\t"
    return None if found.well_spaced and (one_space or not value) else Problem.SPACING


def _visible(gap: str) -> str:
    return gap if gap.isascii() else _ONLY_INVISIBLE.sub("", gap)
