"""winmail.dat: what is read of it, and what a message with one becomes."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.ours import Ours
from gateway.mail.message import Calendar, Message
from gateway.mail.parse import parse_message
from gateway.mail.tnef import Unpacked, read_tnef
from tests.mail.timing import within_seconds
from tests.mail.winmail import (
    BINARY,
    BODY,
    CODE_PAGE,
    FILE_DATA,
    FILE_TITLE,
    LONG,
    MULTIPLE,
    OBJECT,
    STRING,
    SUBJECT,
    TIME,
    attribute,
    embedded,
    file,
    filetime,
    fixed,
    message,
    named,
    named_by_string,
    nested,
    properties,
    text,
    variable,
    winmail,
)  # fmt: skip

SUBJECT_TEXT, BODY_TEXT, CLASS = 0x0037, 0x1000, 0x001A
LONG_NAME, SHORT_NAME, DATA, MIME_TYPE, CONTENT_ID, EXTENSION = 0x3707, 0x3704, 0x3701, 0x370E, 0x3712, 0x3703
AUTHOR_NAME, AUTHOR_ADDRESS, DISPLAY_TO, SUBMITTED = 0x0C1A, 0x0C1F, 0x0E04, 0x0039

PDF = file(b"SCHET.PDF", b"%PDF", named(LONG, 7, 5), named_by_string(0x8002, 9), text(LONG_NAME, "Счёт № 1.pdf"))
INNER = winmail(
    message(
        text(SUBJECT_TEXT, "Дверь"), text(BODY_TEXT, "inner words"), text(AUTHOR_NAME, "Ann Lee"), text(AUTHOR_ADDRESS, "ann@client.test"),
        text(DISPLAY_TO, "Bob"), fixed(TIME, SUBMITTED, filetime(1_700_000_000)),
    ),
    PDF,
)  # fmt: skip


def unpacked(*attributes: bytes) -> Unpacked:
    read = read_tnef(winmail(*attributes))
    assert read is not None
    return read


def mail(wrapped: bytes, words: str = "", name: str = "winmail.dat", content_type: str = "application/ms-tnef") -> Message:
    lines = [
        "From: Ann <ann@client.test>", "To: support@desk.test", "Subject: Door", 'Content-Type: multipart/mixed; boundary="b"', "",
        "--b", "Content-Type: text/plain; charset=utf-8", "", words,
        "--b", f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"', "",
        base64.encodebytes(wrapped).decode(), "--b--", "",
    ]  # fmt: skip
    return parse_message("\r\n".join(lines).encode(), Ours())


def names(read: Message) -> list[str]:
    return [each.filename for each in read.attachments]


@pytest.mark.parametrize(
    ("pieces", "name", "content"),
    [
        ((PDF,), "Счёт № 1.pdf", b"%PDF"),
        ((file(b"a.txt", b"words"),), "a.txt", b"words"),
        ((file(b"", b"words", text(SHORT_NAME, "a.txt")),), "a.txt", b"words"),
        ((file(b"", b"words", text(SHORT_NAME, "a"), text(EXTENSION, ".txt")),), "a.txt", b"words"),
        ((file(b"A.TXT", b"", text(LONG_NAME, "a long name.txt"), variable(BINARY, DATA, b"words")),), "a long name.txt", b"words"),
        ((file(b"\xf1\xf7\xb8\xf2.txt", b"x"),), "ñ÷¸ò.txt", b"x"),
        ((attribute(CODE_PAGE, b"\xe3\x04\0\0\0\0\0\0"), file(b"\xf1\xf7\xb8\xf2.txt", b"x")), "счёт.txt", b"x"),
        ((file() + attribute(FILE_DATA, b"x", 2) + attribute(FILE_TITLE, b"data first.txt\0", 2),), "data first.txt", b"x"),
        ((file(b"ole", b"", variable(OBJECT, DATA, b"I" * 16 + b"\xd0\xcf\x11\xe0")),), "ole", b"\xd0\xcf\x11\xe0"),
        ((attribute(SUBJECT, b"x\0", checksum=0), file(b"a.txt", b"x")), "a.txt", b"x"),
    ],
)
def test_a_file_is_read(pieces: tuple[bytes, ...], name: str, content: bytes) -> None:
    read = unpacked(*pieces)
    assert [(each.name, each.content) for each in read.files] == [(name, content)]
    assert read.warnings == ()


def test_a_file_tells_its_type_and_its_id() -> None:
    [image] = unpacked(file(b"a.png", b"x", text(MIME_TYPE, "Image/PNG"), text(CONTENT_ID, "<image@x>"))).files
    assert (image.content_type, image.content_id) == ("image/png", "image@x")


HTML = b"<p>\xcf\xf0\xe8\xe2\xe5\xf2</p>"
RTF = b"{\\rtf1\\ansi hello\\par world}"
RAW_RTF = len(RTF).to_bytes(4, "little") * 2 + b"MELA" + b"\0" * 4 + RTF


@pytest.mark.parametrize(
    ("pieces", "plain", "html"),
    [
        ((attribute(BODY, b"words\0"),), "words", None),
        ((message(text(BODY_TEXT, "слова")),), "слова", None),
        ((message(variable(STRING, BODY_TEXT, b"words\0")),), "words", None),
        ((message(variable(BINARY, 0x1013, HTML), fixed(LONG, 0x3FDE, 1251)),), None, "<p>Привет</p>"),
        ((message(variable(BINARY, 0x1009, RAW_RTF)),), "hello\nworld", None),
        ((message(variable(BINARY, 0x1009, RAW_RTF), text(BODY_TEXT, "words")),), "words", None),
        ((message(text(BODY_TEXT, " \r\n")),), None, None),
        ((message(variable(STRING | MULTIPLE, 0x0FFF, b"a\0", b"b\0"), text(BODY_TEXT, "words")),), "words", None),
        ((), None, None),
    ],
)
def test_the_text_is_read_in_the_form_that_there_is(pieces: tuple[bytes, ...], plain: str | None, html: str | None) -> None:
    read = unpacked(*pieces)
    assert (read.text, read.html) == (plain, html)


def test_an_embedded_message_is_read_like_the_one_around_it() -> None:
    [outer] = unpacked(file(b"x", b"", embedded(INNER))).files
    assert outer.message is not None
    assert (outer.message.subject, outer.message.text, outer.message.author_address) == ("Дверь", "inner words", "ann@client.test")
    assert outer.message.date == datetime.fromtimestamp(1_700_000_000, UTC)
    assert [each.content for each in outer.message.files] == [b"%PDF"]


@pytest.mark.parametrize("content", [b"", b"no such thing", winmail()[:5], b"\0" * 100])
def test_what_is_no_winmail_is_none(content: bytes) -> None:
    assert read_tnef(content) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (winmail(PDF, file(b"b.txt", b"many words"))[:-8], "ends too early"),
        (winmail(PDF, message(variable(STRING, 1, b"x"))[:-4]), "ends too early"),
        (winmail(PDF, attribute(0x00069003, b"\xff\xff\xff\x7f" + b"\0" * 100)), "type"),
        (winmail(PDF, attribute(0x00069003, properties(b"\x03\x10\x01\0\xff\xff\xff\x7f"))), "ends too early"),
    ],
)
def test_damage_spares_what_came_before_it(content: bytes, said: str) -> None:
    read = read_tnef(content)
    assert read is not None
    assert read.files[0].content == b"%PDF"
    assert any(said in warning for warning in read.warnings), read.warnings


def test_rubbish_behind_the_last_attribute_is_no_damage() -> None:
    assert unpacked(PDF, b"\x07" * 40).warnings == ()


HOSTILE = {
    "attributes": winmail(attribute(SUBJECT, b"") * 90_000),
    "files": winmail(file(b"a", b"x") * 20_000),
    "properties": winmail(message(*[fixed(LONG, 1, 1)] * 120_000)),
    "values without width": winmail(message(*[b"\0\x10\x01\0\xff\xff\xff\x7f"] * 100_000)),
    "many values": winmail(message(variable(STRING | MULTIPLE, 1, *[b""] * 250_000))),
    "many messages": winmail(*[message(text(BODY_TEXT, "x"))] * 30_000),
    "nested": nested(1_000, winmail(message(text(BODY_TEXT, "the innermost")))),
    "one long name": winmail(file(b"x" * 1_000_000, b"x", text(LONG_NAME, "y" * 500_000))),
    "a rocket of RTF": winmail(
        *[message(variable(BINARY, 0x1009, (b"\0" * 4 + b"\xff" * 4 + b"LZFu" + b"\0" * 4) + b"\xff" + b"\x00\x1f" * 500_000))] * 2
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_winmail_is_read_in_time(name: str) -> None:
    with within_seconds(6):
        read = mail(HOSTILE[name], "words")
    assert read.body.text == "words"
    assert len(read.attachments) <= 500


def test_nesting_ends_at_a_bound_and_keeps_what_is_deeper() -> None:
    [outermost] = mail(nested(20, winmail(message(text(BODY_TEXT, "the innermost")))), "words").attachments
    assert b"the innermost" not in outermost.content
    assert outermost.content_type == "message/rfc822"


@given(st.binary(max_size=200), st.integers(0, 600))
@example(b"\x01\x03\x90\x06\x00\xff\xff\xff\xff", 6)
def test_any_winmail_is_read(rubbish: bytes, cut: int) -> None:
    whole = winmail(PDF, attribute(0x00069003, rubbish), file(b"x", b"", embedded(INNER)))
    read = read_tnef(whole[:cut] + rubbish + whole[cut:])
    assert read is None or isinstance(read, Unpacked)
    mail(whole[:cut] + rubbish + whole[cut:])


def test_its_files_are_attached_in_its_place() -> None:
    read = mail(winmail(PDF, PDF), "see the files")
    assert (read.body.text, names(read), read.warnings) == ("see the files", ["Счёт № 1.pdf"] * 2, ())
    assert [each.content_type for each in read.attachments] == ["application/pdf"] * 2


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("winmail.dat", "application/octet-stream"), ("WINMAIL.DAT", "text/plain"), ("file.bin", "application/vnd.ms-tnef")],
)
def test_it_is_known_by_its_name_or_its_type(name: str, content_type: str) -> None:
    assert names(mail(winmail(PDF), "see", name, content_type)) == ["Счёт № 1.pdf"]


def test_its_text_is_the_messages_where_that_has_none() -> None:
    image = file(b"a.png", b"x", text(CONTENT_ID, "a@x"))
    read = mail(winmail(message(text(BODY_TEXT, "plain"), variable(BINARY, 0x1013, b'<p>rich <img src="cid:a@x"></p>')), image))
    assert (read.kind, read.body.text) == ("message", "plain")
    assert read.body.html is not None
    assert [(each.filename, each.inline) for each in read.attachments] == [("a.png", True)]


@pytest.mark.parametrize(
    ("words", "attached"),
    [
        ("The door is shut.\r\nPlease open it.", []),
        ("see attachment", ["Door.txt"]),
    ],
)
def test_its_text_is_a_file_unless_the_message_says_the_same(words: str, attached: list[str]) -> None:
    said = message(text(SUBJECT_TEXT, "Door"), text(BODY_TEXT, "The door is shut. Please open it."))
    read = mail(winmail(said), words)
    assert names(read) == attached
    assert read.body.text == words.replace("\r\n", "\n")


def test_an_embedded_message_becomes_a_message_file() -> None:
    [attached] = mail(winmail(file(b"x", b"", embedded(INNER))), "see the message below, it is what she wrote").attachments
    assert (attached.filename, attached.content_type) == ("Дверь.eml", "message/rfc822")
    inner = parse_message(attached.content, Ours())
    assert inner.author is not None
    assert (inner.subject, inner.author.key, inner.body.text) == ("Дверь", "ann@client.test", "inner words")
    assert inner.date == datetime.fromtimestamp(1_700_000_000, UTC)
    assert [(each.filename, each.content) for each in inner.attachments] == [("Счёт № 1.pdf", b"%PDF")]


def test_a_winmail_within_a_winmail_is_opened_too() -> None:
    assert names(mail(winmail(file(b"winmail.dat", winmail(PDF))), "see")) == ["Счёт № 1.pdf"]


@pytest.mark.parametrize("wrapped", [winmail(), winmail(message(text(CLASS, "IPM.Note"), text(SUBJECT_TEXT, "Door")))])
def test_an_empty_one_disappears(wrapped: bytes) -> None:
    assert names(mail(wrapped, "words")) == []


def test_an_item_without_text_or_files_is_attached_as_what_it_is() -> None:
    assert names(mail(winmail(message(text(CLASS, "IPM.Task"), text(SUBJECT_TEXT, "Paint the door"))), "see")) == ["Paint the door.eml"]


@pytest.mark.parametrize("wrapped", [b"rubbish", winmail(attribute(0x00069003, b"\x01"))])
def test_one_that_cannot_be_opened_stays_and_says_so(wrapped: bytes) -> None:
    read = mail(wrapped, "words")
    assert [(each.filename, each.content) for each in read.attachments] == [("winmail.dat", wrapped)]
    assert any("winmail.dat" in warning for warning in read.warnings)


def test_too_many_files_leave_it_closed_and_say_so() -> None:
    wrapped = winmail(file(b"winmail.dat", winmail(file(b"a", b"x") * 150)) * 5)
    read = mail(wrapped, "words")
    assert "winmail.dat" in names(read)
    assert any("more than 500 files" in warning for warning in read.warnings)


START, END, PLACE = 0x820D, 0x820E, 0x8208


@pytest.mark.parametrize(
    ("item", "read"),
    [
        ("IPM.Schedule.Meeting.Resp.Pos", Calendar("REPLY", "Review", "ann@client.test", "ACCEPTED", None, "2023-11-14T22:13:20Z")),
        ("IPM.Schedule.Meeting.Resp.Neg", Calendar("REPLY", "Review", "ann@client.test", "DECLINED", None, "2023-11-14T22:13:20Z")),
        ("IPM.Microsoft Schedule.MtgRespA", Calendar("REPLY", "Review", "ann@client.test", "TENTATIVE", None, "2023-11-14T22:13:20Z")),
        ("IPM.Schedule.Meeting.Request", Calendar("REQUEST", "Review", None, None, "ann@client.test", "2023-11-14T22:13:20Z")),
    ],
)
def test_a_meeting_becomes_a_calendar_part(item: str, read: Calendar) -> None:
    said = message(
        text(CLASS, item), text(SUBJECT_TEXT, "Review"), text(AUTHOR_ADDRESS, "ann@client.test"),
        named(TIME, START, filetime(1_700_000_000)), named(TIME, END, filetime(1_700_003_600)),
    )  # fmt: skip
    found = mail(winmail(said))
    assert (found.kind, names(found), found.calendar) == ("message", ["invite.ics"], read)
