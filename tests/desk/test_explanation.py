"""What `explain` prints of the parts of a message."""

import json
from typing import Any

import pytest

from gateway.cli.output import json_line
from gateway.desk.decide import decide
from gateway.desk.explanation import explanation, failed
from gateway.desk.suppose import suppose
from gateway.domain.ours import Ours
from gateway.domain.verdict import Verdict
from gateway.mail.parse import parse_message
from tests.desk.values import ORGANISATION

HEADER = "From: Ann <ann@client.test>\r\nTo: support@desk.test\r\nSubject: Door\r\n"
GMAIL = "From: forwarding-noreply@google.com\r\nTo: support@desk.test\r\nSubject: (#123456789) Gmail Forwarding Confirmation\r\n\r\n"
CALENDAR = "\r\n".join(
    [
        "BEGIN:VCALENDAR", "METHOD:REPLY", "BEGIN:VEVENT", "SUMMARY:Review", "ORGANIZER:mailto:bob@desk.test", "DTSTART:20240305T120000Z",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@client.test", "END:VEVENT", "END:VCALENDAR", "",
    ]
)  # fmt: skip


def explained(content: str) -> dict[str, Any]:
    message = parse_message(content.encode(), Ours())
    facts, assumed = suppose(message, (), "", ORGANISATION)
    decision = decide(message, (), "", Verdict(), facts, ORGANISATION)
    document: dict[str, Any] = json.loads(json_line(explanation("a.eml", message, (), decision, facts, Verdict(), ORGANISATION, assumed)))
    return document


@pytest.mark.parametrize(
    ("content", "field", "value"),
    [
        (HEADER + "\r\nHello.\r\n", "calendar", None),
        (HEADER + "\r\nHello.\r\n", "confirmation", None),
        (HEADER + "\r\nHello.\r\n", "list", False),
        (HEADER + "List-Id: <list.test>\r\n\r\nHello.\r\n", "list", True),
        (
            HEADER + f"Content-Type: text/calendar\r\n\r\n{CALENDAR}",
            "calendar",
            {
                "method": "REPLY", "summary": "Review", "attendee": "ann@client.test", "status": "DECLINED", "organiser": "bob@desk.test",
                "start": "2024-03-05T12:00:00Z",
            },
        ),
        (
            GMAIL + "Confirm here: https://mail.google.com/mail/vf-abc\r\n",
            "confirmation",
            {"code": "123456789", "link": "https://mail.google.com/mail/vf-abc"},
        ),
    ],
)  # fmt: skip
def test_a_field_is_printed(content: str, field: str, value: object) -> None:
    document = explained(content)
    assert document[field] == value
    assert document["kind"] == ("forwarding_confirmation" if field == "confirmation" and value else "message")


def test_a_file_that_cannot_be_read_has_the_same_fields() -> None:
    assert set(failed("a.eml", "why")) == set(explained(HEADER + "\r\nHello.\r\n"))
