"""Parsed messages as the tests of this room need them: an author, and the fields that authentication reads."""

from collections.abc import Iterable

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.mail.message import Body, Mailbox, Message, Trace


def message(
    author: str | None = "anna@client.test",
    *,
    unambiguous: bool = True,
    received: Iterable[str] = (),
    results: Iterable[tuple[int, str]] = (),
) -> Message:
    """`received` from the top; `results` as (Received fields above it, value)."""
    lines = tuple(received)
    return Message(
        kind="message",
        reason="",
        message_id=None,
        subject="",
        date=None,
        author=None if author is None else Mailbox("", author, author),
        author_unambiguous=unambiguous and author is not None,
        originator=None,
        reply_to=(),
        to=(),
        cc=(),
        delivered_to=(),
        in_reply_to=(),
        references=(),
        body=Body("", ""),
        authentication_results=tuple(Trace(value, above) for above, value in results),
        received_count=len(lines),
        headers=tuple(("received", line) for line in lines),
    )


def envelope(
    address: str | None = "192.0.2.7", *, entry: Entry = Entry.SMTP, reverse_path: str = "anna@client.test", helo: str = "mx.client.test"
) -> Envelope:
    return Envelope(reverse_path, ("support@desk.test",), Peer(entry, address, helo=helo))
