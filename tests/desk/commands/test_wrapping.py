"""Values that a mail program broke into lines."""

import textwrap

import pytest

from gateway.desk.commands.grammar import Parsed, parse_commands
from gateway.desk.commands.vocabulary import vocabulary

NOTE = (
    "the client rang twice about the broken parcel and wants somebody to call back before noon, preferably Maria Nowak"
    " who knows the whole story since the very first complaint in March"
)
TEXT = "Dear customer, we are sorry to hear that the parcel has come to you broken, and we have already sent out another one this morning."


def parse(text: str) -> Parsed:
    return parse_commands(text, vocabulary())


@pytest.mark.parametrize("width", range(65, 81))
@pytest.mark.parametrize("text", ["", TEXT])
def test_a_note_is_put_together_again(width: int, text: str) -> None:
    """The command below it shows that the whole note was found."""
    written = "\n".join([*textwrap.wrap(text, width), "", *textwrap.wrap(f"@note {NOTE}", width), "@closed"])
    parsed = parse(written)
    assert [(each.name, each.value) for each in parsed.commands] == [("note", NOTE), ("closed", "")]
    assert parsed.commands[0].line == f"@note {NOTE}"
    assert parsed.reply.split() == text.split()


@pytest.mark.parametrize("name", ["cc", "to", "tags", "subject", "template"])
def test_every_value_may_be_broken(name: str) -> None:
    value = ", ".join(f"colleague{number}@department.example" for number in range(5))
    parsed = parse("\n".join(["Hello", *textwrap.wrap(f"@{name} {value}", 76)]))
    assert [(each.name, each.value) for each in parsed.commands] == [(name, value)]


def test_a_broken_value_in_a_wrong_form_is_not_sent_either() -> None:
    parsed = parse("\n".join(["Hello", *textwrap.wrap(f"@note: {NOTE}", 72)]))
    assert [(each.value, each.problem) for each in parsed.ignored] == [(NOTE, "spacing")]
    assert parsed.reply == "Hello"


@pytest.mark.parametrize(
    "lines",
    [
        ["@note he rang", "and wants to be called back"],  # there was room
        ["@note " + "x" * 50, "and wants to be called back"],
        ["@note " + "word " * 12, "Please see the file."],  # a sentence begins, and nothing shows that lines are broken
        ["@note " + "word " * 40, "and that"],  # longer than any program's lines
        ["@closed " + "word " * 13, "and that"],  # bears no value, but has one
        ["@note", "word " * 14, "and that"],
        ["@unknown " + "word " * 13, "and that", "@closed", "text"],
    ],
)
def test_a_line_that_its_author_ended_is_not_continued(lines: list[str]) -> None:
    text = "\n".join(lines)
    parsed = parse(text)
    assert parsed.commands == ()
    assert parsed.reply == text.strip()


def test_a_wider_line_in_the_text_shows_that_there_was_room() -> None:
    written = "\n".join(["word " * 15 + "word", "@note " + "word " * 11 + "word", "more of it"])
    assert parse(written).reply == written


def test_a_word_without_room_in_eighty_columns_is_the_rest_whatever_it_begins_with() -> None:
    parsed = parse("@note " + "word " * 13 + "word\nDonaudampfschifffahrt")
    assert parsed.commands[0].value.endswith("word Donaudampfschifffahrt")


def test_a_broken_text_shows_where_its_lines_end() -> None:
    """In it a name may stand at the beginning of a line, too."""
    note = f"@note {'word ' * 12}word\nMaria"
    assert parse(note).commands == ()
    parsed = parse("\n".join([*textwrap.wrap(TEXT, 72), "", note]))
    assert parsed.commands[0].value.endswith("word Maria")


def test_a_command_is_never_the_rest_of_a_value() -> None:
    parsed = parse("@note " + "word " * 13 + "word\n@closed\n@unknown-word-that-is-long")
    assert [each.name for each in parsed.commands] == ["note", "closed"]
    assert parsed.reply == "@unknown-word-that-is-long"


def test_a_closing_phrase_is_never_the_rest_of_a_value() -> None:
    parsed = parse("Hello\n@note " + "word " * 13 + "word\nmit freundlichen Grüßen\nAnna")
    assert parsed.commands[0].value.endswith("word")
    assert parsed.signature == "mit freundlichen Grüßen\nAnna"
