"""What each built-in letter says in each language, word for word. After a change of words: `pytest tests/letters --snapshot-update`."""

import pytest
from syrupy.assertion import SnapshotAssertion

from gateway.domain.notifications import NOTIFIED
from gateway.domain.organisation import Language
from gateway.domain.states import LetterKind, Status
from gateway.letters.built_in import built_in
from gateway.letters.examine import faults_of, gaps
from gateway.letters.facts import ArticleFacts, Audience
from gateway.letters.operators import LANGUAGES
from gateway.letters.samples import WORDS, bare_facts
from gateway.letters.write import write_letter
from tests.letters.values import BUILT_IN, LETTERS, letter_facts

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


@in_each_language
@pytest.mark.parametrize(("kind", "audience"), LETTERS)
def test_a_letter_word_for_word(kind: LetterKind, audience: Audience | None, language: Language, snapshot: SnapshotAssertion) -> None:
    written = write_letter(letter_facts(kind, language, audience))
    assert f"Subject: {written.subject}\n\n{written.text}" == snapshot(name="text")
    assert written.html == snapshot(name="html")


@in_each_language
@pytest.mark.parametrize(("kind", "audience"), LETTERS)
def test_a_letter_with_little_to_tell(kind: LetterKind, audience: Audience | None, language: Language, snapshot: SnapshotAssertion) -> None:
    written = write_letter(bare_facts(kind, language, audience))
    assert f"Subject: {written.subject}\n\n{written.text}" == snapshot


@in_each_language
@pytest.mark.parametrize("news", Status)
def test_a_reply_tells_of_the_status_that_came_with_it(news: Status, language: Language, snapshot: SnapshotAssertion) -> None:
    assert write_letter(letter_facts(LetterKind.AGENT_REPLY, language, news=news)).text == snapshot


@in_each_language
def test_a_strangers_words_come_with_a_warning(language: Language, snapshot: SnapshotAssertion) -> None:
    facts = letter_facts(LetterKind.CLIENT_REPLY, language, article=ArticleFacts(WORDS[language], (), verified=False))
    assert write_letter(facts).text == snapshot


@in_each_language
def test_a_rule_points_agents_to_a_ticket(language: Language, snapshot: SnapshotAssertion) -> None:
    facts = letter_facts(LetterKind.NOTE, language, why="overdue: it has waited 4 hours for an answer", article=ArticleFacts())
    assert write_letter(facts).text == snapshot


def test_each_language_has_the_same_letters() -> None:
    by_language = {language: {path.partition("/")[2] for path in built_in().files if path.startswith(language)} for language in LANGUAGES}
    assert by_language["ru"] == by_language["en"]
    assert by_language["pl"] == by_language["en"]


def test_every_event_that_somebody_can_be_told_of_has_a_letter() -> None:
    forwarding = {LetterKind.FORWARDING_FAILED, LetterKind.FORWARDING_RESTORED}
    assert {*NOTIFIED, *forwarding, LetterKind.HELD, LetterKind.RECEIPT, LetterKind.DIGEST, LetterKind.VERIFICATION} == set(BUILT_IN)


@pytest.mark.parametrize("kind", NOTIFIED)
def test_every_event_has_words_for_those_inside_and_those_outside(kind: LetterKind) -> None:
    inside, outside = (built_in().find(kind, reader, "en") for reader in ("staff", "client"))
    assert inside is not None
    assert outside is not None
    assert inside.text != outside.text


def test_the_built_in_templates_pass_the_examination_of_an_operators() -> None:
    assert faults_of(built_in()) == ()
    assert gaps(built_in()) == ()
