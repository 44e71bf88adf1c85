from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.dates import read_date
from gateway.mail.ids import normalise_id, read_id, read_ids


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@b>", "a@b"),
        ("  <a@b> (comment)", "a@b"),
        ("a@b", "a@b"),
        ("<a @b>", "a@b"),
        ("<A@B>", "A@B"),
        ("<[", "["),
        ("<a@b", "a@b"),
        ("<<a@b>>", "a@b"),
        ("plain-id", "plain-id"),
        ("<a@[1.2.3.4]>", "a@[1.2.3.4]"),
        ("<>", None),
        ("", None),
        ("  ", None),
    ],
)
def test_a_message_id_is_read_however_it_is_broken(value: str, expected: str | None) -> None:
    assert read_id(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@b> <c@d>", ("a@b", "c@d")),
        ("<a@b><c@d>", ("a@b", "c@d")),
        ("<a@b>, <c@d>", ("a@b", "c@d")),
        ("a@b c@d", ("a@b", "c@d")),
        ("Your message of Monday <a@b>", ("a@b",)),
        ('Message from "Ann" of Monday', ()),
        ("<a@b> <a@b>", ("a@b",)),
        (
            "=?utf-8?q?=3C0102018f3a5b7c2d-1c6f2a90-000000=40email=2Eamaz?= =?utf-8?q?onses=2Ecom=3E?= <c@d>",
            ("0102018f3a5b7c2d-1c6f2a90-000000@email.amazonses.com", "c@d"),
        ),
        ("=?utf-8?q?=3Ca=00=40=0D=0Ab=3E?=", ("a@b",)),
        ("<a@b", ("a@b",)),
        ("", ()),
    ],
)
def test_ancestors_are_read(value: str, expected: tuple[str, ...]) -> None:
    assert read_ids(value) == expected


def test_the_newest_of_very_many_ancestors_are_kept() -> None:
    ids = read_ids(" ".join(f"<{number}@b>" for number in range(2000)))
    assert len(ids) == 500
    assert ids[-1] == "1999@b"


@given(st.text(max_size=80))
def test_a_normalised_id_stays_the_same(text: str) -> None:
    once = normalise_id(text)
    assert normalise_id(once) == once
    assert "\x00" not in once


NOON = datetime(2024, 3, 5, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "Tue, 5 Mar 2024 12:00:00 +0000",
        "Tue, 5 Mar 2024 15:00:00 +0300 (MSK)",
        "5 Mar 2024 12:00 GMT",
        "Tue,  5 Mar 2024 07:00:00 EST",
        "Mon, 5 Mar 2024 12:00:00 +0000",
        "Tue, 05 Mar 24 12:00:00 +0000",
        "2024-03-05T12:00:00Z",
        "2024-03-05 15:00:00 +03:00",
        "Tue Mar  5 12:00:00 2024",
        "Tue, 05 Mar 2024 12.00.00 +0000",
        "Tue, 5 Mar 2024 15:00:00 GMT+03:00",
    ],
)
def test_a_date_is_read_as_utc(value: str) -> None:
    assert read_date(value) == NOON


@pytest.mark.parametrize(
    "value", ["", "yesterday", "Tue, 99 Foo 2024", "0", "1 Jan 99999 00:00:00 +0000", "31 Feb 2024 12:00:00 +0000", "\x00" * 50]
)
def test_what_is_no_date_is_none(value: str) -> None:
    assert read_date(value) is None


@given(st.text(alphabet="0123456789:+-, MarTueGMTZ()", max_size=60))
def test_any_date_is_aware_or_none(value: str) -> None:
    read = read_date(value)
    assert read is None or read.tzinfo is not None
