"""What each built-in letter says in each language, word for word. After a change of words: `pytest tests/letters --snapshot-update`."""

import pytest
from syrupy.assertion import SnapshotAssertion

from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind
from gateway.letters.facts import ArticleFacts
from gateway.letters.write import write_letter
from tests.letters.values import BUILT_IN, LANGUAGES, TEMPLATES, WORDS, letter_facts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BUILT_IN)
def test_a_letter_word_for_word(kind: LetterKind, language: Language, snapshot: SnapshotAssertion) -> None:
    written = write_letter(letter_facts(kind, language))
    assert f"Subject: {written.subject}\n\n{written.text}" == snapshot(name="text")
    assert written.html == snapshot(name="html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_strangers_words_come_with_a_warning(language: Language, snapshot: SnapshotAssertion) -> None:
    facts = letter_facts(LetterKind.CLIENT_REPLY, language, article=ArticleFacts(WORDS[language], (), verified=False))
    assert write_letter(facts).text == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_built_in_letters_and_no_other(language: Language) -> None:
    assert sorted(path.stem for path in (TEMPLATES / language).iterdir()) == [*BUILT_IN]


def test_the_letters_that_the_desk_sends_are_all_built_in() -> None:
    sent = {"registered", "new_ticket", "client_reply", "agent_reply", "held", "failed_delivery", "receipt", "note", "assigned"}
    assert sent <= set(BUILT_IN)
