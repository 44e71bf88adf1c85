"""Macros, filters and the names that Creatio gives: that each one works, and that docs/letters.md tells of all of them and of no other."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.letters.examine import faults_of
from gateway.letters.facts import TicketFacts
from gateway.letters.filters import FILTERS, plural_categories
from gateway.letters.macros import CREATIO, LOOP, MACROS
from gateway.letters.operators import LANGUAGES, Templates
from gateway.letters.samples import sample_facts
from gateway.letters.values import values
from gateway.letters.write import write_letter
from tests.letters.values import BUILT_IN
from tests.packaging.tree import ROOT

PAGE = (ROOT / "docs" / "letters.md").read_text()
EVENT = LetterKind.REGISTERED


def said(words: str, language: Language = "en", **changes: Any) -> str:
    """The letter's text alone, as a template of these words makes it."""
    written = write_letter(
        sample_facts(EVENT, language, **changes), Templates.from_files({f"{language}/registered.txt": f"Subject: x\n\n{words}"})
    )
    assert written.faults == ()
    return written.text.partition("\n\n")[2].rstrip("\n")


def reached(path: str) -> object:
    """What the macro of this path is in a full letter, the first of each list."""
    found: object = values(sample_facts(LetterKind.RESOLVED, "en"), markup=False)
    for each in path.split("."):
        assert isinstance(found, dict)
        found = found[each.removesuffix("[]")]
        if each.endswith("[]"):
            assert isinstance(found, list)
            found = found[0]
    return found


@pytest.mark.parametrize("path", MACROS)
def test_every_macro_is_there(path: str) -> None:
    wanted = {"list": list, "flag": bool, "number": int | str}.get(MACROS[path], object)
    assert isinstance(reached(path), wanted)


def test_there_are_no_macros_besides() -> None:
    def paths(value: object, before: str) -> set[str]:
        match value:
            case dict():
                return {path for name, inner in value.items() for path in paths(inner, f"{before}.{name}" if before else name)}
            case list():
                return {before, *paths(value[0], f"{before}[]")}
            case _:
                return {before}

    assert paths(values(sample_facts(LetterKind.RESOLVED, "en"), markup=False), "") == set(MACROS)


def documented(section: str) -> list[str]:
    """The names in the first column of a section's tables."""
    body = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [name for row in re.findall(r"(?m)^\| (`.+?) \|", body) for name in re.findall(r"`([^`]+)`", row)]


def test_the_page_tells_of_every_macro_and_of_no_other() -> None:
    assert sorted(documented("Macros")) == sorted([*MACROS, *LOOP])


def test_the_page_tells_of_every_filter_and_of_no_other() -> None:
    assert sorted(documented("Filters")) == sorted(FILTERS)


def test_the_page_tells_of_every_name_of_creatios_and_of_no_other() -> None:
    assert sorted(each[2:-2].casefold() for each in documented("Creatio")) == sorted(CREATIO)


def test_the_page_tells_of_every_event() -> None:
    assert sorted(documented("Names")) == sorted(BUILT_IN)


def test_the_pages_examples_are_correct() -> None:
    examples = re.findall(r"(?ms)^`((?:en|ru|pl)/[^`]+)`:\n\n```\w*\n(.*?)^```$", PAGE)
    assert len(examples) >= 2
    assert faults_of(Templates.from_files(dict(examples))) == ()


@pytest.mark.parametrize("name", CREATIO)
def test_creatios_name_is_the_macro_of_ours(name: str) -> None:
    ours = said(f"{{{{ {CREATIO[name]} }}}}")
    assert said(f"[#{name}#]") == said(f"[#{name.upper()}#]") == said(f"[# {name.title()} #]") == ours


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("[#Number#] and {{ ticket.number }}", "17 and 17"),
        ("[#ticket.number#]", "17"),
        ("[#{{ ticket.number }}]", "[#17]"),
        ("[#12] stays, and so does # [ # ]", "[#12] stays, and so does # [ # ]"),
        ("{# [#Nonsense#] #}x", "x"),
        ("{% if client.name %}[#Contact#]{% endif %}", "Anna Petrowa"),
        ("[#Number#][#Number#]\n[#Status#]", "1717\nnew"),
    ],
)
def test_both_ways_of_writing_macros(words: str, shown: str) -> None:
    assert said(words) == shown


@pytest.mark.parametrize(
    ("words", "language", "shown"),
    [
        ('{{ 1 | plural("ticket", "tickets") }}', "en", "ticket"),
        ('{{ 0 | plural("ticket", "tickets") }}', "en", "tickets"),
        *(
            (f'{{{{ {count} | plural("обращение", "обращения", "обращений") }}}}', "ru", form)
            for count, form in (
                (1, "обращение"), (2, "обращения"), (5, "обращений"), (11, "обращений"), (21, "обращение"), (22, "обращения"),
                (112, "обращений"), (1.5, "обращения"),
            )
        ),
        *(
            (f'{{{{ {count} | plural("zgłoszenie", "zgłoszenia", "zgłoszeń") }}}}', "pl", form)
            for count, form in (
                (1, "zgłoszenie"), (2, "zgłoszenia"), (5, "zgłoszeń"), (12, "zgłoszeń"), (21, "zgłoszeń"), (22, "zgłoszenia"),
                (1.5, "zgłoszenia"),
            )
        ),
        ("{{ ticket.created | date }}", "en", "May 1, 2025"),
        ("{{ ticket.created | date }}", "ru", "1 мая 2025 г."),
        ("{{ ticket.created | date }}", "pl", "1 maja 2025"),
        ('{{ ticket.created | date("short") }}', "ru", "01.05.2025"),
        ("{{ ticket.created | time }}", "ru", "14:03 UTC"),
        ("{{ ticket.created }}", "en", "May 1, 2025, 2:03 PM UTC"),
        ("{{ ticket.created }}", "pl", "1 maja 2025, 14:03 UTC"),
        ("{{ 1234567.5 | number }}", "en", "1,234,567.5"),
        ("{{ 1234567.5 | number }}", "ru", "1\xa0234\xa0567,5"),
        ("{{ 1234567.5 | number }}", "pl", "1\xa0234\xa0567,5"),
        ('{{ ticket.tags | join(" + ") | upper }}', "en", "PRINTER + FIRE"),
        ('{{ client.name or "you" }}, {{ article.files | length }}', "en", "Anna Petrowa, 2"),
        ("{{ ticket.subject | truncate(9) }}", "en", "Printe..."),
        ("{{ client.address | urlencode }}", "en", "anna%40client.example"),
        ("{% for each in ticket.tags %}{{ loop.index }}/{{ loop.length }} {{ each }}{{ '' if loop.last else ', ' }}{% endfor %}", "en",
         "1/2 printer, 2/2 fire"),
        ('{% if "fire" in ticket.tags and event in ("registered", "closed") %}hot{% endif %}', "en", "hot"),
        ("{{ ticket.status }}, {{ ticket.priority }}", "ru", "новое, высокий"),
        ("{{ ticket.status }}, {{ ticket.priority }}", "pl", "nowe, wysoki"),
    ],
)  # fmt: skip
def test_a_filter_speaks_the_letters_language(words: str, language: Language, shown: str) -> None:
    assert said(words, language) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_are_as_many_as_the_language_has(language: Language) -> None:
    assert len(plural_categories(language)) == (2 if language == "en" else 3)


def test_times_are_in_the_desks_zone() -> None:
    ticket = TicketFacts(17, "x", created=datetime(2025, 5, 1, 23, 30, tzinfo=UTC))
    warsaw = timezone(timedelta(hours=2), "CEST")
    assert said("{{ ticket.created }}", "pl", ticket=ticket, zone=warsaw) == "2 maja 2025, 01:30 CEST"


def test_what_there_is_none_of_is_empty() -> None:
    assert (
        said(
            "[{{ ticket.created | date }}{{ ticket.created | time }}{{ ticket.number | number }}{{ ticket.category }}]",
            ticket=TicketFacts(None, "x"),
        )
        == "[]"
    )
