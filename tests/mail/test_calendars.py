"""Calendar parts: what they tell, and what a message with one becomes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ours import Ours
from gateway.mail.calendars import read_calendar, write_calendar
from gateway.mail.message import Calendar
from gateway.mail.parse import parse_message


def calendar(*event: str, method: str = "REPLY", component: str = "VEVENT") -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", f"BEGIN:{component}", *event, f"END:{component}", "END:VCALENDAR", ""]
    )


WHO = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@client.test"


ANN = Calendar("REPLY", "", "ann@client.test", "ACCEPTED")


@pytest.mark.parametrize(
    ("event", "read"),
    [
        ((WHO,), ANN),
        (("ATTENDEE;PARTSTAT=declined:MAILTO:Ann@client.test",), replace(ANN, status="DECLINED")),
        (('ATTENDEE;CN="Lee; Ann: Dr";PARTSTAT=TENTATIVE:mailto:ann@client.test',), replace(ANN, status="TENTATIVE")),
        (('ATTENDEE;MEMBER="mailto:a@x.test","mailto:b@x.test";PARTSTAT=ACCEPTED:mailto:ann@client.test',), ANN),
        (("ATTENDEE;EMAIL=ann@client.test;PARTSTAT=ACCEPTED:/a1b2/principal/",), ANN),
        (("ATTENDEE;PARTSTAT=ACC", " EPTED:mailto:ann@cli", "\tent.test"), ANN),
        (("ATTENDEE:mailto:ann@пример.test",), Calendar("REPLY", "", "ann@xn--e1afmkfd.test")),
        (("ATTENDEE:invalid:nomail",), Calendar("REPLY", "", "invalid:nomail")),
        (("SUMMARY;LANGUAGE=ru:Обзор\\, часть\\n2\\; и\\\\всё",), Calendar("REPLY", "Обзор, часть 2; и\\всё")),
        (("summary:small letters",), Calendar("REPLY", "small letters")),
        (("ORGANIZER;CN=Bob:mailto:bob@desk.test",), Calendar("REPLY", organiser="bob@desk.test")),
        (("DTSTART:20240305T120000Z",), Calendar("REPLY", start="2024-03-05T12:00:00Z")),
        (("DTSTART;TZID=Europe/Warsaw:20240305T120000",), Calendar("REPLY", start="2024-03-05T12:00:00")),
        (("DTSTART;VALUE=DATE:20240305",), Calendar("REPLY", start="2024-03-05")),
        (("DTSTART:tomorrow",), Calendar("REPLY")),
        (("BEGIN:VALARM", "SUMMARY:alarm", "ATTENDEE:mailto:x@x.test", "END:VALARM", WHO), ANN),
        ((WHO, "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@client.test"), Calendar("REPLY")),
        ((WHO, "END:VEVENT", "BEGIN:VEVENT", "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@client.test"), ANN),
        (("END:VEVENT", "BEGIN:VTIMEZONE", "DTSTART:19700101", "END:VTIMEZONE", "BEGIN:VEVENT", WHO), ANN),
    ],
)
def test_an_event_is_read(event: tuple[str, ...], read: Calendar) -> None:
    assert read_calendar(calendar(*event)) == read
    assert read_calendar(calendar(*event).replace("\r\n", "\n")) == read


@pytest.mark.parametrize(
    ("component", "method"), [("VTODO", "REPLY"), ("VEVENT", "REQUEST"), ("VEVENT", "CANCEL"), ("VJOURNAL", "PUBLISH")]
)
def test_every_component_and_method_is_read(component: str, method: str) -> None:
    assert read_calendar(calendar(WHO, component=component, method=method)) == Calendar(method, "", "ann@client.test", "ACCEPTED")


def test_the_method_of_the_content_type_outranks_its_own() -> None:
    read = read_calendar(calendar(WHO), "request")
    assert read is not None
    assert read.method == "REQUEST"


@pytest.mark.parametrize("text", ["", "METHOD:REPLY", "BEGIN:VCARD\r\nEND:VCARD", "words"])
def test_what_is_no_calendar_is_none(text: str) -> None:
    assert read_calendar(text) is None


def test_a_calendar_that_is_cut_off_tells_what_it_has() -> None:
    assert read_calendar(calendar("SUMMARY:Review", WHO).partition("END:")[0]) == Calendar("REPLY", "Review", "ann@client.test", "ACCEPTED")


def test_what_is_written_can_be_read() -> None:
    noon = datetime(2024, 3, 5, 12, tzinfo=UTC)
    written = write_calendar("REPLY", "Обзор, 1; \\", noon, None, place="Here", organiser="", attendee="ann@client.test", status="ACCEPTED")
    assert read_calendar(written) == Calendar("REPLY", "Обзор, 1; \\", "ann@client.test", "ACCEPTED", None, "2024-03-05T12:00:00Z")


HEADER = "From: ann@client.test\r\nTo: support@desk.test\r\nSubject: Accepted: Review\r\nAuto-Submitted: auto-replied\r\n"


def test_an_answer_to_an_invitation_is_a_persons_though_nobody_may_answer_it_automatically() -> None:
    part = calendar("SUMMARY:Обзор", WHO).encode("koi8-r")
    message = parse_message(f"{HEADER}Content-Type: text/calendar; method=REPLY; charset=koi8-r\r\n\r\n".encode() + part, Ours())
    assert message.calendar == Calendar("REPLY", "Обзор", "ann@client.test", "ACCEPTED")
    assert (message.kind, message.automatic) == ("message", "Auto-Submitted: auto-replied")


def test_an_automatic_reply_that_carries_an_invitation_is_still_one() -> None:
    part = calendar(WHO, method="REQUEST")
    message = parse_message(f"{HEADER}Content-Type: text/calendar; method=REQUEST\r\n\r\n{part}".encode(), Ours())
    assert message.kind == "auto_reply"


LINES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:X", WHO, "METHOD:",
                     'ATTENDEE;CN="', " folded", "DTSTART:20240305T", "ORGANIZER:"])
)  # fmt: skip


@given(st.lists(LINES, max_size=20))
def test_any_text_is_read(lines: list[str]) -> None:
    read = read_calendar("\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines]))
    assert read is not None
