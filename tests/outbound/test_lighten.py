"""Links in the place of files: which files go, how much lighter the letter is, and that it is the same at every attempt."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from hashlib import sha256

import pytest

from gateway.domain.letter import AttachmentRef, Letter, Party, Recipient
from gateway.domain.states import LetterKind
from gateway.letters.markup import as_html
from gateway.letters.texts import REPLY_ABOVE
from gateway.outbound.assemble import assemble, copies
from gateway.outbound.lighten import STAFF_FILES, Lightened, Lightening, Links, encoded_size, replaceable
from gateway.outbound.sign import Signing
from gateway.tokens.codec import Keyring
from gateway.tokens.file import FileLink, file_token, read_file_token
from tests.outbound.letters import WRITTEN, letter
from tests.outbound.signing import dkim_key, ours

KEYRING = Keyring((b"the secret of today, long enough",))
LINKS = Links(KEYRING, "https://desk.test/help", timedelta(days=30))
WORDS = f"{REPLY_ABOVE['en']}\n\nHere you are.\n"
URL = re.compile(r"https://desk\.test/help/file/([a-z2-7]+)")
BLOBS: dict[str, bytes] = {}


def file(name: str, size: int, *, inline: bool = False) -> AttachmentRef:
    content = (name.encode() + b"|") * (size // (len(name.encode()) + 1) + 1)
    digest = sha256(content[:size]).hexdigest()
    BLOBS[digest] = content[:size]
    return AttachmentRef(digest, name, "application/pdf", size, inline, f"{name}@desk.test" if inline else None)


SMALL, MIDDLE, LARGE = file("small.txt", 40_000), file("middle.pdf", 300_000), file("large.zip", 2_000_000)
PICTURE, TINY = file("picture.png", 150_000, inline=True), file("tiny.txt", 300)


def of(*files: AttachmentRef, **given: object) -> Letter:
    html = as_html("Here you are.", "Re: it", REPLY_ABOVE["en"], "en")
    return replace(letter(Recipient(1, "anna@client.test"), text=WORDS, html=html, attachments=files), **given)  # type: ignore[arg-type]


def lightened(given: Letter) -> Lightened:
    made = Lightening(Signing(), lambda: LINKS).lighter(given, copies(given, given.recipients)[0], BLOBS)
    assert made is not None
    return made


def names(content: bytes) -> list[str]:
    """Of the files that are in the letter still."""
    return [each.get_filename() or "" for each in message_from_bytes(content, policy=policy.default).walk() if each.get_filename()]


def texts(content: bytes) -> dict[str, str]:
    walked = message_from_bytes(content, policy=policy.default).walk()
    return {
        each.get_content_type(): each.get_content() for each in walked if each.get_content_maintype() == "text" and not each.get_filename()
    }


def linked(content: bytes) -> list[int]:
    """Positions that links lead to, by the letter's text; its HTML has the same."""
    parts = texts(content)
    tokens = URL.findall(parts["text/plain"])
    assert set(URL.findall(parts["text/html"])) == set(tokens)
    read = [read_file_token(KEYRING, each, WRITTEN) for each in tokens]
    assert all(isinstance(each, FileLink) and each.letter == 7 for each in read)
    return [each.position for each in read if isinstance(each, FileLink)]


@pytest.mark.parametrize(
    ("files", "limit", "gone", "stay"),
    [
        ((SMALL, LARGE, MIDDLE), 1_000_000, [1], ["small.txt", "middle.pdf"]),
        ((SMALL, LARGE, MIDDLE), 200_000, [1, 2], ["small.txt"]),
        ((SMALL, LARGE, MIDDLE), 20_000, [0, 1, 2], []),
        ((PICTURE, MIDDLE), 300_000, [1], ["picture.png"]),
        ((PICTURE, MIDDLE), 100_000, [0, 1], []),
        ((TINY, LARGE), 100, [1], ["tiny.txt"]),
        ((SMALL, LARGE, MIDDLE), 10_000_000, [], ["small.txt", "large.zip", "middle.pdf"]),
        ((SMALL, LARGE, PICTURE), None, [0, 1], ["picture.png"]),
        ((PICTURE,), None, [0], []),
    ],
)
def test_the_largest_go_and_no_more_than_it_takes(
    files: tuple[AttachmentRef, ...], limit: int | None, gone: list[int], stay: list[str]
) -> None:
    content = lightened(of(*files))(limit)
    assert linked(content) == gone
    assert sorted(names(content)) == sorted(stay)
    assert limit is None or len(content) <= limit or len(gone) == len(replaceable(of(*files)))


def test_it_fits_to_the_octet() -> None:
    """Wherever the limit is, what is made is within it, as long as that can be."""
    given = of(SMALL, MIDDLE, PICTURE)
    full = len(assemble(given, copies(given, given.recipients)[0], BLOBS))
    for limit in range(5000, full, 9973):
        assert len(lightened(given)(limit)) <= limit


def test_every_attempt_makes_the_same_bytes_and_so_does_another_process() -> None:
    again = replace(of(SMALL, LARGE), attempts=4, age=80_000.0, time_left=1.0)
    assert lightened(of(SMALL, LARGE))(1_000_000) == lightened(again)(1_000_000)
    url = f"https://desk.test/help/file/{file_token(KEYRING, 7, 1, datetime(2026, 4, 1, tzinfo=UTC))}"
    assert url.encode() in lightened(again)(1_000_000).replace(b"=\r\n", b"")


def test_the_last_day_is_told_and_the_link_works_all_through_it() -> None:
    content = lightened(of(LARGE))().decode("ascii")
    assert "until 31 March 2026:" in content.replace("=\r\n", "")
    assert LINKS.expires_at(of(LARGE)) == datetime(2026, 4, 1, tzinfo=UTC)


def test_what_is_sent_again_long_after_has_links_that_live() -> None:
    for days in (0, 10, 14, 16, 29, 31, 100, 400):
        old = of(LARGE, age=timedelta(days=days).total_seconds())
        left = LINKS.expires_at(old) - (WRITTEN + timedelta(days=days))
        assert timedelta(days=15) <= left <= timedelta(days=47)


def test_the_link_names_nothing_and_the_file_keeps_its_name_in_the_words() -> None:
    secret = file("Увольнение Иванова.pdf", 400_000)
    content = lightened(of(secret))()
    [part] = [each for each in message_from_bytes(content, policy=policy.default).walk() if each.get_content_type() == "text/plain"]
    text = part.get_content()
    assert "Увольнение Иванова.pdf (400 KB)" in text
    [token] = URL.findall(text)
    assert re.fullmatch("[a-z2-7]{45}", token)


def test_without_a_site_or_a_file_worth_it_nothing_is_lighter() -> None:
    without = of(TINY)
    copy = copies(without, without.recipients)[0]
    assert Lightening(Signing(), lambda: LINKS).lighter(without, copy, BLOBS) is None
    reply = of(LARGE, kind=LetterKind.AGENT_REPLY, agent="dana@staff.test")
    assert Lightening(Signing(), lambda: None).lighter(reply, copy, BLOBS) is None, "its agent is told"


def test_what_nobody_is_told_of_goes_without_its_files() -> None:
    given = of(LARGE, SMALL)
    made = Lightening(Signing(), lambda: None).lighter(given, copies(given, given.recipients)[0], BLOBS)
    assert made is not None
    content = made(1_000_000)
    assert names(content) == ["small.txt"]
    text = texts(content)["text/plain"].replace("\r\n", "\n")
    assert "This file did not fit into the e-mail; it is kept on the ticket:\n\nlarge.zip (2 MB)\n" in text
    assert "http" not in text


AGENTS = tuple(Recipient(number, f"{name}@staff.test", reply_to=f"r+{name}@desk.test") for number, name in enumerate(("dana", "oleg"), 1))


@pytest.mark.parametrize(
    ("recipients", "gone"),
    [(AGENTS, [0]), ((*AGENTS, Recipient(3, "anna@client.test")), [])],
)
def test_a_letter_to_staff_alone_carries_ten_megabytes_and_links_to_the_rest(recipients: tuple[Recipient, ...], gone: list[int]) -> None:
    huge, other = AttachmentRef("00", "huge.zip", "application/zip", STAFF_FILES), AttachmentRef("11", "other.zip", "application/zip", 5000)
    given = replace(of(huge, other), recipients=recipients)
    usual = Lightening(Signing(), lambda: LINKS).usual(given)
    assert [each for each in given.attachments if each not in usual.attachments] == [given.attachments[at] for at in gone]
    assert ("/file/" in usual.text) is bool(gone)
    without = Lightening(Signing(), lambda: None).usual(given)
    assert ("kept on the ticket:\n\nhuge.zip (10.5 MB)" in without.text) is bool(gone)


@pytest.mark.parametrize("size", [1, 2, 3, 56, 57, 58, 113, 114, 115, 40_000])
def test_the_size_of_base64_is_known_beforehand(size: int) -> None:
    bare, one = of(TINY), of(TINY, file("x", size))
    copy = copies(bare, bare.recipients)[0]
    head = len(assemble(of(TINY, file("x", 57)), copy, BLOBS)) - encoded_size(file("x", 57))
    assert len(assemble(one, copy, BLOBS)) - head == encoded_size(file("x", size))


def test_what_went_lighter_is_signed_as_it_goes_and_written_in_ascii_where_it_must_be() -> None:
    key = dkim_key("ed25519")
    headers = (
        ("From", (Party("Поддержка", "support@desk.test"),)),
        ("To", (Party("", "anna@client.test"), Party("", "борис@client.test"))),
    )
    given = of(LARGE, SMALL, headers=headers)
    made = Lightening(Signing([key]), lambda: LINKS).lighter(given, copies(given, given.recipients)[0], BLOBS)
    assert made is not None
    for plain in (False, True):
        content = made(1_000_000, plain=plain)
        assert ours(content, [key]) == [(key.selector, "pass")]
        assert content.isascii() is plain
        assert linked(content) == [0]
