"""What is wrong with a command or a mail is said in every language, with and without details."""

import re

import pytest

from gateway.domain.commands import Problem
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Language
from gateway.letters.operators import LANGUAGES
from gateway.letters.problems import HELD, MOST_NAMED, WORDS, held_in_words, problem_in_words

DETAILS = {
    Problem.AMBIGUOUS_AGENT: ("Jan Nowak <jan@staff.test>", "Jan Nowak <j.nowak@staff.test>"),
    Problem.INACTIVE_AGENT: ("Ina Gone <ina@staff.test>",),
    Problem.AGENT_ELSEWHERE: ("Dana <dana@staff.test>", "sales"),
    Problem.BAD_ADDRESS: ("anna@", "@client.test"),
    Problem.OWN_ADDRESS: ("support@desk.test",),
    Problem.TOO_MANY: ("50",),
    Problem.TOO_LONG: ("500",),
    Problem.UNKNOWN_PRIORITY: ("low", "normal", "high", "urgent"),
    Problem.UNKNOWN_DEPARTMENT: ("Support", "Продажи"),
    Problem.UNKNOWN_TEMPLATE: ("thanks", "Ещё раз"),
    Problem.FROM_NOT_ALLOWED: ("support@desk.test", "sales@desk.test"),
    Problem.OTHER_DEPARTMENT: ("sales",),
}
"""As `Problem` describes them; the others have none."""
UNSPOKEN = (Problem.INACTIVE_AGENT,)
"""Whose details only repeat what the agent wrote."""

every_problem = pytest.mark.parametrize(("problem", "language"), [(problem, language) for problem in Problem for language in LANGUAGES])


@every_problem
def test_every_problem_is_said_in_every_language(problem: Problem, language: Language) -> None:
    assert is_prose(problem_in_words(problem, (), language), language)
    assert is_prose(problem_in_words(problem, DETAILS.get(problem, ()), language), language)


@every_problem
def test_its_details_are_named(problem: Problem, language: Language) -> None:
    details = DETAILS.get(problem, ()) if problem not in UNSPOKEN else ()
    told = problem_in_words(problem, details, language)
    assert [each for each in details if each not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", HeldCause)
def test_why_mail_is_held_is_said_in_every_language(cause: HeldCause, language: Language) -> None:
    assert is_prose(held_in_words(cause, language), language)


def test_no_two_problems_are_said_alike() -> None:
    for words in WORDS.values():
        assert len({each.told for each in words.values()}) == len(Problem)
    for held in HELD.values():
        assert len(set(held.values())) == len(HeldCause)


def is_prose(text: str, language: Language) -> bool:
    """Whole sentences without a gap, in the alphabet of the language."""
    cyrillic = len(re.findall("[а-яё]", text))
    in_language = cyrillic > 10 if language == "ru" else cyrillic <= len("Продажи Ещё раз")
    return in_language and text[0].isupper() and text.endswith(".") and not re.search(r"[{}]|\s\s|\.\.|: [.,]|None", text)


def test_of_a_long_list_the_beginning_is_named() -> None:
    told = problem_in_words(Problem.UNKNOWN_TEMPLATE, tuple(f"reply {number}" for number in range(200)), "en")
    assert f"reply {MOST_NAMED - 1}, …" in told
    assert f"reply {MOST_NAMED}," not in told


def test_details_are_short_lines_and_never_a_format() -> None:
    told = problem_in_words(Problem.BAD_ADDRESS, ("{0.__class__}", "a\r\nb\0c", "x" * 5000), "en")
    assert "{0.__class__}, a  b c, xxx" in told
    assert len(told) < 400
    assert told.isprintable()
