"""Signatures that nothing marks, below commands."""

import pytest

from gateway.desk.commands.closings import opens_signature
from gateway.desk.commands.grammar import parse_commands
from gateway.desk.commands.vocabulary import read_words, vocabulary

CARD = "Anna Kowalska\nSupport\nAcme Inc.\n+48 22 123 45 67"
LONG = "This message is confidential and meant for its addressee alone; whoever got it by mistake deletes it."


@pytest.mark.parametrize(
    "below",
    [
        f"\n{CARD}",
        f"\nBest regards,\n{CARD}",
        f"Best regards,\n{CARD}",
        f"\nС уважением,\n{CARD}\n\n{LONG}",
        f"\nPozdrawiam\n{CARD}",
        f"\nMit freundlichen Grüßen\n{CARD}",
        f"\nThanks,\n{CARD}",
        "\nThanks, Anna",
        "\nСпасибо!",
        "\n*Best regards,*\n*Anna*",
        "\n--\nAnna",
        "\nSent from my iPhone",
        "\nAnna\n\n\nSupport\n@acme_support\nwww.acme.test <http://www.acme.test/what/they/never/see/in/the/program/itself>",
        "\n" + "\n".join("abcdefgh"),
        "\n" + "x" * 60,
        "@anna\n\nAnna Kowalska",
    ],
)
def test_a_signature_below_the_block_is_no_text(below: str) -> None:
    parsed = parse_commands(f"Hello\n\n@closed\n{below}", vocabulary())
    assert [each.name for each in parsed.commands] == ["closed"]
    assert parsed.reply == ("Hello\n\n@anna" if "@anna" in below else "Hello")
    assert parsed.signature == below.removeprefix("@anna\n").strip("\n")
    assert parsed.stray == ()


@pytest.mark.parametrize(
    "below",
    [
        "Anna Kowalska",  # no blank line above it
        "\n" + "x" * 61,
        "\n" + "\n".join("abcdefghi"),
        f"\nAnna\n{LONG}",
        "Thanks for your patience",
        "Thanks, we have repaired it",
        "Best practices say so",
        "Regarding the invoice",
        "Best regards,\n" + "\n".join(LONG for _ in range(21)),
        "Thanks.\nWe have repaired it.",
    ],
)
def test_other_text_below_makes_the_command_text(below: str) -> None:
    text = f"Hello\n\n@closed\n{below}"
    parsed = parse_commands(text, vocabulary())
    assert (parsed.reply, parsed.signature, parsed.commands) == (text, "", ())
    assert [(each.name, each.problem) for each in parsed.stray] == [("closed", "text_below")]


@pytest.mark.parametrize(
    ("below", "signed"),
    [
        (f"\nBest regards,\n{CARD}", True),
        (f"Best regards,\n{CARD}", True),
        (f"\nС уважением,\nАнна Петрова\n\n{LONG}", True),
        (f"\nZ poważaniem\n{CARD}", True),
        ("\nThanks!", True),
        (f"\n{CARD}", False),
        ("\nThank you for waiting, it is repaired.", False),
        ("\nIt is repaired.", False),
        ("\nDziękuję za cierpliwość", False),
    ],
)
def test_with_commands_alone_only_a_closing_phrase_begins_a_signature(below: str, signed: bool) -> None:
    text = f"@closed\n@me\n{below}"
    parsed = parse_commands(text, vocabulary())
    assert parsed.reply == ("" if signed else text)
    assert [each.name for each in (parsed.commands if signed else parsed.stray)] == ["closed", "me"]
    assert (parsed.signature == below.strip("\n")) is signed


def test_text_between_commands_is_no_signature() -> None:
    parsed = parse_commands("Hello\n\n@closed\n\nAnna\n@me", vocabulary())
    assert parsed.reply == "Hello\n\n@closed\n\nAnna"
    assert [each.name for each in parsed.stray] == ["closed"]
    assert [each.name for each in parsed.commands] == ["me"]


@pytest.mark.parametrize("phrase", [each for table in read_words("closings").values() for each in (*table["firm"], *table["thanks"])])
@pytest.mark.parametrize("form", ["{}", "{},", "{}!", "- {}", "*{}*", "{}, Anna Kowalska", "{} Anna"])
def test_every_phrase_closes(phrase: str, form: str) -> None:
    for written in (phrase, phrase.capitalize(), phrase.upper()):
        assert opens_signature(form.format(written), "Anna Kowalska")
