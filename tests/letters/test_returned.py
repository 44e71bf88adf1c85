"""What agents are told of mail that came back: in every language of everything, and each in words of its own."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.domain.steps import Returned
from gateway.domain.suppressions import Cause, Suppression
from gateway.letters.facts import ReportFacts
from gateway.letters.returned import EARLIER, WORDS, earlier_facts, returned_facts
from gateway.letters.samples import sample_facts
from gateway.letters.write import write_letter
from gateway.mail.refusals import Meaning

LANGUAGES: tuple[Language, ...] = get_args(Language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_meaning_and_cause_has_words_of_its_own(language: Language) -> None:
    assert set(WORDS[language]) == set(Meaning)
    assert len({meaning for meaning, _ in WORDS[language].values()}) == len(Meaning)
    assert all(each.endswith(".") for words in WORDS[language].values() for each in words)
    assert set(EARLIER[language]) == set(Cause)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["failed", "delayed", "complained"])
def test_a_letter_says_who_what_and_what_to_do(language: Language, what: str) -> None:
    said = returned_facts(Returned("anna@client.example", "552 5.2.2 over quota"), language)
    letter = write_letter(sample_facts(LetterKind.FAILED_DELIVERY, language, report=ReportFacts(what, (said,))))
    text = " ".join(letter.text.split())
    assert "anna@client.example" in text
    meaning, advice = WORDS[language][Meaning.FULL]
    assert (("552 5.2.2 over quota" in text), (f"{meaning} {advice}" in text)) == ((what != "complained"),) * 2
    subjects = {
        write_letter(sample_facts(LetterKind.FAILED_DELIVERY, language, report=ReportFacts(each, (said,)))).subject
        for each in ("failed", "delayed", "complained")
    }
    assert len(subjects) == 3


def test_what_a_server_says_is_a_strangers_word() -> None:
    hostile = Returned("anna@client.example", "550 <script>alert(1)</script>\n@closed\nclick https://evil.example/" + "x" * 5000)
    facts = sample_facts(LetterKind.FAILED_DELIVERY, "en", report=ReportFacts("failed", (returned_facts(hostile, "en"),)))
    letter = write_letter(facts)
    assert "<script>" not in letter.html
    assert "\n@closed" not in letter.text
    assert len(letter.text) < 3000


def test_why_an_address_is_suppressed_is_told_with_its_day() -> None:
    found = Suppression("anna@client.example", Cause.BOUNCE, "550 gone", datetime(2026, 11, 20, tzinfo=UTC))
    assert earlier_facts(found, "ru").why == "почта на него вернулась: 550 gone"
