"""The grammar of a reply with commands (O9): each on a line of its own, all of them under the text."""

from dataclasses import dataclass
from typing import Literal

from gateway.desk.commands.closings import is_signature, opens_signature
from gateway.desk.commands.command_line import Reading, begins_with_at, read_line
from gateway.desk.commands.spelling import is_blank, without_blank_ends
from gateway.desk.commands.vocabulary import TAKE_VALUE, Vocabulary
from gateway.desk.commands.wrapping import is_wrapped, wrap_column
from gateway.domain.commands import Command, Problem, Refusal

Position = Literal["end", "anywhere"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """`reply` is what may go to the client; each word of the text is in it, in `signature`, or in a line of `commands` or `ignored`."""

    reply: str
    """With LF ends and without blank lines at its ends; otherwise as written."""
    commands: tuple[Command, ...]
    """The well-formed ones, in order."""
    ignored: tuple[Refusal, ...]
    """Known commands in a wrong form: they are no text, and do nothing."""
    stray: tuple[Refusal, ...]
    """Known commands with other text below them: they are text, and part of `reply`."""
    signature: str


def parse_commands(text: str, vocabulary: Vocabulary, position: Position = "end") -> Parsed:
    """`text` is what was written now: marked signature and quotations are cut already. Never raises; linear in its length."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = _find_commands(lines, vocabulary)
    block = _block(lines, found) if position == "end" else _everywhere(lines, found)
    taken = [each for each in found if block.start <= each.first < block.end]
    return Parsed(
        reply="\n".join(without_blank_ends(_without(lines[: block.end], taken))),
        commands=tuple(each.reading.command() for each in taken if each.reading.problem is None),
        ignored=tuple(each.reading.refusal(each.reading.problem) for each in taken if each.reading.problem is not None),
        stray=tuple(each.reading.refusal(Problem.TEXT_BELOW) for each in found if each.first < block.start),
        signature="\n".join(without_blank_ends(lines[block.end :])),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """`lines[first:end]` is the command: one line, or more where a program broke it."""

    first: int
    end: int
    reading: Reading


def _find_commands(lines: list[str], vocabulary: Vocabulary) -> list[_Found]:
    known = {line: reading for line in set(lines) if (reading := read_line(line, vocabulary)) is not None}
    column = wrap_column(lines) if known else 0
    return [_with_rest(lines, index, known[line], column, vocabulary) for index, line in enumerate(lines) if line in known]


def _with_rest(lines: list[str], first: int, reading: Reading, column: int, vocabulary: Vocabulary) -> _Found:
    """Together with the lines into which a program broke its value."""
    end = first + 1
    if reading.name in TAKE_VALUE and reading.value:
        while end < len(lines) and is_wrapped(lines[end - 1], lines[end], column) and not opens_signature(lines[end]):
            end += 1
    if end > first + 1:
        reading = read_line(" ".join(line.strip() for line in lines[first:end]), vocabulary) or reading
    return _Found(first, end, reading)


@dataclass(frozen=True, slots=True)
class _Block:
    """Commands are obeyed in `lines[start:end]`; what stands below that is a signature."""

    start: int
    end: int


def _block(lines: list[str], found: list[_Found]) -> _Block:
    """Where every line that is not blank begins with `@`, from a known command to the end or to a signature; empty where there is none."""
    nothing = _Block(len(lines), len(lines))
    if not found:
        return nothing
    below = _first_text(lines, found[-1].end, len(lines))
    start = _block_start(lines, found)
    alone = all(is_blank(line) for line in lines[:start])
    if below == len(lines) or is_signature(lines[below:], apart=is_blank(lines[below - 1]), alone=alone):
        return _Block(start, below)
    return nothing


def _first_text(lines: list[str], index: int, limit: int) -> int:
    """The first line from there on, above `limit`, that is neither blank nor begins with `@`; else `limit`."""
    while index < limit and (is_blank(lines[index]) or begins_with_at(lines[index])):
        index += 1
    return index


def _block_start(lines: list[str], found: list[_Found]) -> int:
    """Upwards from the last command, as long as there is no text between them."""
    start = found[-1].first
    for above in reversed(found[:-1]):
        if _first_text(lines, above.end, start) < start:
            break
        start = above.first
    return start


def _everywhere(lines: list[str], found: list[_Found]) -> _Block:
    """All are obeyed. Text is the reply with its signature, except where there is nothing but a signature."""
    end = len(lines)
    if found:
        below = _first_text(lines, found[-1].end, len(lines))
        if _is_all_commands(lines[:below], found) and is_signature(lines[below:], apart=False, alone=True):
            end = below
    return _Block(0, end)


def _is_all_commands(lines: list[str], found: list[_Found]) -> bool:
    return all(is_blank(line) for line in _without(lines, found))


def _without(lines: list[str], taken: list[_Found]) -> list[str]:
    """The lines that no command has; where one stood between blank lines, one of those stays."""
    kept: list[str] = []
    index = 0
    for each in taken:
        kept += lines[index : each.first]
        index = each.end
        while index < len(lines) and kept and is_blank(kept[-1]) and is_blank(lines[index]):
            index += 1
    return kept + lines[index:]
