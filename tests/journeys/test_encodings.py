"""Mail as the world writes it is readable on the ticket and in the letters; what cannot be read arrives as its file (promise 1, X8)."""

import base64
import quopri
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header
from typing import Any

import pytest

from tests.journeys import running
from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter

RUSSIAN = "Здравствуйте! Принтер горит, чёрный дым. Объём бумаги — 5 пачек."
RUSSIAN_SUBJECT = "Срочно: горит принтер"
POLISH = "Dzień dobry! Zażółć gęślą jaźń, drukarka się pali."
POLISH_SUBJECT = "Pilne: drukarka się pali"
# koi8-r has no long dash.
WRITTEN = {
    ("koi8-r", "8bit"): (RUSSIAN_SUBJECT, RUSSIAN.replace("—", "-")),
    ("koi8-r", "base64"): (RUSSIAN_SUBJECT, RUSSIAN.replace("—", "-")),
    ("windows-1251", "8bit"): (RUSSIAN_SUBJECT, RUSSIAN),
    ("windows-1251", "base64"): (RUSSIAN_SUBJECT, RUSSIAN),
    ("windows-1251", "quoted-printable"): (RUSSIAN_SUBJECT, RUSSIAN),
    ("iso-8859-2", "8bit"): (POLISH_SUBJECT, POLISH),
    ("iso-8859-2", "quoted-printable"): (POLISH_SUBJECT, POLISH),
    ("utf-8", "8bit"): (POLISH_SUBJECT + " №1", f"{POLISH} {RUSSIAN} 🔥"),
    ("utf-8", "base64"): (RUSSIAN_SUBJECT, RUSSIAN),
    ("utf-8", "quoted-printable"): (POLISH_SUBJECT, f"{POLISH} 🔥"),
}


ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "8bit": bytes,
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
}


def written(charset: str, encoding: str, subject: str, words: str) -> bytes:
    body = ENCODE[encoding](words.encode(charset) + b"\n")
    head = (
        f"From: {Header('Анна', 'utf-8').encode() if charset != 'iso-8859-2' else 'Ania'} <{charset}-{encoding}@client.test>\n"
        f"To: support@desk.test\nSubject: {Header(subject, charset).encode()}\nMessage-ID: <{charset}.{encoding}@client.test>\n"
        f"Date: Sat, 21 Nov 2026 12:00:00 +0300\nMIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\n"
        f"Content-Transfer-Encoding: {encoding}\n\n"
    )
    return head.encode("ascii") + body


async def test_every_charset_and_transfer_encoding_is_readable_on_the_ticket_and_in_the_letters(lend: Lender) -> None:
    async with lend() as gateway:
        for (charset, encoding), (subject, words) in WRITTEN.items():
            author = f"{charset}-{encoding}@client.test"
            await gateway.send(written(charset, encoding, subject, words), "support@desk.test", reverse_path=author)
        await gateway.settled(len(WRITTEN))
        rows = await gateway.rows(
            """SELECT a.author_address AS author, t.subject, a.text FROM tickets t JOIN articles a ON a.ticket = t.number"""
        )
        read = {row["author"]: (row["subject"], row["text"].strip()) for row in rows}
        assert read == {f"{charset}-{encoding}@client.test": told for (charset, encoding), told in WRITTEN.items()}
        told = await gateway.letters_to("dana@staff.test", len(WRITTEN))
        for subject, words in WRITTEN.values():
            assert [each for each in told if words in each.text and subject in each.subject], f"no letter says {words}"
        assert all(each.content.isascii() for each in gateway.relay.messages), "what goes out passes every relay"


@dataclass(frozen=True, slots=True)
class Bare:
    """A mail with less than it should have; CLIENT in it is the author's address."""

    content: bytes
    subject: str = ""
    words: str = "Words."
    outcome: str = "ticket"


BARE = {
    "nothing but a text": Bare(b"From: CLIENT\n\nOnly words.\n", words="Only words."),
    "no Message-ID": Bare(b"From: CLIENT\nTo: support@desk.test\nDate: Sat, 21 Nov 2026 12:00:00 +0000\nSubject: A\n\nWords.\n", "A"),
    "no Date": Bare(b"From: CLIENT\nTo: support@desk.test\nMessage-ID: <b3@c.test>\nSubject: B\n\nWords.\n", "B"),
    "no To": Bare(b"From: CLIENT\nMessage-ID: <b4@c.test>\nSubject: C\n\nWords.\n", "C"),
    "no body": Bare(b"From: CLIENT\nTo: support@desk.test\nSubject: D\n\n", "D", "", "ignored"),
    "no body, and no blank line": Bare(b"From: CLIENT\nTo: support@desk.test\nSubject: E\n", "E", "", "ignored"),
    "no From": Bare(b"To: support@desk.test\nSubject: F\n\nWords.\n", "F"),
    "a Date that is none": Bare(b"From: CLIENT\nTo: support@desk.test\nDate: yesterday\nSubject: G\n\nWords.\n", "G"),
    "an id that is none": Bare(b"From: CLIENT\nTo: support@desk.test\nMessage-ID: none\nSubject: H\n\nWords.\n", "H"),
    "nothing at all": Bare(b"From: CLIENT\nTo: support@desk.test\n\n\n", "", "", "ignored"),
}


async def test_what_is_missing_from_a_mail_is_no_reason_to_lose_it(lend: Lender) -> None:
    async with lend() as gateway:
        became = {}
        for number, (what, bare) in enumerate(BARE.items(), 1):
            author = f"bare{number}@client.test"
            row = await gateway.take(bare.content.replace(b"CLIENT", author.encode()), "support@desk.test", reverse_path=author)
            articles = running.written(await gateway.ticket(row["ticket"])) if row["ticket"] else []
            words = "".join(each["text"].strip() for each in articles)
            became[what] = (row["subject"] or "", words, row["outcome"])
            assert {each["author"]["address"] for each in articles} <= {author}, what
        assert became == {what: (bare.subject, bare.words, bare.outcome) for what, bare in BARE.items()}
        registered = await gateway.letters_to("bare1@client.test")
        assert registered[0].subject == "(no subject) [#1]"


async def test_an_author_whose_address_is_not_ascii_is_answered_by_smtputf8(lend: Lender) -> None:
    async with lend() as gateway:
        author = "пётр@пример.рф"
        content = f"From: Пётр <{author}>\nTo: support@desk.test\nSubject: Принтер\nMessage-ID: <u@x.test>\n\nГорит.\n".encode()
        row = await gateway.take(content, "support@desk.test", reverse_path=author)
        assert (row["outcome"], row["ticket"]) == ("ticket", 1)
        assert (await gateway.ticket(1))["client"]["addresses"] == [author]
        await gateway.quiet()
        [registered] = [
            each for each in gateway.relay.messages if "Auto-Submitted" in each.message and each.recipients[0].startswith("пётр")
        ]
        assert registered.recipients[0] in (author, "пётр@xn--e1afmkfd.xn--p1ai")
        assert "SMTPUTF8" in registered.options
        assert "Принтер [#1]" in registered.subject


async def test_mail_beyond_a_bound_becomes_a_ticket_with_its_file_and_a_warning(lend: Lender) -> None:
    async with lend() as gateway:
        huge_header = (
            b"From: big@client.test\nTo: support@desk.test\nSubject: A huge header\n"
            + b"".join(b"X-Junk-%d: %s\n" % (number, b"j" * 900) for number in range(400))
            + b"\nThe text.\n"
        )
        deep = b"The innermost.\n"
        for level in range(80):
            deep = b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n%s\n--b%d--\n' % (level, level, deep, level)
        deep = b"From: deep@client.test\nTo: support@desk.test\nSubject: A deep one\nMIME-Version: 1.0\n" + deep
        for content, subject, bound in ((huge_header, "A huge header", "header"), (deep, "A deep one", "")):
            row = await gateway.take(content, "support@desk.test", reverse_path="big@client.test")
            assert (row["outcome"], row["subject"]) == ("ticket", subject), row
            [warning] = [each for each in row["decision"] if "message.eml" in each]
            assert warning.startswith("warning: ")
            assert bound in warning
            await has_its_file(gateway, row, content)


@pytest.mark.parametrize(
    ("limit", "bound"),
    [("parse_seconds = 0.002", "took longer than 0.002 seconds"), ('parse_memory = "16 MiB"', "needed more memory than a message may")],
)
async def test_mail_that_is_too_much_for_the_parser_becomes_a_ticket_with_its_file_and_a_warning(
    limit: str, bound: str, lend: Lender
) -> None:
    async with lend(tables=f"[limits]\n{limit}") as gateway:
        content = letter("anna@client.test", "support@desk.test", "Принтер горит", "What the parser never read.\n" * 200_000).as_bytes()
        row = await gateway.take(content, "support@desk.test", reverse_path="anna@client.test")
        assert (row["outcome"], row["subject"], row["attempts"]) == ("ticket", "Принтер горит", 1)
        [warning] = [each for each in row["decision"] if each.startswith("warning: ")]
        assert bound in warning
        await has_its_file(gateway, row, content)
        [registered] = await gateway.letters_to("anna@client.test")
        assert registered.subject == "Принтер горит [#1]"
        [told] = await gateway.letters_to("dana@staff.test")
        [attached] = list(told.message.iter_attachments())
        assert attached.get_filename() == "message.eml"
        assert attached.get_content() == await gateway.raw(row["id"])


async def has_its_file(gateway: Running, row: dict[str, Any], content: bytes) -> None:
    ticket = await gateway.ticket(row["ticket"])
    [file] = [each for each in ticket["articles"][0]["attachments"] if each["filename"] == "message.eml"]
    kept = await gateway.raw(row["id"])
    assert kept.endswith(content.replace(b"\n", b"\r\n"))
    assert file["size"] == len(kept)
    [created] = [each["data"] for each in ticket["events"] if each["kind"] == "created"]
    assert "message.eml" in created["warnings"][-1]
