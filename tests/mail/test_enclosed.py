"""Files within the text: uuencode, base64 behind a `begin` line, yEnc."""

import base64
import binascii

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.ours import Ours
from gateway.mail.enclosed import take_enclosed
from gateway.mail.parse import parse_message
from tests.mail.timing import within_seconds
from tests.mail.winmail import file, winmail

BYTES = bytes(range(256))


def uuencoded(content: bytes, name: str = "cat.bin", *, spaces: bool = False, end: str = "`\r\nend\r\n") -> bytes:
    lines = [binascii.b2a_uu(content[start : start + 45], backtick=not spaces) for start in range(0, len(content), 45)]
    return f"begin 644 {name}\r\n".encode() + b"".join(line.replace(b"\n", b"\r\n") for line in lines) + end.encode()


def yencoded(content: bytes, name: str = "cat.bin") -> bytes:
    escaped = b"".join(
        b"=" + bytes(((byte + 106) % 256,)) if (byte + 42) % 256 in b"\0\r\n=" else bytes(((byte + 42) % 256,)) for byte in content
    )
    lines = [escaped[start : start + 128] for start in range(0, len(escaped), 128)]
    return f"=ybegin line=128 size={len(content)} name={name}\r\n".encode() + b"\r\n".join(lines) + b"\r\n=yend size=256 crc32=0\r\n"


@pytest.mark.parametrize(
    "encoded",
    [
        uuencoded(BYTES),
        uuencoded(BYTES, end="end\r\n"),
        uuencoded(BYTES, end="\r\nend\r\n"),
        uuencoded(BYTES, end=" \r\nend"),
        uuencoded(BYTES, end=""),
        uuencoded(BYTES, spaces=True),
        b"\r\n".join(line.rstrip() for line in uuencoded(BYTES, spaces=True).split(b"\r\n")),
        uuencoded(BYTES).replace(b"\r\n", b"\n"),
        b"\r\n".join(line + b"#" if len(line) == 61 else line for line in uuencoded(BYTES).split(b"\r\n")),
        b"begin-base64 644 cat.bin\r\n" + base64.encodebytes(BYTES) + b"====\r\n",
        yencoded(BYTES),
        yencoded(BYTES).replace(b"\r\n", b"\r\n=ypart begin=1 end=256\r\n", 1),
    ],
)
def test_a_file_is_taken_out_of_the_text(encoded: bytes) -> None:
    text, [file] = take_enclosed(b"before\r\n" + encoded + b"after\r\n")
    assert (file.name, file.content) == ("cat.bin", BYTES)
    assert text.split() == [b"before", b"after"] or encoded.endswith(b"end")


def test_several_are_taken_out_one_after_the_other() -> None:
    text, files = take_enclosed(b"one\n" + uuencoded(b"Cat", "café 1.txt") + b"two\n" + yencoded(b"Dog", "a=b.txt") + b"three")
    assert text.split() == [b"one", b"two", b"three"]
    assert [(each.name, each.content) for each in files] == [("café 1.txt", b"Cat"), ("a=b.txt", b"Dog")]


@pytest.mark.parametrize(
    "text",
    [
        b"begin 644 a.txt\r\nbut this is prose that nobody encoded\r\nend",
        b"begin 644 a.txt\r\nHELLO WORLD\r\nend",
        b"begin 644 a.txt\r\nend\r\n",
        b"begin 644 a.txt",
        b"we begin 644 a\r\n#0V%T\r\n`\r\nend\r\n",
        b"> begin 644 a\r\n> #0V%T\r\n> `\r\n> end\r\n",
        uuencoded(b"Cat", end="and so on\r\n"),
        b"begin-base64 644 a.txt\r\nV29yZHM=\r\nno end",
        b"=ybegin line=128 size=3 name=a\r\nwords and no end",
        b"=ybegin ",
        b"You say: begin 644 and end there.",
    ],
)
def test_what_merely_begins_like_a_file_stays_text(text: bytes) -> None:
    assert take_enclosed(text) == (text, ())


@given(st.binary(min_size=1, max_size=300), st.booleans())
@example(b"\0" * 90, False)
def test_whatever_was_encoded_comes_back(content: bytes, spaces: bool) -> None:
    assert [each.content for each in take_enclosed(uuencoded(content, spaces=spaces))[1]] == [content]
    assert [each.content for each in take_enclosed(yencoded(content))[1]] == [content]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=70), st.sampled_from([b"begin 644 a\n", b"#0V%T\n", b"`\n", b"end\n", b"=ybegin name=a\n", b"=yend\n"])
        )
    )
)
def test_nothing_but_files_leaves_the_text(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    text, files = take_enclosed(raw)
    assert len(text) < len(raw) if files else text == raw


HOSTILE = {
    "begins": b"begin 644 a\n" * 80_000,
    "begins of yEnc": b"=ybegin name=a\n" * 70_000,
    "begins of yEnc and one end": b"=ybegin name=a\n" * 70_000 + b"=yend\n",
    "begins of base64": b"begin-base64 644 a\nAAAA\n" * 40_000,
    "spaces": b"begin 644 " + b" " * 1_000_000,
    "short lines": b"begin 644 a\n" + b"#0V%T\n" * 160_000,
    "begins and short lines": b"begin 644 a\n#0V%T\n" * 50_000,
    "equals signs": b"=ybegin name=a\n" + b"=" * 1_000_000 + b"\n=yend\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_in_time(name: str) -> None:
    with within_seconds(4):
        take_enclosed(HOSTILE[name])


HEADER = b"From: ann@client.test\r\nTo: support@desk.test\r\nSubject: Files\r\n"


@pytest.mark.parametrize("encoded", [uuencoded(BYTES * 40, "cat.txt"), yencoded(BYTES * 40, "cat.txt")])
def test_a_message_has_it_as_an_attachment(encoded: bytes) -> None:
    message = parse_message(HEADER + b"\r\nSee the file.\r\n\r\n" + encoded + b"\r\nAnn\r\n", Ours())
    assert message.body.text.split() == ["See", "the", "file.", "Ann"]
    assert [(each.filename, each.content_type, each.content) for each in message.attachments] == [("cat.txt", "text/plain", BYTES * 40)]


def test_text_in_another_charset_and_encoding_keeps_its_words() -> None:
    body = binascii.b2a_base64("Смотрите файл.\n".encode("koi8-r") + uuencoded(b"Cat") + "Анна\n".encode("koi8-r"))
    fields = b"Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n"
    message = parse_message(HEADER + fields + b"\r\n" + body, Ours())
    assert message.body.text.split() == ["Смотрите", "файл.", "Анна"]
    assert [each.content for each in message.attachments] == [b"Cat"]


def test_a_winmail_may_come_uuencoded() -> None:
    message = parse_message(HEADER + b"\r\nSee.\r\n" + uuencoded(winmail(file(b"a.txt", b"words")), "WINMAIL.DAT"), Ours())
    assert [(each.filename, each.content) for each in message.attachments] == [("a.txt", b"words")]
