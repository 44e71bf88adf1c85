from datetime import UTC, datetime

import pytest

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.ingress.trace import count_received, stamp

AT = datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)


def stamped(peer: Peer, *, reverse_path: str = "ann@client.test", smtputf8: bool = False) -> str:
    envelope = Envelope(reverse_path, ("r+secret@example.com",), peer, smtputf8, "abc-1")
    return stamp(envelope, "mx.example.com", AT).decode()


def test_the_stamp_is_return_path_and_received() -> None:
    peer = Peer(Entry.SMTP, "192.0.2.1", 12345, "mail.client.test")
    assert stamped(peer) == (
        "Return-Path: <ann@client.test>\r\n"
        "Received: from mail.client.test ([192.0.2.1])\r\n"
        "\tby mx.example.com with ESMTP id abc-1;\r\n"
        "\tSun, 01 Mar 2026 09:05:07 +0000\r\n"
    )


@pytest.mark.parametrize(
    ("peer", "smtputf8", "part"),
    [
        (Peer(Entry.SMTP, "192.0.2.1", 1, "a.test", "TLSv1.3 X"), False, "with ESMTPS id"),
        (Peer(Entry.SMTP, "192.0.2.1", 1, "a.test"), True, "with UTF8SMTP id"),
        (Peer(Entry.SMTP, "192.0.2.1", 1, "a.test", "TLSv1.3 X"), True, "with UTF8SMTPS id"),
        (Peer(Entry.LMTP, "192.0.2.1", 1, "a.test"), False, "with LMTP id"),
        (Peer(Entry.LMTP, "192.0.2.1", 1, "a.test"), True, "with UTF8LMTP id"),
        (Peer(Entry.STDIN, helo="localhost"), False, "Received: by mx.example.com with LOCAL id"),
        (Peer(Entry.IMAP, helo="imap.test"), False, "with IMAP id"),
        (Peer(Entry.SMTP, "2001:db8::1", 1, "a.test"), False, "from a.test ([IPv6:2001:db8::1])"),
        (Peer(Entry.SMTP, "192.0.2.1", 1, "[192.0.2.1]"), False, "from [192.0.2.1] ([192.0.2.1])"),
        (Peer(Entry.SMTP, "192.0.2.1", 1, "evil (by"), False, "from unknown ([192.0.2.1])"),
        (Peer(Entry.SMTP, "192.0.2.1", 1, "a;b"), False, "from unknown ([192.0.2.1])"),
        (Peer(Entry.SMTP, "192.0.2.1", 1, "почта.test"), False, "from unknown ([192.0.2.1])"),
    ],
)
def test_received_says_how_it_came(peer: Peer, smtputf8: bool, part: str) -> None:
    assert part in stamped(peer, smtputf8=smtputf8)


def test_the_null_reverse_path_is_empty_brackets_and_no_recipient_is_told() -> None:
    text = stamped(Peer(Entry.STDIN), reverse_path="")
    assert text.startswith("Return-Path: <>\r\n")
    assert "secret" not in text


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (b"Received: x\r\nRECEIVED : y\r\nSubject: Received: z\r\n\r\nReceived: body\r\n", 2),
        (b"Received: x\r\n by y\r\n received: folded\r\nreceived:z\r\n", 2),
        (b"X-Received: x\r\nReceived-SPF: pass\r\n\r\n", 0),
    ],
)
def test_received_fields_are_counted_in_the_header_alone(content: bytes, count: int) -> None:
    assert count_received(content) == count
