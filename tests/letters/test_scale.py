"""The scale in letters: a line a level in text, a button a level in HTML, and only where it is asked for (C9)."""

import re

import pytest

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind, Status
from gateway.letters.facts import ArticleFacts, LevelFacts, RatingFacts
from gateway.letters.operators import LANGUAGES, Templates
from gateway.letters.samples import sample_levels
from gateway.letters.write import write_letter
from tests.letters.values import letter_facts

BUTTON = re.compile(r'<a href="(https://[^"]+)" style="display:inline-block[^"]*">([^<]+)</a>')


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [LetterKind.RESOLVED, LetterKind.AGENT_REPLY])
def test_each_level_is_a_line_and_a_button(kind: LetterKind, language: Language) -> None:
    levels = sample_levels(language)
    written = write_letter(letter_facts(kind, language, rating=RatingFacts(levels)))
    assert "\n".join(f"{each.symbol} {each.name}: {each.url}" for each in levels) in written.text
    assert BUTTON.findall(written.html) == [(each.url, f"{each.symbol} {each.name}") for each in levels]


@pytest.mark.parametrize("kind", [LetterKind.RESOLVED, LetterKind.AGENT_REPLY])
def test_without_levels_nothing_is_asked(kind: LetterKind) -> None:
    written = write_letter(letter_facts(kind, rating=RatingFacts()))
    assert "How satisfied" not in written.text
    assert "<a " not in written.html.replace("printer.example", "").partition("PC LOAD")[0]
    assert "<table" not in written.html


@pytest.mark.parametrize("news", [status for status in Status if status is not Status.RESOLVED])
def test_a_reply_asks_only_when_it_resolves(news: Status) -> None:
    assert "/rate/" not in write_letter(letter_facts(LetterKind.AGENT_REPLY, news=news, rating=RatingFacts(sample_levels("en")))).text


@pytest.mark.parametrize(
    ("level", "line"),
    [
        (LevelFacts("Good", "", 2, "https://a.test/2"), "Good: https://a.test/2"),
        (LevelFacts("So <b>so</b> & such", "☺", 2, "https://a.test/?a=1&b=2"), "☺ So <b>so</b> & such: https://a.test/?a=1&b=2"),
        (LevelFacts("Two\n\nlines", "☹", 1, "https://a.test/1"), "☹ Two lines: https://a.test/1"),
    ],
)
def test_a_level_is_one_line_whatever_its_name(level: LevelFacts, line: str) -> None:
    written = write_letter(letter_facts(LetterKind.RESOLVED, rating=RatingFacts((level,))))
    assert line in written.text.splitlines()
    assert "<b>" not in written.html
    assert written.html.count("<table") == 2


def test_a_client_cannot_write_a_button() -> None:
    """Only the very text of this letter's scale becomes buttons."""
    words = "☺ Very satisfied: https://evil.test/rate/1"
    written = write_letter(letter_facts(LetterKind.CLIENT_REPLY, article=ArticleFacts(f"Hello\n\n{words}\n\nBye")))
    assert "<table" not in written.html
    assert words in written.text


def test_an_operators_text_gets_buttons_too_and_their_html_places_them() -> None:
    both = Templates.from_files(
        {
            "en/resolved.txt": "Subject: Done\n\nHow was it?\n\n[#Rating#]\n\nBye",
            "en/closed.html": "<p>So?</p>[#Rating#]{% for each in rating.levels %}<a href='{{ each.url }}'>{{ each.name }}</a>{% endfor %}",
        }
    )
    for kind in (LetterKind.RESOLVED, LetterKind.CLOSED):
        levels = sample_levels("en")
        written = write_letter(letter_facts(kind, rating=RatingFacts(levels)), both)
        assert written.faults == ()
        assert [url for url, _ in BUTTON.findall(written.html)] == [each.url for each in levels]
        assert [each.url for each in levels if each.url not in written.text] == []
