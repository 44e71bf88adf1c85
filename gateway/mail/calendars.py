"""Calendar parts (RFC 5545, RFC 5546): who was invited to what, and who accepted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mail.address import address_key
from gateway.mail.encoded_words import one_line
from gateway.mail.message import Calendar

_MAX = 256 * 1024
_UNFOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r'([A-Za-z0-9-]{1,64})((?:;[^=:;"]{1,64}=(?:"[^"]{0,1024}"|[^";:]{0,1024}))*):(.*)')
_PARAMETER = re.compile(r';([^=:;"]+)=(?:"([^"]*)"|([^";:]*))')
_ESCAPE = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: dict[str, str]
    value: str


def read_calendar(text: str, method: str = "") -> Calendar | None:
    """The first event of it. `method` is Content-Type's parameter, which outranks the part's own (RFC 6047 §2.4)."""
    properties = list(_properties(text[:_MAX]))
    if not any(each.name == "BEGIN" and each.value.upper() == "VCALENDAR" for each in properties):
        return None
    own = next((each.value for each in properties if each.name == "METHOD"), "")
    summary = next((_unescape(each.value) for each in properties if each.name == "SUMMARY"), "")
    attendees = [each for each in properties if each.name == "ATTENDEE"]
    # A reply carries the one attendee who answers (RFC 5546 §3.2.3); an invitation carries everybody.
    answering = attendees[0] if len(attendees) == 1 else None
    return Calendar(
        method=one_line((method or own).strip().upper())[:40],
        summary=one_line(summary)[:500],
        attendee=_attendee(answering) if answering is not None else None,
        status=one_line(answering.parameters["PARTSTAT"].upper())[:40]
        if answering is not None and "PARTSTAT" in answering.parameters
        else None,
    )


def _attendee(attendee: _Property) -> str:
    address = attendee.value.strip()
    if address.lower().startswith("mailto:"):
        address = address[7:]
    return address_key(address) or one_line(address)[:320]


def _properties(text: str) -> Iterator[_Property]:
    for line in _UNFOLD.sub("", text).splitlines():
        if match := _LINE.match(line):
            parameters = {name.upper(): quoted or bare for name, quoted, bare in _PARAMETER.findall(match[2])}
            yield _Property(match[1].upper(), parameters, match[3])


def _unescape(value: str) -> str:
    return _ESCAPE.sub(lambda escape: " " if escape[1] in "nN" else escape[1], value)
