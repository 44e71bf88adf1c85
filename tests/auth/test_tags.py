"""The one reader of tag lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.tags import names, read_tags, without_signature


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (b"a=1", {"a": "1"}),
        (b" a = 1 ;\r\n\tb=2; ", {"a": "1", "b": "2"}),
        (b"a=1;", {"a": "1"}),
        (b"a=1; \r\n ", {"a": "1"}),
        (b"a=", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=1 2", {"a": "1 2"}),
        (b"A=1; a=2", {"A": "1", "a": "2"}),
        (b"a_1=x", {"a_1": "x"}),
        ("d=пример.test".encode(), {"d": "пример.test"}),
        (b"n=\xff", {"n": "\ufffd"}),
        (b"", None),
        (b" \r\n", None),
        (b";", None),
        (b";a=1", None),
        (b"a=1;;b=2", None),
        (b"a=1;;", None),
        (b"a=1; a=1", None),
        (b"a=1; a =2", None),
        (b"a", None),
        (b"a=1; b", None),
        (b"=1", None),
        (b"1a=1", None),
        (b"a-b=1", None),
        (b"a b=1", None),
        ("а=1".encode(), None),  # a Cyrillic letter
        (b"a=\x00", None),
        (b"a=\x0b", None),
        (b"a=\x7f", None),
    ],
)
def test_read_tags(value: bytes, tags: dict[str, str] | None) -> None:
    assert read_tags(value) == tags


@given(st.binary())
def test_reading_is_total_and_the_values_hold_no_separator(value: bytes) -> None:
    tags = read_tags(value) or {}
    assert not any(";" in content or content != content.strip(" \t\r\n") for content in tags.values())


def test_names() -> None:
    assert names("From : to:\r\n Subject") == ("from", "to", "subject")


@pytest.mark.parametrize(
    ("value", "signed"),
    [
        (b" a=1; b=abc\r\n", b" a=1; b="),
        (b" a=1; b=abc; c=2\r\n", b" a=1; b=; c=2"),
        (b" a=1;\r\n b = ab\r\n c ;\r\n c=2\r\n", b" a=1;\r\n b =;\r\n c=2"),
        (b" bh=abc; b=\r\n", b" bh=abc; b="),
        (b" bh=b=abc; b=x=\r\n", b" bh=b=abc; b="),
        (b" B=abc; b=x \r\n", b" B=abc; b="),
        (b" a=1\r\n", b" a=1"),
    ],
)
def test_a_field_signs_itself_without_its_signature(value: bytes, signed: bytes) -> None:
    assert without_signature(value) == signed
