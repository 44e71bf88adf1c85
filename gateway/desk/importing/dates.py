"""Times as other desks and spreadsheets write them. PURE."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

Order = Literal["dmy", "mdy"]

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "янв", "sty"), ("feb", "фев", "lut"), ("mar", "мар"), ("apr", "апр", "kwi"), ("may", "мая", "май", "maj"),
            ("jun", "июн", "cze"), ("jul", "июл", "lip"), ("aug", "авг", "sie"), ("sep", "сен", "wrz"), ("oct", "окт", "paź"),
            ("nov", "ноя", "lis"), ("dec", "дек", "gru"),
        ),
        1,
    )
    for name in names
}  # fmt: skip
"""By their first three letters; English, Russian, Polish."""
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMBERS: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[ -](\w{3})\w*\.?,?[ -](\d{4})")
_MONTH_FIRST: Final = re.compile(r"(\w{3})\w*\.? (\d{1,2}),? (\d{4})")
_WEEKDAY: Final = re.compile(r"^[^\W\d_]{2,12}\.?, ")
_TIME: Final = re.compile(r"^,?[T\s]*(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?\s*([AaPp])?(?:\.?[Mm]\.?)?\s*(.*)$")
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d{2}):?(\d{2})?")
_YEARS: Final = range(1990, 2100)


def read_moment(written: str, order: Order | None, zone: tzinfo) -> datetime | None:
    """None where it cannot be read, or where day and month may be either and `order` does not say. `zone` is that of times without one."""
    text = _WEEKDAY.sub("", " ".join(written.split()))
    found = _day(text, order)
    if found is None:
        return None
    (year, month, day), rest = found
    clock = _clock(rest)
    if clock is None or year not in _YEARS:
        return None
    hour, minute, second, offset = clock
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=offset or zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(text: str, order: Order | None) -> tuple[tuple[int, int, int], str] | None:
    if match := _ISO.match(text):
        return (int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    if match := _NUMBERS.match(text):
        day = _by_order(int(match[1]), int(match[3]), order or ("dmy" if match[2] == "." else None))
        year = int(match[4]) if len(match[4]) == 4 else 2000 + int(match[4])
        return ((year, *day), text[match.end() :]) if day is not None else None
    if match := _DAY_FIRST.match(text):
        day_number, name, year_number = match[1], match[2], match[3]
    elif match := _MONTH_FIRST.match(text):
        name, day_number, year_number = match[1], match[2], match[3]
    else:
        return None
    month = _MONTHS.get(name.casefold())
    return ((int(year_number), month, int(day_number)), text[match.end() :]) if month is not None else None


def _by_order(first: int, second: int, order: Order | None) -> tuple[int, int] | None:
    """(month, day). A number above twelve is the day, whatever is said."""
    if first > 12 or (order == "dmy" and second <= 12):
        return second, first
    if second > 12 or order == "mdy":
        return first, second
    return None


def _clock(rest: str) -> tuple[int, int, int, tzinfo | None] | None:
    if not rest.strip():
        return 0, 0, 0, None
    match = _TIME.match(rest)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4] in "Pp" else 0)
    offset = _offset(match[5])
    return (hour, minute, second, offset) if offset is not False else None


def _offset(text: str) -> tzinfo | Literal[False] | None:
    bare = text.strip().strip("()")
    if not bare:
        return None
    if bare.upper() in ("Z", "UTC", "GMT"):
        return UTC
    match = _OFFSET.fullmatch(bare)
    if match is None or int(match[2]) > 14:
        return False
    distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(distance if match[1] == "+" else -distance)
