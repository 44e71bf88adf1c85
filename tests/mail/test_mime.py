"""The tree of parts, from well-formed to hopeless."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.headers import read_block
from gateway.mail.mime import Entity, Tree, read_tree
from gateway.mail.transfer import decode_transfer


def tree(content: bytes) -> Tree:
    return read_tree(content, read_block(content))


def leaves(entity: Entity) -> list[tuple[str, bytes]]:
    if not entity.children:
        return [(entity.content_type, entity.content)]
    return [leaf for child in entity.children for leaf in leaves(child)]


def read(content: str) -> list[tuple[str, bytes]]:
    return leaves(tree(content.replace("\n", "\r\n").encode()).root)


MIXED = 'Content-Type: multipart/mixed; boundary="b"\n\n'
PART = "--b\nContent-Type: text/plain\n\none\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{MIXED}preamble\n{PART}--b\nContent-Type: text/html\n\ntwo\n--b--\nepilogue", [("text/plain", b"one"), ("text/html", b"two")]),
        (f"{MIXED}{PART}--b\nContent-Type: text/html\n\ntwo", [("text/plain", b"one"), ("text/html", b"two")]),
        (f"{MIXED}{PART}--b", [("text/plain", b"one"), ("text/plain", b"")]),
        (f"{MIXED}--b\n\nbare\n--b--", [("text/plain", b"bare")]),
        (f"{MIXED}--b\nContent-Type: text/html\n--b\n\nnext\n--b--", [("text/html", b""), ("text/plain", b"next")]),
        (f"{MIXED}--b  \nContent-Type: text/html\n\nspaces\n--b-- \n", [("text/html", b"spaces")]),
        (f"{MIXED}--bb\n{PART}--b-\n--b--", [("text/plain", b"one\r\n--b-")]),
        ("Content-Type: multipart/mixed\n\n--x\nContent-Type: text/html\n\nguessed\n--x--", [("text/html", b"guessed")]),
        ("Content-Type: multipart/mixed; boundary=gone\n\njust text", [("multipart/mixed", b"just text")]),
        ("Content-Type: multipart/mixed; boundary=\n\njust text", [("multipart/mixed", b"just text")]),
        ("\nno type at all", [("text/plain", b"no type at all")]),
        ("Content-Type: nonsense\n\ntext", [("text/plain", b"text")]),
        ("Content-Type: html\n\ntext", [("text/html", b"text")]),
        (
            'Content-Type: multipart/digest; boundary="b"\n\n--b\n\nSubject: inner\n\nx\n--b--',
            [("message/rfc822", b"Subject: inner\r\n\r\nx")],
        ),
    ],
)
def test_parts_are_found(content: str, expected: list[tuple[str, bytes]]) -> None:
    assert read(content) == expected


def test_nested_parts_end_with_the_part_they_are_in() -> None:
    inner = 'Content-Type: multipart/alternative; boundary="i"\n\n--i\n\nplain\n--i\nContent-Type: text/html\n\nhtml\n'
    closed = read(f"{MIXED}--b\n{inner}--i--\n\n--b\nContent-Type: image/png\n\npng\n--b--")
    unclosed = read(f"{MIXED}--b\n{inner}--b\nContent-Type: image/png\n\npng\n--b--")
    assert closed == unclosed == [("text/plain", b"plain"), ("text/html", b"html"), ("image/png", b"png")]


def test_a_nested_message_stays_byte_for_byte() -> None:
    nested = b"Subject:   odd   spacing\r\nX-A:\tb\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\n--b2\r\n--q--\r\n \r\n"
    content = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + nested + b"\r\n--b--\r\n"
    assert leaves(tree(content).root) == [("message/rfc822", nested)]


@pytest.mark.parametrize(("parts", "exceeded"), [(999, None), (1000, "more than 1,000 parts")])
def test_parts_are_bounded(parts: int, exceeded: str | None) -> None:
    assert tree(MIXED.encode() + b"--b\n\nx\n" * parts + b"--b--").exceeded == exceeded


@pytest.mark.parametrize(("depth", "exceeded"), [(50, None), (51, "parts nested deeper than 50")])
def test_depth_is_bounded(depth: int, exceeded: str | None) -> None:
    content = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(depth))
    assert tree(content + b"\nx").exceeded == exceeded


TEXT = "Dzień dobry, zażółć gęślą jaźń. " * 5


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        (base64.encodebytes(TEXT.encode()), "base64"),
        (base64.encodebytes(TEXT.encode()), " BASE64 "),
        (base64.encodebytes(TEXT.encode()), "base64;"),
        (base64.b64encode(TEXT.encode()).rstrip(b"="), "base64"),
        (base64.b64encode(TEXT.encode()[:30]) + b"\r\n" + base64.b64encode(TEXT.encode()[30:]), "base64"),
        (b"".join(base64.b64encode(TEXT.encode()[at : at + 10]) + b"\n" for at in range(0, 500, 10)), "base64"),
        (quopri.encodestring(TEXT.encode()), "quoted-printable"),
        (quopri.encodestring(TEXT.encode()).replace(b"=\n", b"= \t\r\n"), "Quoted-Printable"),
        (quopri.encodestring(TEXT.encode()).lower().replace(b"d", b"D"), "quoted-printable (lower)"),
        (TEXT.encode(), "8bit"),
        (TEXT.encode(), "nonsense"),
        (TEXT.encode(), ""),
        (TEXT.encode(), "base64"),
    ],
)
def test_transfer_encodings_are_undone(encoded: bytes, encoding: str) -> None:
    decoded = decode_transfer(encoded, encoding).decode()
    assert decoded.casefold() == TEXT.casefold()


def test_a_uuencoded_part_is_decoded() -> None:
    assert decode_transfer(b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n", "x-uuencode") == b"Cat"
    assert decode_transfer(b"no file here", "x-uuencode") == b"no file here"


@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit"]))
def test_any_bytes_are_decoded(body: bytes, encoding: str) -> None:
    decode_transfer(body, encoding)


ALPHABET = st.lists(
    st.sampled_from(
        [
            b"--b",
            b"--b--",
            b"--i",
            b"--i--",
            b"\r\n",
            b"\n",
            b"\r\n\r\n",
            b"Content-Type: multipart/mixed; boundary=i",
            b"Content-Type: text/plain",
            b"x",
            b"--",
            b"\x00",
        ]
    ),
    max_size=40,
)


@given(ALPHABET)
def test_every_byte_of_a_leaf_comes_from_the_message(pieces: list[bytes]) -> None:
    content = MIXED.encode() + b"".join(pieces)
    for _, body in leaves(tree(content).root):
        assert body in content
