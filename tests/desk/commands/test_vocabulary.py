"""Every word of every language commands what it says, however it is spelt."""

import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.desk.commands.grammar import parse_commands
from gateway.desk.commands.spelling import words_of
from gateway.desk.commands.vocabulary import IN_ORDER, TAKE_VALUE, Clash, help_lines, read_words, vocabulary
from gateway.domain.commands import CommandName
from gateway.domain.organisation import Language
from gateway.domain.states import Priority
from tests.packaging.tree import ROOT

# As issue and mission name them.
WORDS = {
    "open": ("open", "открытое", "otwarte"),
    "pending": ("pending", "в ожидании", "oczekujące"),
    "closed": ("closed", "закрытое", "zamknięte"),
    "spam": ("spam", "спам", "spam"),
    "trash": ("trash", "корзина", "kosz"),
    "me": ("me", "я", "ja"),
    "assignee": ("assignee", "ответственный", "odpowiedzialny"),
    "subject": ("subject", "тема", "temat"),
    "cc": ("cc", "копия", "kopia"),
    "bcc": ("bcc", "скрытая копия", "ukryta kopia"),
    "tags": ("tags", "метки", "etykiety"),
    "note": ("note", "заметка", "notatka"),
    "resolved": ("resolved", "решено", "rozwiązane"),
    "cancelled": ("cancelled", "отменено", "anulowane"),
    "in_progress": ("in progress", "в работе", "w toku"),
    "priority": ("priority", "приоритет", "priorytet"),
    "category": ("category", "категория", "kategoria"),
    "department": ("department", "отдел", "dział"),
    "to": ("to", "кому", "do"),
    "template": ("template", "шаблон", "szablon"),
    "from": ("from", "от", "od"),
    "private": ("private", "скрыто", "prywatne"),
    "merge": ("merge", "объединить", "scal"),
    "help": ("help", "помощь", "pomoc"),
}
EACH = [(key, word) for key, words in WORDS.items() for word in words]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "pl")


def without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each)).translate({ord("ł"): "l"})


def full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "capitals": str.upper,
    "auto-capital": str.capitalize,
    "decomposed": lambda word: unicodedata.normalize("NFD", word),
    "without accents": without_accents,
    "full width": full_width,
    "joined by a hyphen": lambda word: word.replace(" ", "-"),
    "joined by an underscore": lambda word: word.replace(" ", "_"),
    "autocorrected dash": lambda word: word.replace(" ", "–"),
    "em dash": lambda word: word.replace(" ", "—"),
    "hyphen that does not break": lambda word: word.replace(" ", "\u2011"),
    "space that does not break": lambda word: word.replace(" ", "\u00a0"),
    "soft hyphen within": lambda word: word[:2] + "\u00ad" + word[2:],
}


def test_the_table_names_every_command() -> None:
    assert set(WORDS) == set(CommandName) == set(IN_ORDER)
    assert len(IN_ORDER) == len(set(IN_ORDER))


@pytest.mark.parametrize(("key", "word"), EACH)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_command_is_understood_however_it_is_spelt(key: str, word: str, spelling: str) -> None:
    value = " 17" if CommandName(key) in TAKE_VALUE else ""
    parsed = parse_commands(f"Hello\n\n@{SPELLINGS[spelling](word)}{value}", vocabulary())
    assert [(each.name, each.value) for each in parsed.commands] == [(key, value.strip())]
    assert parsed.reply == "Hello"


@pytest.mark.parametrize(("key", "word"), EACH)
def test_a_command_in_a_wrong_form_is_neither_obeyed_nor_sent(key: str, word: str) -> None:
    wrong, problem = (f"@{word}", "missing_value") if CommandName(key) in TAKE_VALUE else (f"@{word} please", "unwanted_value")
    parsed = parse_commands(f"Hello\n\n{wrong}", vocabulary())
    assert [(each.name, each.problem) for each in parsed.ignored] == [(key, problem)]
    assert (parsed.reply, parsed.commands) == ("Hello", ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_that_is_not_configured_does_not_command(language: Language) -> None:
    others = tuple(each for each in LANGUAGES if each != language)
    own = words_of(read_words(language)["command"]["closed"]["words"][0])
    assert vocabulary((language,)).names[own] is CommandName.CLOSED
    assert own not in vocabulary(others).names


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete(language: str) -> None:
    words = read_words(language)
    assert set(words["command"]) == set(CommandName)
    assert set(words["priority"]) == set(Priority)
    for command, entry in words["command"].items():
        assert entry["words"] and entry["meaning"], command
        assert bool(entry.get("value")) == (CommandName(command) in TAKE_VALUE), command
        assert not entry["meaning"].endswith("."), command


def test_no_two_commands_share_a_word() -> None:
    assert vocabulary().clashes == ()


def test_more_words_come_from_the_configuration() -> None:
    words = vocabulary(("en",), (("closed", ("geschlossen", "zu")), ("bcc", ("blinde Kopie",))))
    parsed = parse_commands("Hallo\n@Geschlossen\n@blinde kopie a@x.test\n@zu", words)
    assert [each.name for each in parsed.commands] == ["closed", "bcc", "closed"]


def test_of_two_commands_with_one_word_the_first_keeps_it() -> None:
    words = vocabulary(("en",), (("open", ("Closed", "offen")), ("closed", ("offen", "zu", "**"))))
    assert words.names[("closed",)] is CommandName.CLOSED
    assert words.names[("offen",)] is CommandName.OPEN
    assert words.clashes == (
        Clash("Closed", CommandName.OPEN, CommandName.CLOSED),
        Clash("offen", CommandName.CLOSED, CommandName.OPEN),
        Clash("**", CommandName.CLOSED, None),
    )


def test_the_configuration_names_commands_that_exist() -> None:
    with pytest.raises(ValueError, match="shut"):
        vocabulary(("en",), (("shut", ("zu",)),))


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("high", "high"),
        ("HIGH", "high"),
        (" urgent ", "urgent"),
        ("normal", "normal"),
        ("low", "low"),
        ("высокий", "high"),
        ("Срочно", "urgent"),
        ("обычный", "normal"),
        ("низкий", "low"),
        ("wysoki", "high"),
        ("pilny", "urgent"),
        ("zwykly", "normal"),
        ("niski", "low"),
    ],
)
def test_priorities_have_words_in_every_language(word: str, priority: str) -> None:
    assert vocabulary().priority(word) == priority


@pytest.mark.parametrize("word", ["", "highest", "high low", "5", "важно"])
def test_other_words_are_no_priority(word: str) -> None:
    assert vocabulary().priority(word) is None


def test_the_english_priorities_are_always_understood() -> None:
    assert [vocabulary(("ru",)).priority(each) for each in Priority] == list(Priority)
    assert vocabulary(("ru",)).priority("wysoki") is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("configured", [LANGUAGES, ("en",), ("ru",), ("pl", "ru")])
def test_help_lists_words_that_work(language: Language, configured: tuple[str, ...]) -> None:
    words = vocabulary(configured)
    lines = help_lines(words, language)
    assert len(lines) == len(CommandName)
    parsed = parse_commands("\n".join(each.usage for each in lines), words)
    assert [each.name for each in parsed.commands] == list(IN_ORDER)
    assert [each.meaning for each in lines] == [read_words(language)["command"][name]["meaning"] for name in IN_ORDER]


def test_help_shows_the_language_of_its_reader() -> None:
    assert help_lines(vocabulary(), "pl")[0].usage == "@zamknięte"
    assert help_lines(vocabulary(), "en")[9].usage == "@assignee NAME"
    assert help_lines(vocabulary(("en",)), "ru")[9].usage == "@assignee ИМЯ"


def test_the_data_files_lie_within_the_package_that_is_shipped() -> None:
    """flit ships whatever lies below its module, and Python is not the only thing that does."""
    module = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["flit"]
    folder = Path(ROOT / module["module"]["name"] / "desk" / "commands" / "words")
    assert {each.name for each in folder.iterdir()} == {"closings.toml", "en.toml", "pl.toml", "ru.toml"}
    assert "sdist" not in module or not module["sdist"].get("exclude")
