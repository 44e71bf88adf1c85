"""DATA content, cut into chunks in every way, against a reader that sees it whole and goes line by line."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.content import Content
from gateway.ingress.data_reader import DataReader, Fault
from gateway.ingress.limits import Budget

MAX_SIZE, MAX_LINE = 60, 20


def read(chunks: list[bytes], *, normalise: bool = False) -> tuple[bytes | Fault, bytes] | None:
    """Content or fault, and what followed; None when the end did not come."""
    content = Content()
    reader = DataReader(content, max_size=MAX_SIZE, max_line=MAX_LINE, normalise=normalise)
    for number, chunk in enumerate(chunks):
        after = reader.feed(chunk)
        if after is not None:
            kept = asyncio.run(content.read()) if reader.fault is None else reader.fault
            content.close()
            return kept, after + b"".join(chunks[number + 1 :])
    content.close()
    return None


def read_plainly(stream: bytes, *, normalise: bool = False) -> tuple[bytes | Fault, bytes] | None:
    """What RFC 5321 §4.5.2 says, with no thought of speed."""
    lines, rest, faults = [], stream, set()
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        if line == b".":
            break
        line = line.removeprefix(b".")
        if set(b"\r\n\0") & set(line) and not normalise:
            faults.add(Fault.BARE_NEWLINE)
        lines += line.replace(b"\n", b"\r").replace(b"\0", b"").split(b"\r") if normalise else [line]
    content = b"".join(line + b"\r\n" for line in lines)
    faults |= {Fault.LINE_TOO_LONG} if any(len(line) > MAX_LINE for line in lines) else set()
    faults |= {Fault.TOO_LARGE} if len(content) > MAX_SIZE else set()
    return min(faults, key=lambda each: each.value, default=content), rest


PIECES = [b".", b"..", b"\r\n", b"\r\n.", b"\r\n..", b"\r\n.\r\n", b"\r", b"\n", b"a", b"bcd", b"\0", b"x" * 15, b"QUIT\r\n", b"\xff"]


STREAMS = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 120), max_size=12), st.booleans())
def test_any_chunking_reads_as_the_plain_reader_does(stream: bytes, cuts: list[int], normalise: bool) -> None:
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert read(chunks, normalise=normalise) == read_plainly(stream, normalise=normalise)


@given(STREAMS, st.booleans())
def test_octet_by_octet_reads_as_the_plain_reader_does(stream: bytes, normalise: bool) -> None:
    assert read([bytes([octet]) for octet in stream], normalise=normalise) == read_plainly(stream, normalise=normalise)


@pytest.mark.parametrize(
    ("stream", "kept"),
    [
        (b"a\nb\r\n", b"a\r\nb\r\n"),
        (b"a\rb\r\n", b"a\r\nb\r\n"),
        (b"a\0b\r\n", b"ab\r\n"),
        (b"a\n\rb\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r\0\nb\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\n.\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b"a\n..b\r\n", b"a\r\n..b\r\n"),
        (b"..\n..\r\n", b".\r\n..\r\n"),
        (b"\r\r\n", b"\r\n\r\n"),
        (b"\n" * 31 + b"\r\n", Fault.TOO_LARGE),
    ],
)
def test_what_is_mended_becomes_lines_and_is_measured_as_such(stream: bytes, kept: bytes | Fault) -> None:
    stream += b".\r\n"
    for cut in range(len(stream)):
        assert read([stream[:cut], stream[cut:]], normalise=True) == read_plainly(stream, normalise=True) == (kept, b"")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b".\r\n", (b"", b"")),
        (b"\r\n.\r\n", (b"\r\n", b"")),
        (b"a\r\n.\r\nQUIT\r\n", (b"a\r\n", b"QUIT\r\n")),
        (b"..\r\n.\r\n", (b".\r\n", b"")),
        (b".a\r\n...\r\n.\r\n", (b"a\r\n..\r\n", b"")),
        (b"a\r\n.\r\n.\r\n", (b"a\r\n", b".\r\n")),
        (b"x" * 20 + b"\r\n.\r\n", (b"x" * 20 + b"\r\n", b"")),
        (b"x" * 21 + b"\r\n.\r\n", (Fault.LINE_TOO_LONG, b"")),
        (b"." + b"." * 20 + b"\r\n.\r\n", (b"." * 20 + b"\r\n", b"")),
        (b"12345678\r\n" * 6 + b".\r\n", (b"12345678\r\n" * 6, b"")),
        (b"12345678\r\n" * 6 + b"1\r\n.\r\n", (Fault.TOO_LARGE, b"")),
        (b"a\nb\r\n.\r\n", (Fault.BARE_NEWLINE, b"")),
        (b"a\nb\r\n" + b"12345678\r\n" * 6 + b".\r\n", (Fault.TOO_LARGE, b"")),
        (b"a\0b\r\n.\r\n", (Fault.BARE_NEWLINE, b"")),
        (b"a\r\r\n.\r\n", (Fault.BARE_NEWLINE, b"")),
        (b"no end", None),
        (b"no end\r\n.\r", None),
    ],
)
def test_a_stream_reads_as_it_should(stream: bytes, expected: tuple[bytes | Fault, bytes] | None) -> None:
    assert read([stream]) == read_plainly(stream) == expected
    for cut in range(len(stream)):
        assert read([stream[:cut], stream[cut:]]) == expected


def test_a_line_may_be_longer_than_its_chunks_and_still_too_long() -> None:
    content = Content()
    reader = DataReader(content, max_size=10**9, max_line=1000)
    for _ in range(11):
        assert reader.feed(b"x" * 100) is None
    assert reader.fault is Fault.LINE_TOO_LONG


def test_a_refused_message_takes_no_memory_while_its_end_is_waited_for() -> None:
    memory = Budget(10**9)
    content = Content(memory=memory)
    reader = DataReader(content, max_size=1000, max_line=10**6)
    for _ in range(100):
        reader.feed(b"x" * 98 + b"\r\n")
    assert reader.fault is Fault.TOO_LARGE
    assert memory.used == 0
    assert reader.received == 10_000 - 2  # the last CRLF may yet be the end's


def test_no_room_is_told_only_when_the_message_itself_is_good() -> None:
    small = Budget(10)
    for stream, fault in ((b"twelve octets\r\n.\r\n", Fault.NO_ROOM), (b"twelve\noctets\r\n.\r\n", Fault.BARE_NEWLINE)):
        content = Content(total=small)
        reader = DataReader(content, max_size=100, max_line=100)
        assert reader.feed(stream) == b""
        assert reader.fault is fault
        assert small.used == 0
