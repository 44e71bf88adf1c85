"""Times of the week as the file has them, in one line or as a table."""

import re
from typing import Final
from zoneinfo import ZoneInfo

from gateway.config.values import text_of
from gateway.domain.rules import Window

HOURS: Final = (
    'a time of the week, such as "mon-fri 09:00-17:00 Europe/Warsaw", a table of zone, days, from and to, or a list of those; '
    'with on = "unanswered" a number of hours'
)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def window(value: object) -> Window:
    if isinstance(value, str):
        return _written_window(value)
    if not isinstance(value, dict) or not value:
        raise ValueError(f"expected {HOURS}")
    unknown = next((each for each in value if each not in ("zone", "days", "from", "to")), None)
    if unknown is not None:
        raise ValueError(f"expected {HOURS}; there is no {unknown}")
    start, end = (_clock(value.get(key, default)) for key, default in (("from", "00:00"), ("to", "24:00")))
    if start == 24 * 60:
        raise ValueError('expected a time of the day to begin at, such as "09:00"; 24:00 ends a day')
    return Window(_zone(value.get("zone", "UTC")), _days(value.get("days", "mon-sun")), start, end)


def _written_window(text: str) -> Window:
    """`sat, sun`, `18:00-08:00`, `9-17 UTC`, `mon-fri 09:00-17:00 Europe/Warsaw`."""
    found = re.fullmatch(
        r"\s*([A-Za-z]{3}[A-Za-z, -]*?)??\s*(?:(\d\d?(?::\d\d)?)\s*[-–]\s*(\d\d?(?::\d\d)?))?(?:\s+(UTC|GMT|[CEMW]ET|\S+/\S+))?\s*", text
    )
    if found is None or not any(found.group(1, 2)):
        raise ValueError(f"expected {HOURS}")
    given = dict(zip(("days", "from", "to", "zone"), found.groups(), strict=True))
    return window({key: part for key, part in given.items() if part is not None})


def _zone(value: object) -> ZoneInfo:
    expected = 'a time zone, such as "Europe/Warsaw" or "UTC"'
    try:
        return ZoneInfo(text_of(value, expected))
    except (LookupError, OSError, ValueError):
        raise ValueError(f'expected {expected}; "{value}" is none that this machine knows') from None


def _clock(value: object) -> int:
    expected = 'a time of the day, such as "09:00"'
    found = re.fullmatch(r"(\d{1,2})(?::([0-5]\d))?", text_of(value, expected).strip())
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found is not None else None
    if minutes is None or minutes > 24 * 60:
        raise ValueError(f"expected {expected}")
    return minutes


def _days(value: object) -> tuple[int, ...]:
    """`"mon-wed, fri"`, `["sat", "sun"]`; `"fri-mon"` goes over the week's end."""
    expected = 'days of the week, such as "mon-fri" or "sat, sun"'
    listed = value if isinstance(value, list) else text_of(value, expected).split(",")
    days: set[int] = set()
    for each in listed:
        first, _, last = (part.strip() for part in text_of(each, expected).casefold().partition("-"))
        begin, end = _day(first), _day(last or first)
        if begin is None or end is None:
            raise ValueError(f"expected {expected}, of {', '.join(DAYS)}")
        days.update(day % 7 for day in range(begin, end + 1 + (7 if end < begin else 0)))
    if not days:
        raise ValueError(f"expected {expected}")
    return tuple(sorted(days))


def _day(name: str) -> int | None:
    """Of `fri` or `friday`."""
    return next((names.index(name) for names in (DAYS, LONG_DAYS) if name in names), None)
