"""Calendar parts (RFC 5545, RFC 5546): who was invited to what, and who accepted. Also written, for meetings that came in winmail.dat."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.mail.address import address_key
from gateway.mail.encoded_words import one_line
from gateway.mail.message import Calendar

MAX = 256 * 1024
_MAX_LINES = 5_000
_UNFOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r'(?:[A-Za-z0-9_-]{1,64}\.)?([A-Za-z0-9-]{1,64})((?:;[^=:;"]{1,64}=(?:(?:"[^"]{0,1024}"|[^";:,]{0,1024}),?){1,20}+)*+)[ \t]*:(.*)'
)
_PARAMETER = re.compile(r';([^=:;"]+)=(?:"([^"]*)"|([^";:]*))')
_ESCAPE = re.compile(r"\\([\\;,nN])")
_CARET = re.compile(r"\^([n^'])")
"""How a parameter holds what it may not (RFC 6868)."""
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_ITEMS = {"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"}


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class _Item:
    """The first event, and what the calendar says of itself. Alarms and time zones within have summaries and starts of their own."""

    method: str
    properties: tuple[_Property, ...]

    def all(self, name: str) -> tuple[_Property, ...]:
        return tuple(each for each in self.properties if each.name == name)

    def first(self, name: str) -> _Property | None:
        return next(iter(self.all(name)), None)


def read_calendar(text: str, method: str = "") -> Calendar | None:
    """Its first event, where it is a calendar. `method` is Content-Type's parameter, which outranks its own (RFC 6047 §2.4)."""
    item = _read_item(text[:MAX])
    if item is None:
        return None
    summary, start, organiser = (item.first(name) for name in ("SUMMARY", "DTSTART", "ORGANIZER"))
    attendees = item.all("ATTENDEE")
    # A reply carries the one attendee who answers (RFC 5546 §3.2.3); an invitation carries everybody.
    answering = attendees[0] if len(attendees) == 1 else None
    return Calendar(
        method=one_line((method or item.method).strip().upper())[:40],
        summary=one_line(_unescape(summary.value))[:500] if summary is not None else "",
        attendee=_person(answering) if answering is not None else None,
        status=_status(answering) if answering is not None else None,
        organiser=_person(organiser) if organiser is not None else None,
        start=_time(start.value) if start is not None else None,
    )


def write_calendar(
    method: str, summary: str, start: datetime | None, end: datetime | None, *, place: str, organiser: str, attendee: str, status: str
) -> str:
    """What `read_calendar` reads, and calendar programs open. Texts that are `""` are left out."""
    lines = [
        ("SUMMARY", summary),
        ("LOCATION", place),
        ("DTSTART", _in_utc(start)),
        ("DTEND", _in_utc(end)),
        ("ORGANIZER", f"mailto:{organiser}" if organiser else ""),
        (f"ATTENDEE;PARTSTAT={status}" if status else "ATTENDEE", f"mailto:{attendee}" if attendee else ""),
    ]
    event = [f"{name}:{_escape(value)}" for name, value in lines if value]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT", *event, "END:VEVENT", "END:VCALENDAR", ""])


def _read_item(text: str) -> _Item | None:
    open_components: list[str] = []
    found: list[_Property] = []
    method, seen = "", False
    for each in _properties(text):
        match each.name, open_components:
            case "BEGIN", _:
                component = each.value.strip().upper()
                seen = seen or component == "VCALENDAR"
                if component in _ITEMS and found:
                    break
                open_components.append(component)
            case "END", _:
                del open_components[-1:]
            case "METHOD", ["VCALENDAR"]:
                method = each.value
            case _, [*_, item] if item in _ITEMS:
                found.append(each)
    return _Item(method, tuple(found)) if seen else None


def _properties(text: str) -> Iterator[_Property]:
    for line in _UNFOLD.sub("", text).split("\n")[:_MAX_LINES]:
        if match := _LINE.match(line):
            parameters = {name.strip().upper(): _uncaret(quoted or bare) for name, quoted, bare in _PARAMETER.findall(match[2])}
            yield _Property(match[1].upper(), parameters, match[3].rstrip("\r"))


def _person(each: _Property) -> str | None:
    """By address; some programs hide it in a parameter, behind a name of their own."""
    value = each.value.strip()
    scheme, _, rest = value.partition(":")
    address = rest if scheme.lower() == "mailto" else each.parameters.get("EMAIL", value)
    return address_key(address.strip()) or one_line(address)[:320] or None


def _status(attendee: _Property) -> str | None:
    return one_line(attendee.parameters.get("PARTSTAT", "").upper())[:40] or None


def _time(value: str) -> str | None:
    """In ISO 8601: a date, or a time in UTC where it says Z and else in a zone of the sender's."""
    found = _TIME.match(value.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, utc = found.groups()
    date = f"{year}-{month}-{day}"
    return date if hour is None else f"{date}T{hour}:{minute}:{second}{utc}"


def _in_utc(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") if time is not None else ""


def _unescape(value: str) -> str:
    return _ESCAPE.sub(lambda escape: " " if escape[1] in "nN" else escape[1], value)


def _escape(value: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", one_line(value))


def _uncaret(value: str) -> str:
    return _CARET.sub(lambda escape: {"n": " ", "^": "^", "'": '"'}[escape[1]], value)
