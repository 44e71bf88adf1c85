"""How texts are cut into words, and what those are compared by."""

import unicodedata

import pytest

from gateway.search.words import composed, folded, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Printer on fire!", ["printer", "on", "fire"]),
        ("Żółta ŁÓDŹ", ["zolta", "lodz"]),
        ("Ещё счёт, й", ["еще", "счет", "й"]),
        ("Straße Ærø café", ["strasse", "æro", "cafe"]),
        ("INV-2024/001", ["inv", "2024", "001"]),
        ("anna@client.test", ["anna", "client", "test"]),
        ("[#12] snake_case", ["12", "snake", "case"]),
        ("退款ABC", ["退", "款", "abc"]),
        ("x" * 100, ["x" * 60]),
        (" \n\t…", []),
    ],
)
def test_a_text_is_cut_at_whatever_is_no_letter_or_digit(text: str, words: list[str]) -> None:
    assert [each.folded for each in words_of(composed(text))] == words


def test_marks_that_stand_apart_from_their_letters_make_the_same_words() -> None:
    apart = unicodedata.normalize("NFD", "Żółta łódź, ещё й")
    assert [each.folded for each in words_of(composed(apart))] == ["zolta", "lodz", "еще", "й"]


def test_a_word_knows_where_it_stands() -> None:
    text = "Na fakturze 退款"
    assert [text[each.start : each.end] for each in words_of(text)] == ["Na", "fakturze", "退", "款"]


def test_cyrillic_short_i_is_a_letter_of_its_own() -> None:
    assert folded("Чай") == "чай" != folded("чаи")
