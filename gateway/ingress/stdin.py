"""Pipe delivery: a message from a local program, durable exactly as the listener makes it."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.ingress.accept import Acceptor
from gateway.ingress.content import Content
from gateway.ingress.limits import Limits
from gateway.ingress.path import read_address
from gateway.ingress.trace import count_received

_NEWLINE = re.compile(rb"\r\n|\r|\n")
_FROM_LINE = re.compile(rb"From [^\r\n]*(?:\r\n|\r|\n)")


@dataclass(frozen=True, slots=True)
class Unacceptable:
    """The message or an address is wrong, and will be when tried again."""

    why: str


async def inject(
    acceptor: Acceptor, octets: bytes, *, reverse_path: str, recipients: Sequence[str], limits: Limits, helo: str = "localhost"
) -> int | Unacceptable:
    """Returns the inbound id; raises as `accept_message` does when it could not be kept. Recipients need not be gateway addresses.

    Local programs end lines with LF; here that is normal, and the message is kept with CRLF. An mbox `From ` line is dropped.
    """
    origin = read_address(reverse_path, "FROM")
    destinations = {each: read_address(each, "TO") for each in recipients}
    if origin is None:
        return Unacceptable(f"not an address: {reverse_path!r}")
    for each, address in destinations.items():
        if address is None:
            return Unacceptable(f"not an address: {each!r}")
    content = normalised(octets)
    if len(content) > limits.max_message_size:
        return Unacceptable(f"{len(content)} octets are more than max_message_size, {limits.max_message_size}")
    if count_received(content) >= limits.received_fields:
        return Unacceptable(f"mail loop: {limits.received_fields} or more Received fields")
    taken = tuple(dict.fromkeys(address for address in destinations.values() if address is not None))
    smtputf8 = not all(each.isascii() for each in (origin, *taken))
    envelope = Envelope(origin, taken, Peer(Entry.STDIN, helo=helo), smtputf8, trace_id=secrets.token_hex(8))
    return await acceptor.accept_message(envelope, Content.of(content))


def normalised(octets: bytes) -> bytes:
    """With CRLF at each line's end, the last one's too, without NUL, and without the `From ` line of mbox that pipes add."""
    without_from = _FROM_LINE.sub(b"", octets, count=1) if octets.startswith(b"From ") else octets
    content = _NEWLINE.sub(b"\r\n", without_from.replace(b"\0", b""))
    return content if content.endswith(b"\r\n") or not content else content + b"\r\n"
