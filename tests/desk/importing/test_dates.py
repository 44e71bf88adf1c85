"""Times of other desks: what can be told for certain, and what not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.desk.importing.dates import Order, read_moment

AT = datetime(2024, 11, 5, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("2024-11-05T09:30:00Z", None),
        ("2024-11-05 09:30:00 UTC", None),
        ("2024-11-05T10:30:00.000+01:00", None),
        ("2024-11-05T09:30.000Z", None),
        ("2024/11/05 09:30", None),
        ("05.11.2024 09:30", None),
        ("05/11/2024 09:30 AM", "dmy"),
        ("11/5/24 9:30 AM", "mdy"),
        ("05 Nov 2024 09:30 AM", None),
        ("5-Nov-2024 09:30:00", None),
        ("Nov 5, 2024, 9:30 AM", None),
        ("Tue, 05 Nov 2024 09:30:00 +0000", None),
        ("5 ноября 2024 09:30", None),
        ("5 lis 2024 09:30", None),
    ],
)
def test_a_time_is_read(written: str, order: Order | None) -> None:
    assert read_moment(written, order, UTC) == AT


@pytest.mark.parametrize(
    "written",
    [
        "05/11/2024 09:30",
        "5-11-2024",
        "yesterday",
        "2024-13-05",
        "2024-11-05 25:00",
        "1600-01-01",
        "45601.39583",
        "05 Foo 2024",
        "2024-11-05 at 9",
    ],
)
def test_what_may_be_two_days_or_none_is_not_guessed(written: str) -> None:
    assert read_moment(written, None, UTC) is None


def test_a_number_above_twelve_is_the_day() -> None:
    assert read_moment("25/11/2024", None, UTC) == read_moment("11/25/2024", "dmy", UTC) == datetime(2024, 11, 25, tzinfo=UTC)


def test_noon_and_midnight() -> None:
    assert read_moment("2024-11-05 12:00 AM", None, UTC) == datetime(2024, 11, 5, tzinfo=UTC)
    assert read_moment("2024-11-05 12:00 PM", None, UTC) == datetime(2024, 11, 5, 12, tzinfo=UTC)


def test_a_time_without_a_zone_is_of_the_zone_that_was_said() -> None:
    assert read_moment("2024-11-05 10:30", None, ZoneInfo("Europe/Warsaw")) == AT
