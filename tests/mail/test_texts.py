"""Small readers: flowed text, calendars, the canonical hash, files in old wrappings."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.calendars import read_calendar
from gateway.mail.canonical import body_hash
from gateway.mail.enclosed import take_enclosed
from gateway.mail.flowed import unflow
from gateway.mail.message import Calendar
from gateway.mail.rtf import decompress_rtf
from gateway.mail.tnef import read_tnef


@pytest.mark.parametrize(
    ("text", "unflowed"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> one \n> two\nmine", "> one two\nmine"),
        (">> a \n> b", ">> a\n> b"),
        ("a \n-- \nAnn", "a\n-- \nAnn"),
        (" From here", "From here"),
        ("a\n\nb", "a\n\nb"),
        ("a ", "a"),
    ],
)
def test_flowed_lines_become_paragraphs(text: str, unflowed: str) -> None:
    assert unflow(text) == unflowed


def test_the_space_itself_may_be_no_part_of_the_text() -> None:
    assert unflow("こん \nにちは", delete_space=True) == "こんにちは"


REPLY = "\r\n".join(
    [
        "BEGIN:VCALENDAR", "METHOD:REPLY", "BEGIN:VEVENT", 'ATTENDEE;PARTSTAT=ACCEPTED;CN="Lee, Ann":mailto:Ann@client.test',
        "SUMMARY:Review\\, second", " part", "END:VEVENT", "END:VCALENDAR",
    ]
)  # fmt: skip


def test_a_calendar_reply_says_who_did_what() -> None:
    assert read_calendar(REPLY) == Calendar("REPLY", "Review, secondpart", "ann@client.test", "ACCEPTED")


def test_an_invitation_names_no_one_who_answered() -> None:
    invitation = REPLY.replace("REPLY", "REQUEST").replace("SUMMARY", "ATTENDEE:mailto:bob@client.test\r\nSUMMARY")
    read = read_calendar(invitation, "request")
    assert read == Calendar("REQUEST", "Review, secondpart", None, None)


def test_what_is_no_calendar_is_none() -> None:
    assert read_calendar("METHOD:REPLY") is None


@pytest.mark.parametrize(
    "twin",
    [
        "Hello,\r\n\r\nthe door is open. Ann",
        "Hello, the door\nis open.\n\nAnn\n",
        "> Hello,\n> the door is open.\n> Ann",
        "Hello,\nthe door is open.\nAnn\n_______________________________________________\nList mailing list\nhttp://list.test\n",
    ],
)
def test_twins_have_one_hash(twin: str) -> None:
    assert body_hash(twin, ["a", "b"]) == body_hash("Hello,\n\nthe door is open.\nAnn", ["b", "a"])


@pytest.mark.parametrize("other", ["Hello,\n\nthe door is shut.\nAnn", "Hello,\n\nthe door is open.\nAnn 2", ""])
def test_other_words_have_another_hash(other: str) -> None:
    assert body_hash(other, []) != body_hash("Hello,\n\nthe door is open.\nAnn", [])


def test_other_files_have_another_hash() -> None:
    assert body_hash("a", ["x"]) != body_hash("a", ["y"])


UU = b"begin 644 caf\xc3\xa9.txt\r\n#0V%T\r\n`\r\nend\r\n"
YENC = (
    b"=ybegin line=128 size=3 name=cat.txt\r\n"
    + bytes((byte + 42) % 256 for byte in b"C")
    + b"=}"
    + bytes((byte + 42) % 256 for byte in b"t")
    + b"\r\n=yend size=3\r\n"
)


def test_files_within_the_text_are_taken_out() -> None:
    text, files = take_enclosed(b"before\r\n" + UU + b"between\r\n" + YENC + b"after")
    assert text.split() == [b"before", b"between", b"after"]
    assert [(file.name, file.content) for file in files] == [("café.txt", b"Cat"), ("cat.txt", b"C\x13t")]


@pytest.mark.parametrize(
    "text", [b"begin 644 a.txt\r\nbut this is prose that nobody encoded\r\nend", b"we begin 644 a", UU.replace(b"end", b"and"), b"=ybegin "]
)
def test_what_merely_begins_like_a_file_stays_text(text: bytes) -> None:
    assert take_enclosed(text) == (text, ())


def attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BIi", level, name, len(data)) + data + struct.pack("<H", sum(data) % 65536)


def padded(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data + b"\0" * (-len(data) % 4)


def winmail(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def mapi(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


LONG_NAME = struct.pack("<HHI", 0x1F, 0x3707, 1) + padded("Счёт № 1.pdf\0".encode("utf-16-le"))
NAMED = struct.pack("<HH16sII", 0x03, 0x8001, b"", 0, 7) + struct.pack("<I", 5)
FILE = (
    attribute(2, 0x00069002, b"\0" * 14)
    + attribute(2, 0x00018010, b"SCHET.PDF\0")
    + attribute(2, 0x0006800F, b"%PDF")
    + attribute(2, 0x00069005, mapi(NAMED, LONG_NAME))
)


def test_winmail_gives_its_files_by_their_long_names() -> None:
    read = read_tnef(winmail(attribute(1, 0x00069007, struct.pack("<II", 1251, 0)), FILE, FILE))
    assert read is not None
    assert [(file.name, file.content) for file in read.files] == [("Счёт № 1.pdf", b"%PDF")] * 2


def test_an_embedded_message_gives_its_text_and_its_files() -> None:
    inner = winmail(attribute(1, 0x00069003, mapi(struct.pack("<HHI", 0x1E, 0x1000, 1) + padded(b"inner words\0"))), FILE)
    embedded = struct.pack("<HHI", 0x0D, 0x3701, 1) + padded(b"I" * 16 + inner)
    read = read_tnef(winmail(attribute(2, 0x00069002, b""), attribute(2, 0x00069005, mapi(embedded))))
    assert read is not None
    assert [(file.name, file.content) for file in read.files] == [("message.txt", b"inner words"), ("Счёт № 1.pdf", b"%PDF")]


def test_damage_spares_what_came_before_it() -> None:
    read = read_tnef(winmail(FILE) + attribute(2, 0x00069002, b"\0" * 14)[:-5])
    assert read is not None
    assert [file.content for file in read.files] == [b"%PDF"]
    assert read_tnef(b"no such thing") is None


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_winmail_is_read(rubbish: bytes, cut: int) -> None:
    whole = winmail(FILE, attribute(1, 0x00069003, rubbish), FILE)
    read_tnef(whole[:cut] + rubbish + whole[cut:])
    decompress_rtf(struct.pack("<IIII", 0, 9999, 0x75465A4C, 0) + rubbish)


def test_compressed_rtf_is_decompressed() -> None:
    # The example of MS-OXRTFCP 3.1.1.1.
    compressed = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
    assert decompress_rtf(compressed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
