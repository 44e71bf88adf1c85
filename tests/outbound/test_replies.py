import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbound.replies import LONGEST_REPLY, LONGEST_TEXT, Malformed, Replies, Reply, cleaned, status_of


@pytest.mark.parametrize(
    ("octets", "replies"),
    [
        (b"250 2.1.0 ok\r\n", [Reply(250, "2.1.0 ok")]),
        (b"250 " + b"x" * 20_000 + b"\r\n", [Reply(250, "x" * (LONGEST_TEXT - 1) + "…")]),
        (b"250\r\n", [Reply(250, "")]),
        (b"250 ok\n354 go\n", [Reply(250, "ok"), Reply(354, "go")]),
        (b"550-5.1.1 no\r\n550 5.1.1 such\r\n", [Reply(550, "5.1.1 no\n5.1.1 such")]),
        (b"550-first\r\n554 last\r\n", [Reply(554, "first\nlast")]),
        (b"250-\r\n250\r\n", [Reply(250, "\n")]),
        ("550 nie ma się\r\n".encode(), [Reply(550, "nie ma się")]),
        ("550 нет".encode("koi8-r") + b"\r\n", [Reply(550, "���")]),
        (b"550 \x1b[31mred\x00\x07\r\n", [Reply(550, "[31mred")]),
        (b"250 o", []),
    ],
)
def test_replies_are_read(octets: bytes, replies: list[Reply]) -> None:
    assert list(Replies().take(octets)) == replies
    # In whatever pieces they come.
    reader = Replies()
    assert [reply for octet in octets for reply in reader.take(bytes((octet,)))] == replies


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"25 ok\r\n",
        b"650 ok\r\n",
        b"150 ok\r\n",
        b"2500 ok\r\n",
        b"250_ok\r\n",
        b"\xff\xfe\x00\r\n",
        b"250-so\r\n550 or so\r\n",
        b"250 " + b"x" * LONGEST_REPLY,
        b"250 " + b"x" * LONGEST_REPLY + b"\r\n",
        b"250-x\r\n" * 300,
        (b"250-" + b"x" * 8000 + b"\r\n") * 10,
    ],
    ids=lambda octets: octets[:12].decode("latin-1"),
)
def test_what_is_none_is_malformed(octets: bytes) -> None:
    with pytest.raises(Malformed):
        list(Replies().take(octets))


@given(st.binary(max_size=300), st.integers(1, 50))
def test_anything_is_read_or_malformed(octets: bytes, size: int) -> None:
    reader = Replies()
    try:
        replies = [reply for start in range(0, len(octets), size) for reply in reader.take(octets[start : start + size])]
    except Malformed as error:
        assert len(str(error)) < 200
        assert str(error).isprintable()
        return
    assert all(200 <= each.code <= 599 for each in replies)


def test_a_long_reply_is_kept_to_what_can_be_read() -> None:
    [reply] = Replies().take((b"550-" + b"x" * 500 + b"\r\n") * 5 + b"550 end\r\n")
    assert len(reply.text) == LONGEST_TEXT
    assert reply.text.endswith("x…")


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        (550, "5.1.1 nobody", "5.1.1"),
        (550, "5.7.26 DMARC", "5.7.26"),
        (550, "4.7.1 of another class", None),
        (550, "nobody", None),
        (250, "2.0.0", "2.0.0"),
        (421, "4.7.0-8 Google", "4.7.0"),
        (550, "5.1.1.1 an address", None),
    ],
)
def test_the_enhanced_status_is_of_the_code_s_class(code: int, text: str, status: str | None) -> None:
    assert status_of(code, text) == status
    assert Reply(code, text).status == status


def test_lone_surrogates_do_not_reach_the_database() -> None:
    assert cleaned("a\ud800b") == "a b"
