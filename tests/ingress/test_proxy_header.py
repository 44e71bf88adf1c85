"""What a balancer says of a connection, and how much of what came is its header."""

import contextlib
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.proxy_header import LONGEST, SIGNATURE, V2_LONGEST, Original, ProxyHeader, ProxyHeaderError

V6 = "2001:db8::1"


def v2(body: bytes = b"", *, command: int = 0x21, family: int = 0x11, length: int | None = None) -> bytes:
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(body) if length is None else length) + body


def addresses(source: str, destination: str, port: int = 49152) -> bytes:
    return ip_address(source).packed + ip_address(destination).packed + struct.pack("!HH", port, 25)


V4_BODY = addresses("192.0.2.1", "192.0.2.9")
V6_BODY = addresses(V6, "2001:db8::9")
TLV = b"\x04\x00\x03abc"

WHOLE = [
    (b"PROXY TCP4 192.0.2.1 192.0.2.9 49152 25\r\n", Original("192.0.2.1", 49152)),
    (b"PROXY TCP6 2001:db8::1 2001:db8::9 49152 25\r\n", Original(V6, 49152)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", None),
    (v2(V4_BODY), Original("192.0.2.1", 49152)),
    (v2(V6_BODY, family=0x21), Original(V6, 49152)),
    (v2(V4_BODY + TLV), Original("192.0.2.1", 49152)),
    (v2(V4_BODY + b"\x20\xff\xff"), Original("192.0.2.1", 49152)),
    (v2(V4_BODY + bytes(V2_LONGEST - len(V4_BODY))), Original("192.0.2.1", 49152)),
    (v2(b"", command=0x20, family=0x00), None),
    (v2(V4_BODY, command=0x20), None),
    (v2(b"", family=0x00), None),
    (v2(TLV, family=0x00), None),
    (v2(bytes(216), family=0x31), None),
]

BROKEN = [
    b"EHLO client.test\r\n",
    b"PROXY\r\n",
    b"PROXY \r\n",
    b"proxy TCP4 192.0.2.1 192.0.2.9 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 1\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2 3\r\n",
    b"PROXY  TCP4 192.0.2.1 192.0.2.9 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2 \r\n",
    b"PROXY TCP4 192.0.2.256 192.0.2.9 1 2\r\n",
    b"PROXY TCP4 192.0.2.01 192.0.2.9 1 2\r\n",
    b"PROXY TCP4 2001:db8::1 192.0.2.9 1 2\r\n",
    b"PROXY TCP6 192.0.2.1 192.0.2.9 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 localhost 1 2\r\n",
    b"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 65536 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 01 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 -1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.9 ١ 2\r\n".encode(),
    b"PROXY TCP4 \xff 192.0.2.9 1 2\r\n",
    b"PROXY UDP4 192.0.2.1 192.0.2.9 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2\nEHLO client.test\n" + b"x" * 100,
    b"PROXY TCP4 " + b"1" * 200,
    v2(V4_BODY, command=0x11),
    v2(V4_BODY, command=0x22),
    v2(V4_BODY, family=0x12),
    v2(V4_BODY, family=0x41),
    v2(V4_BODY, family=0x13),
    v2(V4_BODY[:-1]),
    v2(V4_BODY, family=0x21),
    v2(b"", length=V2_LONGEST + 1),
    SIGNATURE[:-1] + b"X" + bytes(10),
    b"\r\n",
    b"\r\n\r\nQUIT",
    b"\x16\x03\x01\x02\x00\x01",
]


def read(stream: bytes, cuts: list[int]) -> tuple[Original | None, bytes]:
    """As the entrance does it: shown what has come and was not taken yet. Raises for what is no header, or not whole."""
    header, taken = ProxyHeader(), 0
    for come in [*cuts, len(stream)]:
        if not header.whole:
            taken += header.take(stream[taken : max(taken, come)])
    if not header.whole:
        raise ProxyHeaderError("not whole")
    return header.original, stream[taken:]


@pytest.mark.parametrize(("header", "original"), WHOLE)
@pytest.mark.parametrize("after", [b"", b"EHLO client.test\r\n", b"\x16\x03\x01", SIGNATURE])
def test_a_header_is_read_and_not_an_octet_more_however_it_comes(header: bytes, original: Original | None, after: bytes) -> None:
    assert read(header + after, []) == (original, after)
    assert read(header + after, list(range(1, len(header) + 1))) == (original, after)
    for cut in range(0, len(header), 1 + len(header) // 100):
        assert read(header + after, [cut]) == (original, after)


@pytest.mark.parametrize("stream", BROKEN)
def test_what_is_no_header_is_none_however_it_comes(stream: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        read(stream, [])
    with pytest.raises(ProxyHeaderError):
        read(stream, list(range(1, len(stream))))


@pytest.mark.parametrize("header", [WHOLE[0][0], v2(V4_BODY)])
def test_part_of_a_header_is_not_whole(header: bytes) -> None:
    for end in range(len(header)):
        reader = ProxyHeader()
        assert reader.take(header[:end]) == end
        assert not reader.whole


STREAMS = st.binary(max_size=300)


@given(st.one_of(STREAMS, STREAMS.map(SIGNATURE.__add__), STREAMS.map(b"PROXY ".__add__)), st.lists(st.integers(0, 300), max_size=5))
def test_anything_is_read_in_bounds_and_the_same_in_any_pieces(stream: bytes, cuts: list[int]) -> None:
    results: list[tuple[Original | None, bytes] | None] = []
    for each in ([], sorted(min(cut, len(stream)) for cut in cuts)):
        result = None
        with contextlib.suppress(ProxyHeaderError):
            result = read(stream, each)
        results.append(result)
    assert results[0] == results[1]
    if results[0] is not None:
        assert len(stream) - len(results[0][1]) <= LONGEST
