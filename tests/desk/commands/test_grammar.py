"""The grammar of commands, rule by rule (O9)."""

import pytest

from gateway.desk.commands.grammar import Parsed, parse_commands
from gateway.desk.commands.vocabulary import vocabulary


def parse(text: str) -> Parsed:
    return parse_commands(text, vocabulary())


def obeyed(text: str) -> list[str]:
    return [f"{each.name} {each.value}".rstrip() for each in parse(text).commands]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("@closed", "closed"),
        ("@closed   ", "closed"),
        ("  @closed", "closed"),
        ("\t@closed\t", "closed"),
        ("\u200b@closed\u200b", "closed"),
        ("\ufeff@closed", "closed"),
        ("\u200e@closed\u200f", "closed"),
        ("\u2066@closed\u2069", "closed"),
        ("\u00a0@closed\u00a0", "closed"),
        ("@\u200bclosed", "closed"),
        ("＠closed", "closed"),
        ("﹫closed", "closed"),
        ("＠ｃｌｏｓｅｄ", "closed"),
        ("@note hello", "note hello"),
        ("@note\u00a0hello", "note hello"),
        ("@note\u2009hello", "note hello"),
        ("@note\u3000hello", "note hello"),
        ("@note\u200b hello", "note hello"),
        ("@note hello  world ", "note hello  world"),
        ("@note @closed", "note @closed"),
        ("@note - first", "note - first"),
        ("@note : first", "note : first"),
        ("@note *important*", "note *important*"),
        ("@NOTE Keep My Case, ё and É", "note Keep My Case, ё and É"),
        ("@в ожидании", "pending"),
        ("@В Ожидании", "pending"),
        ("@в работе", "in_progress"),
        ("@in progress", "in_progress"),
        ("@in_progress", "in_progress"),
        ("@in-progress", "in_progress"),
        ("@in–progress", "in_progress"),
        ("@In—Progress", "in_progress"),
        ("@скрытая копия a@x.test", "bcc a@x.test"),
        ("@скрытая\u00a0копия a@x.test", "bcc a@x.test"),
        ("@копия a@x.test", "cc a@x.test"),
        ("@сс a@x.test", "cc a@x.test"),
        ("@private note he is upset", "note he is upset"),
        ("@assign to me", "me"),
        ("@assign to Anna", "assignee Anna"),
        ("@do kosza", "trash"),
        ("@do bob@x.test", "to bob@x.test"),
        ("@решён", "resolved"),
        ("@решен", "resolved"),
    ],
)
def test_one_line_is_one_command(line: str, command: str) -> None:
    assert obeyed(f"Hello\n{line}") == [command]
    assert obeyed(line) == [command]
    assert parse(f"Hello\n{line}").reply == "Hello"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("*@closed*", "closed"),
        ("**@closed**", "closed"),
        ("_@closed_", "closed"),
        ("*_@closed_*", "closed"),
        ("`@closed`", "closed"),
        ("- @closed", "closed"),
        ("* @closed", "closed"),
        ("• @closed", "closed"),
        ("1. @closed", "closed"),
        ("·       @closed", "closed"),
        ("*@note* he is upset", "note he is upset"),
        ("*@note he is upset*", "note he is upset"),
        ("*@note *he is upset", "note he is upset"),
        ("- *@note* he is upset", "note he is upset"),
        ("@closed<mailto:closed@x.test>", "closed"),
        ("@closed <closed@x.test>", "closed"),
        ("@closed [mailto:closed@x.test]", "closed"),
        ("[@closed](mailto:closed@x.test)", "closed"),
        ("[@closed]", "closed"),
        ("@note<mailto:note@x.test> he is upset", "note he is upset"),
        ("@закрытое<https://x.test/>", "closed"),
        ("@cc bob@x.test<mailto:bob@x.test>", "cc bob@x.test<mailto:bob@x.test>"),
        ("@cc <bob@x.test>", "cc <bob@x.test>"),
        ("@assignee @Anna Kowalska<mailto:anna@x.test>", "assignee @Anna Kowalska<mailto:anna@x.test>"),
    ],
)
def test_what_programs_put_round_a_command_is_no_part_of_it(line: str, command: str) -> None:
    assert obeyed(f"Hello\n{line}") == [command]
    assert parse(f"Hello\n{line}").reply == "Hello"


@pytest.mark.parametrize(
    ("line", "name", "value", "problem"),
    [
        ("@note", "note", "", "missing_value"),
        ("@note ", "note", "", "missing_value"),
        ("@note:", "note", "", "missing_value"),
        ("@note \u200b", "note", "", "missing_value"),
        ("@скрытая копия", "bcc", "", "missing_value"),
        ("@closed now", "closed", "now", "unwanted_value"),
        ("@closed: now", "closed", "now", "unwanted_value"),
        ("@closed  now", "closed", "now", "unwanted_value"),
        ("@closed:", "closed", "", "unwanted_value"),
        ("@closed.", "closed", "", "unwanted_value"),
        ("@me too", "me", "too", "unwanted_value"),
        ("@closed @me", "closed", "@me", "unwanted_value"),
        ("@note  hello", "note", "hello", "spacing"),
        ("@note\thello", "note", "hello", "spacing"),
        ("@note\u00a0 hello", "note", "hello", "spacing"),
        ("@note \u200b hello", "note", "hello", "spacing"),
        ("@note: hello", "note", "hello", "spacing"),
        ("@note:hello", "note", "hello", "spacing"),
        ("@note： hello", "note", "hello", "spacing"),
        ("@Note. Hello", "note", "Hello", "spacing"),
        ("@note, hello", "note", "hello", "spacing"),
        ("@ note hello", "note", "hello", "spacing"),
        ("@ closed", "closed", "", "spacing"),
        ("@in  progress", "in_progress", "", "spacing"),
        ("@in\tprogress", "in_progress", "", "spacing"),
        ("@скрытая  копия a@x.test", "bcc", "a@x.test", "spacing"),
    ],
)
def test_a_wrong_form_is_neither_obeyed_nor_sent(line: str, name: str, value: str, problem: str) -> None:
    for text in (f"Hello\n\n{line}", f"Hello\n\n@open\n{line}\n@spam"):
        parsed = parse(text)
        assert [(each.name, each.value, each.line, each.problem) for each in parsed.ignored] == [
            (name, value, line.strip("\u200b "), problem)
        ]
        assert parsed.reply == "Hello"
        assert parsed.stray == ()


@pytest.mark.parametrize(
    "line",
    [
        "@",
        "@@closed",
        "@noteworthy",
        "@notes-and-more",
        "@note-book",
        "@note/x",
        "@note.example is down",
        "@closed_account",
        "@closes",
        "@in",
        "@in the end",
        "@в",
        "@в среду",
        "@скрытая",
        "@скрытая копи",
        "@unknown",
        "@Anna please look",
        "@anna.k",
        "@копиями",
        "@я-то знаю",
        "@to.example",
        "@😀",
        "@<b>",
        "@note’s",
    ],
)
def test_another_word_is_text(line: str) -> None:
    parsed = parse(f"Hello\n{line}\n@closed\n{line}\n@me\n{line}")
    assert [each.name for each in parsed.commands] == ["closed", "me"]
    assert parsed.reply == f"Hello\n{line}\n{line}\n{line}".strip()
    assert parsed.ignored == parsed.stray == ()


@pytest.mark.parametrize("text", ["a@closed", "See @closed", "\\@closed", "(@closed)", "> @closed", '"@closed"', "#@closed"])
def test_a_command_begins_its_line(text: str) -> None:
    assert parse(text) == Parsed(text, (), (), (), "")


@pytest.mark.parametrize(
    ("text", "reply", "commands", "stray"),
    [
        ("", "", [], []),
        ("Hello", "Hello", [], []),
        ("@closed", "", ["closed"], []),
        ("\n\n@closed\n\n", "", ["closed"], []),
        ("Hello\n@closed\n@me", "Hello", ["closed", "me"], []),
        ("Hello\n\n@closed\n\n\n@me\n", "Hello", ["closed", "me"], []),
        ("Hello\n\u200b\n@closed\n\u00a0\n@me", "Hello", ["closed", "me"], []),
        ("\n\n  Hello\n\n\nWorld  \n\n@closed", "  Hello\n\n\nWorld  ", ["closed"], []),
        ("Hello\n@closed\n@anna\n@me", "Hello\n@anna", ["closed", "me"], []),
        ("Hello\n\n@closed\n\n@anna\n\n@me", "Hello\n\n@anna", ["closed", "me"], []),
        ("@anna\n@closed", "@anna", ["closed"], []),
        ("@closed\n@anna", "@anna", ["closed"], []),
        ("@closed\nHello", "@closed\nHello", [], ["closed"]),
        ("@closed\nHello\n@me", "@closed\nHello", ["me"], ["closed"]),
        ("@closed\nHello\n@me\nBye all", "@closed\nHello\n@me\nBye all", [], ["closed", "me"]),
        ("@note secret\n@note\nHello", "@note secret\n@note\nHello", [], ["note", "note"]),
        ("@open\n@closed\n@open", "", ["open", "closed", "open"], []),
    ],
)
def test_the_block_is_where_every_line_begins_with_at(text: str, reply: str, commands: list[str], stray: list[str]) -> None:
    for written in (text, text.replace("\n", "\r\n")):
        parsed = parse(written)
        assert parsed.reply == reply
        assert [each.name for each in parsed.commands] == commands
        assert [each.name for each in parsed.stray] == stray
        assert {each.problem for each in parsed.stray} <= {"text_below"}


@pytest.mark.parametrize(
    ("text", "reply", "commands", "signature"),
    [
        ("@closed\nHello", "Hello", ["closed"], ""),
        ("@closed\n\nHello\n@note x\n\nBye all\n@me", "Hello\n\nBye all", ["closed", "note", "me"], ""),
        ("Hello\n\n@closed\n\nBye all", "Hello\n\nBye all", ["closed"], ""),
        ("Hello\n@unknown\n@closed", "Hello\n@unknown", ["closed"], ""),
        ("@closed\n\nHello\n\nBest regards\nAnna", "Hello\n\nBest regards\nAnna", ["closed"], ""),
        ("@closed\n\nBest regards\nAnna", "", ["closed"], "Best regards\nAnna"),
        ("Hello\n@closed\n\nBest regards\nAnna", "Hello\n\nBest regards\nAnna", ["closed"], ""),
        ("Hello", "Hello", [], ""),
    ],
)
def test_commands_may_be_obeyed_anywhere(text: str, reply: str, commands: list[str], signature: str) -> None:
    parsed = parse_commands(text, vocabulary(), "anywhere")
    assert (parsed.reply, parsed.signature, parsed.stray) == (reply, signature, ())
    assert [each.name for each in parsed.commands] == commands


def test_wrong_forms_are_ignored_anywhere_too() -> None:
    parsed = parse_commands("@note: secret\n\nHello", vocabulary(), "anywhere")
    assert [each.problem for each in parsed.ignored] == ["spacing"]
    assert parsed.reply == "Hello"
