"""Where a text says what was asked for."""

import pytest

from gateway.search.query import read
from gateway.search.snippet import beginning, marked, snippet, wanted

STEMS = {"invoices": "invoic", "invoice": "invoic", "the": None, "счета": "счет", "счет": "счет"}


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("invoices", "Where is the invoice?", ["invoice"]),
        ("счета", "Пришлите счёт.", ["счёт"]),
        ("faktura", "Na fakturze <b>", ["fakturze"]),
        ("print*", "printing it", ["printing"]),
        ("INV-7", "See INV-7 there", ["INV", "7"]),
        ("invoices -printer", "The invoice of the printer", ["invoice"]),
    ],
)
def test_words_are_found_in_any_of_their_forms(asked: str, text: str, found: list[str]) -> None:
    pieces = snippet(text, wanted(read(asked), STEMS), STEMS)
    assert pieces is not None
    assert [each.text for each in pieces if each.found] == found
    assert "".join(each.text for each in pieces) == text


def test_a_long_text_is_cut_where_most_of_the_words_stand() -> None:
    text = f"faktura {'and so on ' * 100} faktura 77 za zamówienie {'and so on ' * 100}"
    pieces = snippet(text, wanted(read("zamówienia faktury 77"), {}), {})
    assert pieces is not None
    shown = "".join(each.text for each in pieces)
    assert [each.text for each in pieces if each.found] == ["faktura", "77", "zamówienie"]
    assert len(shown) < 300
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_a_text_without_the_words_has_no_piece() -> None:
    assert snippet("Nothing of it", wanted(read("faktura"), {}), {}) is None
    assert [each.found for each in marked("Nothing of it", wanted(read("faktura"), {}), {})] == [False]


def test_a_beginning_is_one_line_of_whole_words() -> None:
    [piece] = beginning("one\n\ntwo " + "words " * 100)
    assert piece.text.startswith("one two words")
    assert piece.text.endswith("words …")
    assert beginning("  \n") == ()
