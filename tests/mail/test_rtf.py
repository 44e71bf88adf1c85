"""RTF: decompressed, and read for its words or the HTML within."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.rtf import MAX_RTF, decompress_rtf
from gateway.mail.rtf_text import MOST_TOKENS, Rtf, read_rtf
from tests.mail.timing import within_seconds


def compressed(tokens: bytes, size: int = 0xFFFFFFFF) -> bytes:
    return struct.pack("<IIII", len(tokens) + 12, size, 0x75465A4C, 0) + tokens


@pytest.mark.parametrize(
    ("data", "rtf"),
    [
        # The two examples of MS-OXRTFCP §3.1; the second one's reference reaches into what it writes itself.
        (
            bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"),
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (struct.pack("<IIII", 17, 5, 0x414C454D, 0) + b"words", b"words"),
        (compressed(b"\x00words", size=3), b"wor"),
        (compressed(b"\x00wo"), b"wo"),
        (compressed(b"\x01\x00"), b""),
        (b"", b""),
        (b"\0" * 40, b""),
    ],
)
def test_compressed_rtf_is_decompressed(data: bytes, rtf: bytes) -> None:
    assert decompress_rtf(data) == rtf


def repeating(tokens: int) -> bytes:
    """Each token says: what was written last, 17 times more."""
    write = 207 + 8  # behind the dictionary and a letter a bit
    groups = []
    for _ in range(tokens // 8):
        places = [(write + 17 * bit - 1) % 4096 for bit in range(8)]
        groups.append(b"\xff" + b"".join((place << 4 | 15).to_bytes(2, "big") for place in places))
        write += 8 * 17
    return compressed(b"\x00aaaaaaaa" + b"".join(groups))


def test_decompressing_ends_at_a_bound() -> None:
    rocket = repeating(200_000)
    with within_seconds(4):
        assert decompress_rtf(rocket) == b"a" * MAX_RTF


def test_reading_ends_at_a_bound_and_says_so() -> None:
    read = read_rtf(b"{\\rtf1 begin" + rb"\par" * (MOST_TOKENS + 10) + b" end}")
    assert (read.text, read.whole) == ("begin", False)


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi hello\par world\line again}", "hello\nworld\nagain"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1\ansi{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}\f0 caf\'e9 \f1\'cf\'f0}", "café Пр"),
        (rb"{\rtf1\ansi{\fonttbl{\f0\fcharset128 Gothic;}}\f0\'93\'fa\'96\'7b}", "日本"),
        (rb"{\rtf1\ansi\uc1\u1055?\u1088\'3f\u10?}", "Пр\n"),
        (rb"{\rtf1\ansi\uc2\u1055\'cf\'f0x{\uc0\u1088 y}}", "Пxрy"),
        (rb"{\rtf1\ansi\u-10179?\u-8704?}", "😀"),
        (rb"{\rtf1{\*\generator Msftedit;}{\info{\title no}}{\colortbl;\red0;}{\stylesheet{\s1 no;}}{\pict 00ff}yes}", "yes"),
        (rb"{\rtf1{\field{\*\fldinst HYPERLINK http://x.test/}{\fldrslt here}}}", "here"),
        (rb"{\rtf1 a\emdash b\~c\{d\}\\ \ldblquote e\rdblquote\tab f}", "a—b\xa0c{d}\\ “e”\tf"),
        (b"{\\rtf1 a{\\object{\\objdata\\bin3 }}}b}c}}", "ac"),
        (b"{\\rtf1 one\r\n two}", "one two"),
        (rb"{\rtf1 unclosed {group", "unclosed group"),
        (rb"{\rtf1}}}} more", " more"),
        (b"plain words", ""),
        (b"", ""),
    ],
)
def test_the_words_of_rtf_are_read(rtf: bytes, text: str) -> None:
    assert read_rtf(rtf) == Rtf(text=text.strip("\n"))


def test_the_html_within_is_taken_out() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
        rb"{\*\htmltag18 <html>}{\*\htmltag50 <body>}\htmlrtf \lang1033 \htmlrtf0 {\*\htmltag64 <p class=a>}"
        rb"\htmlrtf {\htmlrtf0 \'cf\'f0\'e8\'e2\'e5\'f2 {\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0"
        rb" bold{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0\htmlrtf\par}\htmlrtf0{\*\mhtmltag64 <no>}"
        rb"{\*\htmltag72 </p>\par\tab }{\*\htmltag58 </body>}}"
    )
    assert read_rtf(rtf).html == "<html><body><p class=a>Привет &lt;<b>bold</b></p>\n\t</body>"


@pytest.mark.parametrize(
    "hostile",
    [
        b"{" * 1_000_000, rb"\par" * 250_000, rb"{\f1\'e9" * 120_000, rb"\u1?" * 250_000, b"\\" * 1_000_000,
        rb"{\fonttbl" + rb"\f1\fcharset2" * 80_000,
    ],
)  # fmt: skip
def test_hostile_rtf_is_read_in_time(hostile: bytes) -> None:
    with within_seconds(6):
        read_rtf(b"{\\rtf1 " + hostile)


PIECES = [b"{", b"}", b"\\*", b"\\u-1 ?", b"\\'ff", b"\\fromhtml1 ", b"\\htmltag ", b"\\bin9 "]


@given(st.lists(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES))))
def test_any_rtf_is_read(pieces: list[bytes]) -> None:
    read = read_rtf(b"{\\rtf1" + b"".join(pieces))
    (read.text + read.html).encode()
    decompress_rtf(compressed(b"".join(pieces)))
