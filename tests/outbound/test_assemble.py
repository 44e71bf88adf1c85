import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.letter import AttachmentRef, Letter, NewRecipient, Party, Recipient, UnsafeHeaderError, one_line
from gateway.outbound.assemble import BlobMissing, Copy, assemble, copies, needs_smtputf8
from gateway.outbound.headers import encoded_words
from tests.outbound.letters import letter, new_letter

SURROGATES: tuple[Literal["Cs"]] = ("Cs",)
TEXT = st.text(st.characters(exclude_categories=SURROGATES, exclude_characters="\r\n\0"), max_size=300)
BODY = st.text(st.characters(exclude_categories=SURROGATES, exclude_characters="\r\0"), max_size=2000)
BREAKS = st.sampled_from(["\r", "\n", "\r\n", "\0", "\r\nBcc: thief@evil.test", "\n\nbody", "\ud800"])


def blob(content: bytes, filename: str = "file.bin", content_type: str = "application/pdf", **given: Any) -> tuple[AttachmentRef, bytes]:
    return AttachmentRef(hashlib.sha256(content).hexdigest(), filename, content_type, len(content), **given), content


def assembled(held: Letter, *files: tuple[AttachmentRef, bytes]) -> bytes:
    held = replace(held, attachments=tuple(ref for ref, _ in files))
    [copy] = copies(held, held.recipients)
    return assemble(held, copy, {ref.sha256: content for ref, content in files})


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.SMTP)
    assert not message.defects, message.defects
    return message


def body_of(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def check_lines(content: bytes) -> None:
    """CRLF alone, and within the limits of RFC 5322 §2.1.1."""
    assert content.endswith(b"\r\n")
    assert re.search(rb"\r(?!\n)|(?<!\r)\n|\0", content) is None
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_a_plain_letter_reads_as_it_was_written() -> None:
    content = assembled(letter())
    assert content.decode() == (
        "Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n"
        "From: Support <support@desk.test>\r\n"
        "To: client@client.test\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "Subject: We have got your letter [#1]\r\n"
        "Message-ID: <seven@desk.test>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hello!\r\n"
        "\r\n"
        "We have got it.\r\n"
    )


def test_a_date_of_the_writer_stays_and_no_second_one_comes() -> None:
    given_date = letter(headers=(*letter().headers, ("Date", "Mon, 02 Mar 2026 08:00:00 +0100")))
    assert assembled(given_date).count(b"Date: ") == 1
    assert b"Date: Mon, 02 Mar 2026 08:00:00 +0100\r\n" in assembled(given_date)


def test_text_html_inline_pictures_and_files_nest_as_mail_programs_expect() -> None:
    picture = blob(b"\x89PNG", "logo.png", "image/png", inline=True, content_id="logo@desk")
    pdf = blob(b"%PDF" * 100, "Счёт № 5.pdf")
    message = read(assembled(letter(text="Привет\n", html="<p>Привет <img src='cid:logo@desk'></p>"), picture, pdf))
    shape = [part.get_content_type() for part in message.walk()]
    assert shape == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert body_of(message, "plain") == "Привет\n"
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "Счёт № 5.pdf"
    assert attached.get_payload(decode=True) == b"%PDF" * 100
    related = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert related[0]["Content-ID"] == "<logo@desk>"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello\n", "7bit"),
        ("", "7bit"),
        ("dzień dobry, to jest zwykły list po polsku\n", "quoted-printable"),
        ("Здравствуйте! Мы получили Ваше письмо.\n", "base64"),
        ("From the start\n", "quoted-printable"),
        ("-- \nsignature\n", "quoted-printable"),
        (".\n", "quoted-printable"),
        ("x" * 1500 + "\n", "quoted-printable"),
        ("=_0123\n", "quoted-printable"),
        ("a\x0bb, and more of it\n", "quoted-printable"),
    ],
)
def test_the_plainest_encoding_is_taken_that_no_server_spoils(text: str, encoding: str) -> None:
    content = assembled(letter(text=text))
    message = read(content)
    assert message["Content-Transfer-Encoding"] == encoding
    assert message.get_content().replace("\r\n", "\n") == text
    check_lines(content)


def test_a_message_as_an_attachment_travels_as_a_plain_file() -> None:
    message = read(assembled(letter(), blob(b"Subject: x\r\n\r\ny", "mail.eml", "message/rfc822")))
    [attached] = message.iter_attachments()
    assert attached.get_content_type() == "application/octet-stream"
    assert attached.get_payload(decode=True) == b"Subject: x\r\n\r\ny"


def test_a_content_type_that_is_none_becomes_octets() -> None:
    message = read(assembled(letter(), blob(b"x", content_type='text/html; name="x"')))
    assert [part.get_content_type() for part in message.iter_attachments()] == ["application/octet-stream"]


def test_an_attachment_whose_bytes_are_gone_is_said_to_be() -> None:
    held = letter(attachments=(blob(b"x")[0],))
    with pytest.raises(BlobMissing, match=r"file\.bin"):
        assemble(held, copies(held, held.recipients)[0], {})


def test_each_agent_gets_a_copy_of_their_own_and_the_others_share_one() -> None:
    anna = Recipient(1, "anna@desk.test", "Анна", "<r.anna@desk.test>", "r+anna@desk.test", "b+1@bounce.test")
    jan = Recipient(2, "jan@desk.test", "Jan", "<r.jan@desk.test>", "r+jan@desk.test", "b+2@bounce.test")
    first, second = Recipient(3, "a@client.test"), Recipient(4, "b@client.test")
    headers = (*letter(first, second).headers, ("Cc", (Party("", "boss@client.test"),)), ("Reply-To", (Party("", "support@desk.test"),)))
    held = letter(anna, jan, first, second, headers=headers)
    of_anna, of_jan, shared = copies(held, held.recipients)
    assert [each.reverse_path for each in (of_anna, of_jan, shared)] == ["b+1@bounce.test", "b+2@bounce.test", "bounces@desk.test"]
    assert shared.recipients == (first, second)
    message = read(assemble(held, of_anna, {}))
    assert (message["To"], message["Cc"], message["Reply-To"]) == ("Анна <anna@desk.test>", None, "r+anna@desk.test")
    assert message["Message-ID"] == "<r.anna@desk.test>"
    assert b"jan" not in assemble(held, of_anna, {})
    common = read(assemble(held, shared, {}))
    assert (common["Cc"], common["Reply-To"]) == ("boss@client.test", "support@desk.test")
    assert b"anna" not in assemble(held, shared, {})


def test_recipients_with_their_own_reverse_path_get_the_same_bytes_in_transactions_of_their_own() -> None:
    held = letter(Recipient(1, "a@x.test", verp="b+1@d.test"), Recipient(2, "b@x.test", verp="b+2@d.test"))
    one, two = copies(held, held.recipients)
    assert (one.reverse_path, two.reverse_path) == ("b+1@d.test", "b+2@d.test")
    assert assemble(held, one, {}) == assemble(held, two, {})


def test_a_null_reverse_path_stays_null() -> None:
    held = letter(reverse_path="")
    assert copies(held, held.recipients)[0].reverse_path == ""


@pytest.mark.parametrize(
    ("address", "wire", "utf8"),
    [
        ("anna@пример.рф", b"anna@xn--e1afmkfd.xn--p1ai", False),
        ("анна@пример.рф", "анна@xn--e1afmkfd.xn--p1ai".encode(), True),
        ("plain@example.test", b"plain@example.test", False),
    ],
)
def test_only_a_local_part_beyond_ascii_needs_smtputf8(address: str, wire: bytes, utf8: bool) -> None:
    held = letter(Recipient(1, address))
    [copy] = copies(held, held.recipients)
    assert needs_smtputf8(held, copy) is utf8
    content = assemble(held, copy, {})
    assert b"To: " + wire + b"\r\n" in content
    assert content.isascii() is not utf8


def test_long_references_are_folded_between_ids() -> None:
    ids = " ".join(f"<{'x' * 60}.{number}@client.test>" for number in range(40))
    content = assembled(letter(headers=(*letter().headers, ("References", ids))))
    check_lines(content)
    assert " ".join(str(read(content)["References"]).split()) == ids


def test_an_id_that_is_not_ascii_is_left_out() -> None:
    content = assembled(letter(headers=(*letter().headers, ("References", "<a@x> <ключ@x> <b@x>"))))
    assert b"References: <a@x> <b@x>\r\n" in content


@pytest.mark.parametrize(
    "subject", ["", " ", "  two  spaces ", "Re: Привет, мир [#12]", "=?utf-8?b?aGk=?=", "x" * 3000, "tab\tand\x0bmore", "№ 5 " * 100]
)
def test_a_subject_comes_back_as_it_was(subject: str) -> None:
    content = assembled(letter(subject=subject))
    check_lines(content)
    assert str(read(content)["Subject"]).rstrip() == subject.rstrip()


def test_the_ticket_number_of_a_foreign_subject_stays_legible() -> None:
    assert b" [#12]\r\n" in assembled(letter(subject="Не работает принтер [#12]"))


@given(value=st.text(st.characters(exclude_categories=SURROGATES), min_size=1, max_size=200))
def test_encoded_words_are_short_and_whole(value: str) -> None:
    words = list(encoded_words(value))
    assert all(len(word) <= 75 for word in words)
    assert all(message_from_bytes(f"Subject: {word}".encode())["Subject"] for word in words)


@settings(max_examples=150, deadline=None)
@given(subject=TEXT, name=TEXT, text=BODY, html=st.none() | BODY, filename=TEXT, references=TEXT)
def test_any_letter_is_sound_mail_and_the_same_bytes_every_time(
    subject: str, name: str, text: str, html: str | None, filename: str, references: str
) -> None:
    headers = (("From", (Party(name, "support@desk.test"),)), ("References", references), ("X-Deskgate-Ticket", references))
    held = letter(headers=headers, subject=subject, text=text, html=html)
    file = blob(b"content", filename)
    content = assembled(held, file)
    assert content == assembled(replace(held, id=8, attempts=5, age=99.0), file)
    check_lines(content)
    message = message_from_bytes(content, policy=policy.SMTP)
    assert sorted(key.lower() for key, _ in message.items()) == sorted(
        ["date", "from", "references", "x-deskgate-ticket", "subject", "message-id", "mime-version", "content-type"]
    )
    assert body_of(message, "plain") == (text if text.endswith("\n") or not text else text + "\n")
    [attached] = message.iter_attachments()
    assert attached.get_payload(decode=True) == b"content"


@given(good=TEXT, bad=BREAKS)
def test_no_value_can_break_out_of_its_header(good: str, bad: str) -> None:
    evil = good[: len(good) // 2] + bad + good[len(good) // 2 :]
    makers: list[Callable[[], object]] = [
        lambda: new_letter(subject=evil),
        lambda: Party(evil, "a@b.test"),
        lambda: Party("", f"a{evil}@b.test"),
        lambda: new_letter(headers=(("X-Deskgate-Ticket", evil),)),
        lambda: new_letter(headers=((f"X{evil}", "value"),)),
        lambda: new_letter(message_id=f"<{evil}@desk.test>"),
        lambda: new_letter(reverse_path=f"{evil}@desk.test"),
        lambda: NewRecipient("a@b.test", name=evil),
        lambda: NewRecipient("a@b.test", reply_to=f"r+{evil}@desk.test"),
        lambda: NewRecipient("a@b.test", verp=f"b+{evil}@desk.test"),
        lambda: AttachmentRef("00", evil, "text/plain"),
    ]
    for make in makers:
        with pytest.raises(UnsafeHeaderError):
            make()


@given(bad=BREAKS)
def test_a_row_that_somebody_tampered_with_is_not_assembled(bad: str) -> None:
    for held in (letter(subject=f"x{bad}y"), letter(headers=(("X-Note", f"x{bad}y"),))):
        with pytest.raises(UnsafeHeaderError):
            assembled(held)


@pytest.mark.parametrize(
    "name", ["Bcc", "bcc", "Resent-Bcc", "Content-Type", "Message-ID", "Subject", "MIME-Version", "Received", "X:Y", "", "Имя"]
)
def test_headers_that_are_not_the_writers_are_refused(name: str) -> None:
    with pytest.raises(UnsafeHeaderError):
        new_letter(headers=((name, "value"),))


def test_an_address_header_takes_addresses_and_others_take_text() -> None:
    with pytest.raises(UnsafeHeaderError):
        new_letter(headers=(("To", "a@b.test, c@d.test"),))
    with pytest.raises(UnsafeHeaderError):
        new_letter(headers=(("X-Note", (Party("", "a@b.test"),)),))


@given(st.text(max_size=200))
def test_one_line_makes_a_header_value_of_anything(value: str) -> None:
    line = one_line(value)
    assert new_letter(subject=line).subject == line


def test_boundaries_do_not_repeat_within_a_letter() -> None:
    picture = blob(b"x", inline=True, content_id="a@b")
    content = assembled(letter(html="<p>x</p>"), picture, blob(b"y"))
    boundaries = re.findall(rb'boundary="([^"]+)"', content)
    assert len(boundaries) == len(set(boundaries)) == 3


def test_the_shared_copy_of_a_letter_is_none_of_its_agents() -> None:
    assert Copy("<x@y>", "", (Recipient(1, "a@b.test"),)).own is None
