"""What pages say: in every language all of it, and in the one that is asked for."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_args

import pytest

from gateway.domain.language import Language
from gateway.web.pages import day
from gateway.web.words import WORDS, Notice, Words, preferred


def test_every_language_says_everything_and_fills_in_the_same() -> None:
    assert set(WORDS) == set(get_args(Language))
    for each in fields(Words):
        said = [getattr(words, each.name) for words in WORDS.values()]
        texts = [part for one in said for part in ((one.title, one.text) if isinstance(one, Notice) else (one,))]
        assert all(text.strip() == text and text for text in texts)
        assert len({frozenset(re.findall(r"\{\w+\}", text)) for text in texts}) == 1


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("pl-PL,pl;q=0.9,en;q=0.8", "pl"),
        ("en;q=0.1, ru;q=0.9", "ru"),
        ("de, fr", "en"),
        ("de, ru;q=0.001", "ru"),
        ("ru;q=0, pl;q=0.1", "pl"),
        ("pl, ru", "pl"),
        ("ru;q=x", "en"),
        ("*", "en"),
        (",;q=,;;", "en"),
        ("ru" * 10000, "en"),
    ],
)
def test_a_browsers_wish_is_followed_where_we_can(accepted: str, language: Language) -> None:
    assert preferred(accepted, "en") == language


@pytest.mark.parametrize(("language", "told"), [("en", "1 May 2026"), ("ru", "1 мая 2026"), ("pl", "1 maja 2026")])
def test_a_day_is_told_as_the_language_writes_it(language: Language, told: str) -> None:
    assert day(datetime(2026, 5, 1, 23, 30, tzinfo=UTC), language) == told
