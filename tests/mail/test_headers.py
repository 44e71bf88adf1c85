import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.headers import preface, read_block, rescue, shown


def fields(content: bytes) -> list[tuple[str, str]]:
    return [(field.name, field.text) for field in read_block(content, preface(content)).fields]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Subject: a\r\nTO: b\r\n\r\nbody", [("subject", "a"), ("to", "b")]),
        (b"Subject: a\nTo: b\n\nbody", [("subject", "a"), ("to", "b")]),
        (b"Subject: a\r\n b\r\n\tc\r\n\r\n", [("subject", "a b c")]),
        (b"Subject: a\r\n \r\nTo: b\r\n\r\n", [("subject", "a")]),
        (b"To: a\r\nTo: b\r\n\r\n", [("to", "a"), ("to", "b")]),
        (b"Subject : spaced\r\n\r\n", [("subject", "spaced")]),
        (b"Subject:\r\n\r\n", [("subject", "")]),
        (b"From ann@client.test Mon Jan 1\r\nSubject: mbox\r\n\r\n", [("subject", "mbox")]),
        (b"\xef\xbb\xbfSubject: bom\r\n\r\n", [("subject", "bom")]),
        (b"\r\n\r\nSubject: late\r\n\r\n", [("subject", "late")]),
        (b"Subject: a\r\nnonsense here\r\nTo: b\r\n\r\n", [("subject", "a"), ("to", "b")]),
        ("Subject: Привет\r\n\r\n".encode(), [("subject", "Привет")]),
        ("Subject: Привет, не могу войти\r\n\r\n".encode("cp1251"), [("subject", "Привет, не могу войти")]),
        ("Subject: Привет, не могу войти\r\n\r\n".encode("koi8-r"), [("subject", "Привет, не могу войти")]),
        (b"Subject: =?utf-8?Q?a?=\r\n =?utf-8?Q?b?=\r\n\r\n", [("subject", "ab")]),
        (b"Subject: a", [("subject", "a")]),
        (b"", []),
    ],
)
def test_fields_are_read_as_they_come(content: bytes, expected: list[tuple[str, str]]) -> None:
    assert fields(content) == expected


def test_a_body_may_begin_without_a_blank_line() -> None:
    content = b"Subject: a\r\nHello, this is text.\r\nAnd more.\r\n"
    block = read_block(content)
    assert content[block.body :] == b"Hello, this is text.\r\nAnd more.\r\n"
    assert block.faults == ("the header ends without a blank line",)


def test_the_body_begins_behind_the_blank_line() -> None:
    content = b"Subject: a\r\n\r\n\r\nbody"
    assert content[read_block(content).body :] == b"\r\nbody"


@pytest.mark.parametrize(("content", "bound"), [(b"X: y\r\n" * 2000, "1,000 lines"), (b"X: " + b"y" * 300_000 + b"\r\n", "256 KiB")])
def test_a_header_beyond_a_bound_says_which_and_keeps_its_essence(content: bytes, bound: str) -> None:
    whole = content + b"Subject: kept\r\n indeed\r\n\r\nbody"
    block = read_block(whole)
    assert block.exceeded is not None
    assert bound in block.exceeded
    rescued = rescue(whole, block)
    assert rescued.first("subject") is not None
    assert rescued.value("subject") == "kept indeed"
    assert whole[rescued.body :] == b"body"


def test_what_is_shown_is_bounded() -> None:
    block = read_block(b"A: " + b"x" * 10_000 + b"\r\n" + b"B: y\r\n" * 900)
    pairs = shown(block.fields)
    assert len(pairs) == 500
    assert len(pairs[0][1]) == 4096


@given(st.binary(max_size=400))
def test_any_bytes_are_read(content: bytes) -> None:
    block = read_block(content, preface(content))
    assert 0 <= block.body <= len(content)
    for _, text in shown(block.fields):
        text.encode()
