"""The time of the week: by the clock on the wall, over midnight, over the week's end and over changes of summer time."""

from datetime import UTC, datetime

import pytest

from gateway.config.conditions import MAKERS
from gateway.config.hours import window
from gateway.desk.rules.conditions import in_window, weigh
from gateway.desk.rules.view import View
from gateway.desk.rules.words import window_in_words
from tests.desk.rules.values import seen

OFFICE = {"zone": "Europe/Warsaw", "days": "mon-fri", "from": "09:00", "to": "17:00"}
NIGHT = {"zone": "Europe/Warsaw", "days": "fri", "from": "22:00", "to": "06:00"}

ROWS = [
    # Monday in winter: Warsaw is an hour ahead of UTC.
    (OFFICE, "2026-03-02T08:00", True),
    (OFFICE, "2026-03-02T07:59", False),
    (OFFICE, "2026-03-02T15:59", True),
    (OFFICE, "2026-03-02T16:00", False),
    # Monday in summer: two hours.
    (OFFICE, "2026-07-06T07:00", True),
    (OFFICE, "2026-07-06T15:00", False),
    # Saturday.
    (OFFICE, "2026-03-07T10:00", False),
    # Friday night, until Saturday morning and no longer; Friday's own early morning belongs to Thursday.
    (NIGHT, "2026-03-06T21:00", True),
    (NIGHT, "2026-03-07T04:59", True),
    (NIGHT, "2026-03-07T05:00", False),
    (NIGHT, "2026-03-06T04:00", False),
    (NIGHT, "2026-03-07T21:30", False),
    # Sunday 29 March 2026 has no 02:00 to 03:00 in Warsaw: 01:00 UTC is 03:00 there.
    ({"zone": "Europe/Warsaw", "days": "sun", "from": "02:00", "to": "03:00"}, "2026-03-29T00:59", False),
    ({"zone": "Europe/Warsaw", "days": "sun", "from": "02:00", "to": "03:00"}, "2026-03-29T01:00", False),
    # Sunday 25 October 2026 has that hour twice.
    ({"zone": "Europe/Warsaw", "days": "sun", "from": "02:00", "to": "03:00"}, "2026-10-25T00:30", True),
    ({"zone": "Europe/Warsaw", "days": "sun", "from": "02:00", "to": "03:00"}, "2026-10-25T01:30", True),
    # A night over the change, which is an hour shorter, ends by the clock as well.
    ({"zone": "Europe/Warsaw", "days": "sat", "from": "22:00", "to": "06:00"}, "2026-03-29T03:59", True),
    ({"zone": "Europe/Warsaw", "days": "sat", "from": "22:00", "to": "06:00"}, "2026-03-29T04:00", False),
    # The other day there: Saturday evening in UTC is Sunday in Tokyo.
    ({"zone": "Asia/Tokyo", "days": "sun"}, "2026-03-07T15:00", True),
    ({"zone": "Asia/Tokyo", "days": "sun"}, "2026-03-07T14:59", False),
    # Over the week's end.
    ({"days": "sat-mon"}, "2026-03-02T10:00", True),
    ({"days": "sat-mon"}, "2026-03-03T10:00", False),
    ({"days": ["wed", "fri"]}, "2026-03-04T10:00", True),
    ({"days": "wed, fri"}, "2026-03-05T10:00", False),
    # Sunday night into Monday.
    ({"days": "sun", "from": "23:00", "to": "01:00"}, "2026-03-02T00:30", True),
    # From one hour to the same: a whole day from then on.
    ({"days": "mon", "from": "08:00", "to": "08:00"}, "2026-03-02T07:59", False),
    ({"days": "mon", "from": "08:00", "to": "08:00"}, "2026-03-03T07:59", True),
    ({"from": "18:00"}, "2026-03-03T23:59", True),
    ({"to": "08:00"}, "2026-03-03T08:00", False),
]


@pytest.mark.parametrize(("table", "moment", "expected"), ROWS)
def test_a_time_is_within_a_window(table: dict[str, object], moment: str, expected: bool) -> None:
    assert in_window(datetime.fromisoformat(moment).replace(tzinfo=UTC), window(table)) is expected


@pytest.mark.parametrize(
    ("written", "table"),
    [
        ("mon-fri 09:00-17:00 Europe/Warsaw", OFFICE),
        ("fri 22:00 - 06:00 Europe/Warsaw", NIGHT),
        ("sat, sun", {"days": "sat, sun"}),
        ("Sat, Sun", {"days": "sat, sun"}),
        ("Mon-Fri 9:00-17:00 UTC", {"days": "mon-fri", "from": "9:00", "to": "17:00"}),
        ("18:00-8:00", {"from": "18:00", "to": "8:00"}),
        ("mon,wed-thu UTC", {"days": ["mon", "wed-thu"]}),
        ("sun 10:00-24:00", {"days": "sun", "from": "10:00"}),
        ("9:00-17:00 America/Argentina/Buenos_Aires", {"zone": "America/Argentina/Buenos_Aires", "from": "9:00", "to": "17:00"}),
    ],
)
def test_a_window_may_be_written_in_one_line(written: str, table: dict[str, object]) -> None:
    assert window(written) == window(table)


def test_one_of_several_windows_is_enough() -> None:
    hours = MAKERS["hours"]([OFFICE, {"zone": "Europe/Warsaw", "days": "sat", "from": "10:00", "to": "14:00"}])
    assert weigh(hours, View(seen())).why == "it is 09:00–17:00 on Mon–Fri (Europe/Warsaw) or 10:00–14:00 on Sat (Europe/Warsaw)"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (OFFICE, "09:00–17:00 on Mon–Fri (Europe/Warsaw)"),
        ({"days": "mon"}, "00:00–24:00 on Mon (UTC)"),
        ({"days": "mon, wed-thu, sun", "from": "8:30"}, "08:30–24:00 on Mon, Wed–Thu, Sun (UTC)"),
    ],
)
def test_a_window_in_words(table: dict[str, object], words: str) -> None:
    assert window_in_words(window(table)) == words
