"""What people type, as PostgreSQL is asked."""

import pytest

from gateway.search.query import LONGEST, MOST_TERMS, read, tsquery

STEMS = {"the": None, "and": None, "invoices": "invoic", "printers": "printer", "счета": "счет", "to": None, "be": None}


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("invoices", "(('invoic' | '/invoices'))"),
        ("счета", "('счет')"),
        ("счета printers", "('счет') & (('printer' | '/printers'))"),
        ("счета -printers", "('счет') & !(('printer' | '/printers'))"),
        ("INV-7", "(('inv' | '/inv') <1> '7')"),
        ('"счета and 7"', "('счет' <2> '7')"),
        ('"счета', "('счет')"),
        ("prin*", "(('prin':* | 'prin' | '/prin'))"),
        ("77*", "(('77':* | '77'))"),
        ("a*", "(('a' | '/a'))"),
        ("#12", "'#12' | '12'"),
        ("12", "'#12' | '12'"),
        ("the and", None),
        ("-printers", None),
        ("'); DROP TABLE tickets; --", "(('drop' | '/drop')) & (('table' | '/tabl')) & (('tickets' | '/tickets'))"),
        ("!!! & | <->", None),
        ("", None),
    ],
)
def test_words_phrases_exclusions_and_beginnings(asked: str, query: str | None) -> None:
    assert tsquery(read(asked), STEMS) == query


def test_what_is_asked_for_is_bounded() -> None:
    assert len(read(" ".join(f"w{each}" for each in range(1000))).terms) <= MOST_TERMS
    assert sum(len(word) for term in read("x y " * LONGEST).terms for word in term.words) <= LONGEST
