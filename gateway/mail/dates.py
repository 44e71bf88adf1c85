"""The Date field → an aware UTC time, tolerantly.

mail-parser reads what the standard allows (RFC 5322 §3.3 and §4.3, in one bounded pass); the rest is what programs write instead.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mailparser.dates import parse_mail_date

_MAX = 200
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?\s*(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DOTTED_TIME = re.compile(r"\b(\d\d)\.(\d\d)\.(\d\d)\b")
_GMT_OFFSET = re.compile(r"\b(?:GMT|UTC)\s*([+-]\d\d):?(\d\d)", re.IGNORECASE)


def read_date(value: str) -> datetime | None:
    """None where nothing can be made of it."""
    value = value[:_MAX].strip()
    if not value:
        return None
    read: datetime | None = parse_mail_date(value).value
    return read or _read_iso(value) or _read_loosely(value)


def _read_iso(value: str) -> datetime | None:
    match = _ISO.match(value)
    if match is None:
        return None
    try:
        return _utc(datetime.fromisoformat(match[0].replace(" +", "+").replace(" -", "-")))
    except (ValueError, OverflowError):
        return None


def _read_loosely(value: str) -> datetime | None:
    tidied = _GMT_OFFSET.sub(r"\1\2", _DOTTED_TIME.sub(r"\1:\2:\3", value))
    try:
        return _utc(parsedate_to_datetime(tidied))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime:
    """A time without a zone is taken as UTC (RFC 5322 §3.3: `-0000`)."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
