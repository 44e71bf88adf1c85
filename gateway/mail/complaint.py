"""Complaints about mail of ours, as providers report them: the Abuse Reporting Format (RFC 5965)."""

import re
from typing import Final

from gateway.mail.charsets import clean
from gateway.mail.message import Complaint
from gateway.mail.parts import Part, Parts

REPORT: Final = "message/feedback-report"
_ORIGINALS: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_MOST_TEXT: Final = 100_000
_MOST_NAMED: Final = 20
_FIELD: Final = re.compile(r"^([A-Za-z-]{3,40}):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_PATH: Final = re.compile(r"<?([^<>\s@]{1,200}@[^<>\s@]{1,253})>?")
_MESSAGE_ID: Final = re.compile(r"<?([^<>\s]{3,990})>?")


def read_complaint(parts: Parts) -> Complaint | None:
    """What the report says, and what the letter that it encloses shows of itself. Providers often hide the recipient."""
    report = next((each for each in parts if each.content_type == REPORT), None)
    if report is None:
        return None
    said = _fields(report)
    enclosed = [_fields(each) for each in parts if each.content_type in _ORIGINALS]
    original = enclosed[0] if enclosed else {}
    paths = [*said.get("original-mail-from", ()), *original.get("return-path", ())]
    named = [*said.get("original-rcpt-to", ()), *said.get("removal-recipient", ()), *original.get("to", ())]
    ids = [found[1] for value in original.get("message-id", ()) if (found := _MESSAGE_ID.search(value))]
    return Complaint(
        feedback_type=(said.get("feedback-type") or ("",))[0].strip().casefold(),
        reverse_paths=_addresses(paths),
        recipients=_addresses(named),
        original_message_id=ids[0] if ids else None,
    )


def _fields(part: Part) -> dict[str, tuple[str, ...]]:
    """Of the first block of header-like lines, by lower-case name."""
    text = part.text if part.text is not None else clean(part.content[:_MOST_TEXT].decode("utf-8", "replace"))
    block = text[:_MOST_TEXT].replace("\r\n", "\n").lstrip("\n").partition("\n\n")[0]
    found: dict[str, tuple[str, ...]] = {}
    for field in _FIELD.finditer(block):
        name = field[1].casefold()
        found[name] = (*found.get(name, ()), " ".join(field[2].split()))
    return found


def _addresses(values: list[str]) -> tuple[str, ...]:
    found = (each[1] for value in values[:_MOST_NAMED] for each in _PATH.finditer(value[:2000]))
    return tuple(dict.fromkeys(found))[:_MOST_NAMED]
