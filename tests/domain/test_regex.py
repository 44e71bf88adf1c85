"""Regular expressions of rules run on RE2, or are refused with the reason."""

import random

import pytest

from gateway.domain.regex import LONGEST_TEXT, expression, glob, octets
from tests.mail.timing import within_seconds

REFUSED = [
    (r"(?=a)b", "look-around"),
    (r"(?<!x)y", "look-around"),
    (r"(a)\1", "a back-reference"),
    (r"(?P<n>a)(?P=n)", "a back-reference"),
    (r"(?>a)b", "an atomic group or a possessive repetition"),
    (r"a++", "an atomic group or a possessive repetition"),
    (r"(a)?(?(1)b|c)", "a condition within the expression"),
    (r"a(?#why)", "a comment within the expression"),
    (r"a\Z", r"\Z: write \z"),
    ("\\u0430", r"\u: write the character itself"),
    (r"(a", "RE2 says: missing ): (a"),
    (r"a)", "RE2 says: unexpected ): a)"),
    (r"[z-a]", "RE2 says: invalid character class range: z-a"),
    (r"a{2000}", "RE2 says: invalid repetition size: {2000}"),
    (r"\pL{100}", "it is too large"),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_what_re2_cannot_run_is_refused_with_the_reason(source: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:
        expression(source)
    assert reason in str(refused.value)


FOUND = [
    (r"^second$", "first\nsecond\nthird", True),
    (r"\Asecond", "first\nsecond", False),
    (r"first.second", "first\nsecond", False),
    (r"ПРИВЕТ", "ну привет", True),
    (r"(?-i)ПРИВЕТ", "ну привет", False),
    (r"\p{Cyrillic}{3}", "да, нет", True),
    (r"ł+$", "ŁŁ", True),
    (r"a\z", "a\n", False),
    (r"\x{1F600}", "😀", True),
    (r"", "", True),
]


@pytest.mark.parametrize(("source", "text", "expected"), FOUND)
def test_where_it_is_found(source: str, text: str, expected: bool) -> None:
    assert expression(source).found_in([octets(text)]) is expected


GLOBS = [
    ("*", "", True),
    ("*@ads.test", "x@ads.test", True),
    ("*@ads.test", "x@ads.test\n", False),
    ("*@ads.test", "x@adsxtest", False),
    ("a?c", "abc", True),
    ("a?c", "aЖc", True),
    ("a?c", "ac", False),
    ("[ab]*(x)|^$", "[ab]...(X)|^$", True),
    ("a*b*c", "a\nb\nc", True),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), GLOBS)
def test_a_glob_is_about_the_whole_text(pattern: str, text: str, expected: bool) -> None:
    assert glob(pattern).found_in([octets(text)]) is expected


def test_half_a_character_does_no_harm() -> None:
    assert expression("b").found_in([octets("a\ud800b")])


# Each of them takes a backtracking engine for ever, or RE2 to its slowest engine.
CRUEL = [
    (r"(x+x+)+y", "x"),
    (r"(a|a)*b", "a"),
    (r"^(\w+\s?)*$", "w w!"),
    (r"(a|b)*a(a|b){500}[cd]", "ab"),
    (r"a[ab]{900}[cd]", "ab"),
    (r"(?s).*a.*b.*c.*d", "abc"),
    (r"[а-я]{100}[xy]", "абв"),
]


@pytest.mark.parametrize(("source", "letters"), CRUEL)
def test_the_cruellest_expression_is_done_in_a_moment(source: str, letters: str) -> None:
    text = octets("".join(random.Random(1).choices(letters, k=2 * LONGEST_TEXT)))
    prepared = expression(source)
    with within_seconds(5):
        assert not prepared.found_in([text])


def test_a_large_expression_looks_at_less_of_the_text() -> None:
    small, large = expression("z$"), expression(r"a[ab]{900}z")
    assert small.reach() == LONGEST_TEXT
    assert 10_000 < large.reach() < LONGEST_TEXT
    assert small.found_in([b"a" * (LONGEST_TEXT - 1) + b"z"])
    assert not small.found_in([b"a" * LONGEST_TEXT + b"z"])


def test_many_expressions_share_the_work_and_one_counts_what_it_has_looked_at() -> None:
    prepared = expression("z$")
    assert prepared.reach(4) == prepared.reach(1) == LONGEST_TEXT
    alone, among_many = expression(r"a[ab]{900}z").reach(1), expression(r"a[ab]{900}z").reach(100)
    assert among_many == pytest.approx(alone / 25, abs=1)
    far = [b"a" * (prepared.reach(100_000) - 1), b"z"]
    assert prepared.found_in(far, 100_000)
    assert not prepared.found_in([b"a", *far], 100_000)
