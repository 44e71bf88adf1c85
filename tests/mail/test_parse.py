"""Whole messages: what `parse_message` makes of them."""

import base64
import hashlib
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.domain.ours import Ours
from gateway.mail.fallback import raw_message
from gateway.mail.message import Confirmation, Message, Trace
from gateway.mail.parse import parse_message
from tests.mail.hostile import HOSTILE_MESSAGES
from tests.mail.timing import within_seconds

OURS = Ours(addresses=("support@desk.test",), names=("Support Desk",), domains=("mx.desk.test",))
RUSSIAN = "Не могу войти в личный кабинет, помогите."
POLISH = "Nie mogę się zalogować, proszę o pomoc."


def parse(header: str, body: str | bytes = "Hello.\n", charset: str = "utf-8") -> Message:
    raw = body.encode(charset) if isinstance(body, str) else body
    return parse_message(header.encode(charset).replace(b"\n", b"\r\n") + b"\r\n" + raw.replace(b"\n", b"\r\n"), OURS)


PLAIN = (
    "From: Ann <ann@client.test>\nTo: support@desk.test\nSubject: Door\nMessage-ID: <1@client.test>\nDate: Tue, 5 Mar 2024 12:00:00 +0000\n"
)


def test_an_ordinary_message_is_read() -> None:
    message = parse(PLAIN + "In-Reply-To: <0@desk.test>\nReferences: <r@desk.test> <0@desk.test>\nReply-To: Bob <bob@client.test>\n")
    assert message.kind == "message"
    assert (message.subject, message.message_id) == ("Door", "1@client.test")
    assert message.author is not None
    assert (message.author.name, message.author.key, message.author_unambiguous) == ("Ann", "ann@client.test", True)
    assert [mailbox.key for mailbox in message.to] == ["support@desk.test"]
    assert [mailbox.key for mailbox in message.reply_to] == ["bob@client.test"]
    assert (message.in_reply_to, message.references) == (("0@desk.test",), ("r@desk.test", "0@desk.test"))
    assert message.date is not None
    assert message.date.isoformat() == "2024-03-05T12:00:00+00:00"
    assert message.body.text.strip() == message.body.new_text == "Hello."
    assert message.warnings == ()


def test_a_message_of_nothing_is_a_message() -> None:
    message = parse_message(b"", OURS)
    assert (message.kind, message.subject, message.author, message.date, message.message_id) == ("empty", "", None, None, None)
    assert message.attachments == ()


@pytest.mark.parametrize("missing", ["From", "To", "Subject", "Message-ID", "Date"])
def test_a_field_may_be_missing(missing: str) -> None:
    message = parse("".join(f"{line}\n" for line in PLAIN.splitlines() if not line.startswith(missing)))
    assert message.body.new_text == "Hello."


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("windows-1251", RUSSIAN),
        ("iso-8859-2", POLISH),
        ("iso-8859-5", RUSSIAN),
        ("windows-1250", POLISH),
        ("iso-2022-kr", "안녕하세요. 프린터가 고장났습니다."),
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_text_is_read_in_its_charset_and_encoding(charset: str, text: str, encoding: str) -> None:
    raw = text.encode(charset)
    body = {
        "8bit": raw,
        "base64": base64.encodebytes(raw),
        "quoted-printable": "".join(f"={byte:02X}" for byte in raw[:20]).encode() + b"=\n" + raw[20:],
    }
    word = f"=?{charset}?B?{base64.b64encode(raw).decode()}?="
    header = f"From: {word} <ann@client.test>\nSubject: {word}\nContent-Type: text/plain; charset={charset}\n"
    header += f"Content-Transfer-Encoding: {encoding}\n"
    message = parse(header, body[encoding])
    assert message.author is not None
    assert (message.subject, message.author.name, message.body.text.strip()) == (text, text, text)


@pytest.mark.parametrize("charset", ["cp1251", "koi8-r", "utf-8"])
def test_bare_8_bit_everywhere_is_read(charset: str) -> None:
    message = parse(f"From: Анна Смирнова <ann@client.test>\nSubject: {RUSSIAN}\n", RUSSIAN, charset)
    assert message.author is not None
    assert (message.subject, message.author.name, message.body.text.strip()) == (RUSSIAN, "Анна Смирнова", RUSSIAN)


def test_repeated_recipients_all_count() -> None:
    message = parse("To: a@x.test\nTo: b@x.test, c@x.test\nCc: d@x.test\nCc: e@x.test\nDelivered-To: f@x.test\nX-Original-To: <g@x.test>\n")
    assert [mailbox.key for mailbox in message.to] == ["a@x.test", "b@x.test", "c@x.test"]
    assert [mailbox.key for mailbox in message.cc] == ["d@x.test", "e@x.test"]
    assert [mailbox.key for mailbox in message.delivered_to] == ["f@x.test", "g@x.test"]


@pytest.mark.parametrize(
    "author",
    [
        "From: ann@client.test\nFrom: agent@desk.test\n",
        "From: ann@client.test, agent@desk.test\n",
        "From: agent@desk.test <ann@client.test>\n",
        "From: agent@desk.test\x00 <ann@client.test>\n",
        "From: <agent@desk.test> <ann@client.test>\n",
        "From: agent@desk.test:ann@client.test\n",
        "From: agent(x)@desk.test\n",
        "From: nobody\n",
        "From: =?koi8-r?B?99HU1?= <ann@client.test>\n",
        "From:\n",
        "X-From: agent@desk.test\n",
    ],
)
def test_authority_never_rests_on_an_ambiguous_author(author: str) -> None:
    message = parse(author + "Subject: x\n")
    assert not message.author_unambiguous
    assert message.warnings


@pytest.mark.parametrize(
    "author",
    [
        "ann@client.test",
        "Ann <ann@client.test>",
        '"Lee, Ann" <Ann@Client.Test>',
        "=?utf-8?B?0JDQvdC90LA=?= <ann@client.test>",
        "Анна <ann@client.test>",
        "ann@client.test (Ann)",
    ],
)
def test_an_ordinary_author_is_unambiguous(author: str) -> None:
    message = parse(f"From: {author}\n")
    assert message.author_unambiguous
    assert message.author is not None
    assert message.author.key == "ann@client.test"


def test_what_authentication_needs_is_picked_out() -> None:
    message = parse(
        "Received: from c by b\nAuthentication-Results: mx.desk.test; spf=pass\n"
        "Received: from b by a\nAuthentication-Results: other.test; dkim=fail\n"
    )
    assert message.authentication_results == (Trace("mx.desk.test; spf=pass", 1), Trace("other.test; dkim=fail", 2))
    assert message.received_count == 2


def part(content_type: str, body: str, *fields: str) -> str:
    return "\n".join(["--b", f"Content-Type: {content_type}", *fields, "", body, ""])


def multipart(subtype: str, *parts: str) -> tuple[str, str]:
    return f'{PLAIN}Content-Type: multipart/{subtype}; boundary="b"\n', "".join(parts) + "--b--\n"


def test_of_two_forms_the_text_is_the_plain_one() -> None:
    message = parse(*multipart("alternative", part("text/plain", "plain words"), part("text/html", "<p>rich <script>x</script>words</p>")))
    assert message.body.text == "plain words"
    assert message.body.html == "<p>rich words</p>"
    assert message.attachments == ()


def test_of_html_alone_the_text_is_made() -> None:
    message = parse(PLAIN + "Content-Type: text/html\n", "<p>Hello,</p><p>the door</p>")
    assert message.body.text == "Hello,\n\nthe door"


def test_a_blank_plain_form_gives_way_to_html() -> None:
    message = parse(*multipart("alternative", part("text/plain", "  "), part("text/html", "<p>words</p>")))
    assert message.body.text == "words"


def test_text_between_attachments_is_joined() -> None:
    message = parse(
        *multipart(
            "mixed",
            part("text/plain", "before"),
            part("image/png", "png", 'Content-Disposition: inline; filename="a.png"'),
            part("text/plain", "after"),
        )
    )
    assert message.body.text == "before\n\nafter"
    assert [(each.filename, each.inline) for each in message.attachments] == [("a.png", True)]


def test_the_same_text_twice_is_shown_once() -> None:
    words = "These are the very same words of one letter."
    message = parse(*multipart("mixed", part("text/plain", words), part("text/html", f"<p>{words}</p>")))
    assert message.body.text == words
    assert message.body.html == f"<p>{words}</p>\n"[:-1]


def test_attachments_keep_their_names_and_bytes() -> None:
    content = bytes(range(256))
    body = base64.b64encode(content).decode()
    message = parse(
        *multipart(
            "mixed",
            part("text/plain", "see files"),
            part(
                "application/pdf",
                body,
                "Content-Transfer-Encoding: base64",
                "Content-Disposition: attachment; filename*=utf-8''%D0%A1%D1%87%D1%91%D1%82%20%E2%84%96%2012.pdf",
            ),
            part("text/plain; name=notes.txt", "notes", "Content-Disposition: attachment"),
            part("message/rfc822", "Subject: Inner/outer\n\ninner"),
            part("image/jpeg", "jpeg"),
        )
    )
    assert [each.filename for each in message.attachments] == ["Счёт № 12.pdf", "notes.txt", "Inner-outer.eml", "image-4.jpg"]
    assert message.attachments[0].content == content
    assert message.attachments[0].sha256 == hashlib.sha256(content).hexdigest()
    assert message.body.text == "see files"


def test_images_of_html_are_inline_by_id_or_location() -> None:
    message = parse(
        *multipart(
            "related",
            part("text/html", '<img src="cid:logo@x"><img src="pic.png">'),
            part("image/png", "1", "Content-ID: <logo@x>"),
            part("image/png", "2", "Content-Location: pic.png"),
            part("image/png", "3", "Content-ID: <unused@x>", 'Content-Disposition: attachment; filename="c.png"'),
        )
    )
    assert [(each.content_id, each.inline) for each in message.attachments] == [("logo@x", True), ("pic.png", True), ("unused@x", False)]
    assert message.body.html == '<img src="cid:logo@x"><img src="cid:pic.png">'


def test_a_named_text_is_a_file_and_the_text_where_there_is_no_other() -> None:
    message = parse(PLAIN + 'Content-Type: text/plain; name="a.txt"\nContent-Disposition: inline\n', "words")
    assert message.body.text == "words"
    assert [each.filename for each in message.attachments] == ["a.txt"]


def test_bytes_that_call_themselves_text_are_attached() -> None:
    message = parse(PLAIN + "Content-Type: text/plain\n", b"\x00\x01\x02PNG")
    assert message.body.text == ""
    assert [each.content for each in message.attachments] == [b"\x00\x01\x02PNG"]
    assert message.kind == "message"


def test_a_calendar_is_read_and_attached() -> None:
    event = "BEGIN:VEVENT\nATTENDEE;PARTSTAT=DECLINED:mailto:ann@client.test\nSUMMARY:Review\nEND:VEVENT\n"
    calendar = f"BEGIN:VCALENDAR\nMETHOD:REPLY\n{event}END:VCALENDAR"
    message = parse(*multipart("alternative", part("text/plain", "declined"), part("text/calendar; method=REPLY", calendar)))
    assert message.calendar is not None
    assert (message.calendar.method, message.calendar.attendee, message.calendar.status) == ("REPLY", "ann@client.test", "DECLINED")
    assert [each.filename for each in message.attachments] == ["invite.ics"]


def test_the_parts_of_the_text_are_the_text() -> None:
    message = parse(PLAIN, "Thanks!\n\nOn Mon, 4 Mar 2024 at 10:00, Support Desk <support@desk.test> wrote:\n> How is the door?\n")
    assert message.body.new_text == "Thanks!"
    assert "How is the door?" in message.body.quoted_text


@pytest.mark.parametrize(
    ("content", "bound"),
    [
        (PLAIN.encode() + b"X: y\n" * 1000 + b"\nwords", "1,000 lines"),
        (PLAIN.encode() + b"X: " + b"y" * 300_000 + b"\n\nwords", "256 KiB"),
        (PLAIN.encode() + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n" + b"--b\n\n" * 1000, "1,000 parts"),
        (PLAIN.encode() + b"Content-Type: text/html\n\n" + b"<div>" * 600 + b"words", "nested deeper"),
        (PLAIN.encode() + b"\nwords " + b"a " * 1_100_000, "characters"),
    ],
)
def test_beyond_a_bound_the_raw_file_is_attached_and_the_bound_named(content: bytes, bound: str) -> None:
    message = parse_message(content, OURS)
    assert message.author is not None
    assert (message.subject, message.author.key, message.kind) == ("Door", "ann@client.test", "message")
    assert (message.attachments[-1].filename, message.attachments[-1].content) == ("message.eml", content)
    assert any(bound in warning for warning in message.warnings)
    assert "words" in message.body.text


def test_a_message_that_killed_its_reader_still_tells_who_wrote_what() -> None:
    content = (PLAIN + "Auto-Submitted: auto-replied\n\nwords").encode()
    message = raw_message(content, "the parser was killed after 10 s")
    assert message.author is not None
    assert (message.subject, message.author.key, message.message_id) == ("Door", "ann@client.test", "1@client.test")
    assert (message.author_unambiguous, message.automatic) == (False, "Auto-Submitted: auto-replied")
    assert message.reason == "the parser was killed after 10 s"
    assert any("killed" in warning for warning in message.warnings)
    assert [each.content for each in message.attachments] == [content]


@pytest.mark.parametrize("name", HOSTILE_MESSAGES)
def test_hostile_mail_is_read_in_time(name: str) -> None:
    content = HOSTILE_MESSAGES[name]
    with within_seconds(6):
        message = parse_message(content, OURS)
    assert_storable(message)
    assert not content.startswith(b"From: Ann") or message.subject or "Subject" in name
    with within_seconds(3):
        assert_storable(raw_message(content, "killed"))


def assert_storable(value: object) -> None:
    """Every text of it can go into a database: no NUL, no lone surrogate."""
    if isinstance(value, str):
        value.encode()
        assert "\x00" not in value
    elif isinstance(value, tuple):
        for each in value:
            assert_storable(each)
    elif is_dataclass(value):
        for field in fields_of(value):
            assert_storable(getattr(value, field.name))


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(
            [
                b"From: ", b"To: ", b"Subject: ", b"Message-ID: ", b"Date: ", b"References: ", b"Content-Type: ",
                b"Content-Disposition: ", b"text/html", b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=b",
                b"message/rfc822", b"text/calendar", b"; charset=", b"utf-7", b"iso-2022-jp", b"; filename*0*=", b"\r\n", b"\n",
                b"\r\n\r\n", b"--b\r\n", b"--b--", b"=?utf-8?B?", b"?=", b"<", b">", b"@", b'"', b"(",
                b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n", b"BEGIN:VCALENDAR\r\n",
                b"<div>", b"<blockquote>", b"&nbsp;", b"> ", b"On Monday Ann wrote:", b"\xff\xfe", b"\x00",
            ]
        ),
    ),
    max_size=40,
)  # fmt: skip


CONFIRMATION = (
    "From: Gmail Team <forwarding-noreply@google.com>\nTo: support@desk.test\n"
    "Subject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from ann@client.test\n"
)


@pytest.mark.parametrize(
    ("body", "confirmation"),
    [
        (
            "Confirmation code: 123456789\n\nhttps://mail-settings.google.com/mail/vf-abc-def\n",
            "https://mail-settings.google.com/mail/vf-abc-def",
        ),
        ("Confirmation code: 123456789\n", None),
    ],
)
def test_a_forwarding_confirmation_has_its_code_and_its_link_picked_out(body: str, confirmation: str | None) -> None:
    message = parse(CONFIRMATION, body)
    assert (message.kind, message.confirmation) == ("forwarding_confirmation", Confirmation("123456789", confirmation))


def test_other_mail_confirms_nothing() -> None:
    assert parse(PLAIN, "Confirmation code: 123456789").confirmation is None


@settings(max_examples=300, deadline=None)
@given(PIECES)
@example([b"Message-ID: <[\r\n\r\n"])
@example([b"Authentication-Results: a\x00\r\n\r\n"])
@example([b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <a\x00b@c>\r\n--b--"])
@example([b"Content-Type: image/png\r\nContent-ID: <a\x00b>\r\nContent-Location: a\x00b\r\n\r\nx"])
@example([b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-"])
@example([b"Content-Type: text/html; charset=utf-16\r\n\r\n\xff"])
def test_any_bytes_become_a_message_that_can_be_stored(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    for message in (parse_message(content, OURS), raw_message(content, "why")):
        assert_storable(message)
        assert message.date is None or message.date.tzinfo is not None


CORPORA = Path(__file__).parents[3] / "shared" / "corpora"


@pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here")
def test_every_winmail_is_opened() -> None:
    files = sorted((CORPORA / "odd").glob("*.tnef"))
    assert files
    for file in files:
        encoded = base64.encodebytes(file.read_bytes()).decode()
        wrapped = part(
            "application/ms-tnef", encoded, "Content-Transfer-Encoding: base64", "Content-Disposition: attachment; filename=winmail.dat"
        )
        message = parse(*multipart("mixed", part("text/plain", "see attachment"), wrapped))
        assert message.attachments, file.name
        assert all(each.filename != "winmail.dat" and each.content for each in message.attachments), file.name


@pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here")
@pytest.mark.parametrize("folder", ["odd", "reports"])
def test_mail_that_nobody_here_wrote_is_read(folder: str) -> None:
    files = sorted((CORPORA / folder).iterdir())
    assert files
    for file in files:
        assert_storable(parse_message(file.read_bytes(), OURS))
