"""What holds for every text: nothing is lost, and a note never stands in the reply."""

from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.desk.commands.grammar import Parsed, parse_commands
from gateway.desk.commands.vocabulary import vocabulary
from gateway.domain.commands import Command, CommandName, Refusal
from tests.mail.timing import within_seconds

VOCABULARY = vocabulary()
POSITIONS: tuple[Literal["end", "anywhere"], ...] = ("end", "anywhere")
NAMES = [" ".join(words) for words in VOCABULARY.names]
SECRET = "xyzzy"

values = st.sampled_from(
    ["", " ", "  ", "\t", ": ", " a@x.test", " some text", f" {SECRET}", " " + "word " * 13 + "word", "\u00a0x", "\u200b"]
)
command_lines = st.builds(
    "{}{}{}{}".format, st.sampled_from(["", " ", "\u200b", "*", "- ", "> "]), st.sampled_from(["@", "＠"]), st.sampled_from(NAMES), values
)
other_lines = st.sampled_from(
    ["", " ", "\u200b", "Hello", "and so on", "word " * 14, "Best regards,", "Anna", "@anna", "@", "--", "@unknown thing", "x" * 70]
)
texts = st.lists(command_lines | other_lines, max_size=14).map("\n".join)
positions = st.sampled_from(POSITIONS)


def taken(parsed: Parsed) -> list[Command | Refusal]:
    return [*parsed.commands, *parsed.ignored]


def taken_lines(parsed: Parsed) -> list[str]:
    return [each.line for each in taken(parsed)]


def words(*texts: str) -> list[str]:
    """The visible ones; those of a value that was put together count once each, wherever the lines ended."""
    return sorted("\n".join(texts).replace("\u200b", "").split())


@settings(deadline=None)
@given(texts | st.text(), positions)
@example("Hello\n@note " + "word " * 14 + "\nand so on\n@closed\n\nAnna", "end")
def test_no_word_is_lost_or_made_up(text: str, position: Literal["end", "anywhere"]) -> None:
    parsed = parse_commands(text, VOCABULARY, position)
    assert words(parsed.reply, parsed.signature, *taken_lines(parsed)) == words(text.replace("\r", "\n"))


@settings(deadline=None)
@given(texts, positions)
def test_what_stays_keeps_its_order(text: str, position: Literal["end", "anywhere"]) -> None:
    remaining = iter(text.split("\n"))
    parsed = parse_commands(text, VOCABULARY, position)
    assert all(line in remaining for line in parsed.reply.split("\n") if line)


@settings(deadline=None)
@given(texts, positions)
def test_a_note_that_is_a_command_never_stands_in_the_reply(text: str, position: Literal["end", "anywhere"]) -> None:
    parsed = parse_commands(text, VOCABULARY, position)
    notes = [each for each in taken(parsed) if each.name is CommandName.NOTE and SECRET in each.value]
    rest = [each for each in (*taken(parsed), *parsed.stray) if each not in notes and SECRET in each.line]
    unread = sum(SECRET in line for line in text.split("\n")) - len(notes) - len(rest)
    stray = sum(SECRET in each.line for each in parsed.stray)
    assert parsed.reply.count(SECRET) + parsed.signature.count(SECRET) == stray + unread


@settings(deadline=None)
@given(texts, positions)
def test_no_line_of_the_reply_is_a_command_unless_it_is_called_stray(text: str, position: Literal["end", "anywhere"]) -> None:
    parsed = parse_commands(text, VOCABULARY, position)
    found = parse_commands(parsed.reply, VOCABULARY, "anywhere")
    assert len(taken_lines(found)) == len(parsed.stray)


@settings(deadline=None)
@given(texts)
def test_a_text_without_a_block_is_left_as_it_is(text: str) -> None:
    parsed = parse_commands(text, VOCABULARY)
    if not taken_lines(parsed):
        again = parse_commands(parsed.reply, VOCABULARY)
        assert parsed.reply in text
        assert again == parsed


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    "piece",
    [
        *("@\n", "@me\n", "@a\n\n", "@note x\ny\n", "\n", " ", "\u200b", "@", "*", "[@", "@in-", "@note<", "@closed<a>", "@note ", "- "),
        *("@e\u0301", "a\n", "@note " + "word " * 14 + "\n", "word " * 15 + "\n", "1.", "@note" + " " * 500 + "\n", "thanks "),
    ],
)
@pytest.mark.parametrize(("head", "tail"), [("", ""), ("@note x\n", "\n@closed"), ("Hello\n@closed\n\n", "\nx")])
def test_hostile_text_takes_time_in_proportion(position: Literal["end", "anywhere"], piece: str, head: str, tail: str) -> None:
    text = head + piece * ((1 << 18) // len(piece)) + tail
    with within_seconds(1):
        parse_commands(text, VOCABULARY, position)


@pytest.mark.parametrize(("line", "count", "seconds"), [("@\n", 1 << 19, 1), ("@{}\n", 120_000, 2), ("@note {}\n", 80_000, 4)])
def test_a_megabyte_of_lines_with_at_takes_seconds_at_most(line: str, count: int, seconds: float) -> None:
    text = "".join(line.format(number) for number in range(count))
    with within_seconds(seconds):
        parse_commands(text, VOCABULARY)
