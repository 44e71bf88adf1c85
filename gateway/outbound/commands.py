"""The commands of a transaction and the content as DATA has it. Pure.

Parameters go out where the server offers them alone: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), DSN's (RFC 3461).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.outbound.headers import wire_address

DATA: Final = b"DATA\r\n"
RSET: Final = b"RSET\r\n"
DOT: Final = b".\r\n"


@dataclass(frozen=True, slots=True)
class Shape:
    """What MAIL says of the content."""

    size: int
    eight_bit: bool
    smtputf8: bool


def mail(reverse_path: str, name: str, shape: Shape, offered: Collection[str], *, bare: bool = False) -> bytes:
    """`name` is the letter's, which reports give back as ENVID. `bare`: with those parameters alone that the content cannot do without."""
    said = [b"MAIL FROM:" + _path(reverse_path)]
    if "size" in offered and not bare:
        said.append(b"SIZE=%d" % shape.size)
    if shape.eight_bit:
        said.append(b"BODY=8BITMIME")
    if shape.smtputf8:
        said.append(b"SMTPUTF8")
    if "dsn" in offered and not bare:
        # The header tells a report's reader which letter it was; the content would only come back.
        said += [b"RET=HDRS", b"ENVID=" + xtext(name).encode()]
    return b" ".join(said) + b"\r\n"


def rcpt(address: str, reverse_path: str, offered: Collection[str], *, bare: bool = False) -> bytes:
    said = [b"RCPT TO:" + _path(address)]
    if "dsn" in offered and not bare:
        # With the null reverse-path no report may be made, and SUCCESS would have every letter answered (RFC 3461 §4.1).
        said += [b"NOTIFY=FAILURE,DELAY" if reverse_path else b"NOTIFY=NEVER", b"ORCPT=" + _original(wire_address(address))]
    return b" ".join(said) + b"\r\n"


def has_parameters(command: bytes) -> bool:
    return b" " in command.rpartition(b">")[2]


def xtext(text: str) -> str:
    """RFC 3461 §4; of ASCII."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def pieces(content: bytes, size: int) -> Iterator[tuple[bytes, bool]]:
    """The content with dots doubled at the beginnings of lines (RFC 5321 §4.5.2), in pieces of about `size`; the last has the final dot.

    A bare LF counts as a line's end here: some servers take it for one, and what follows must not end the content (SMTP smuggling).
    """
    start, line_begins, last = 0, True, False
    while not last:
        piece = content[start : start + size]
        start += len(piece)
        last = start >= len(content)
        doubled = piece.replace(b"\n.", b"\n..")
        if line_begins and piece.startswith(b"."):
            doubled = b"." + doubled
        line_begins = piece.endswith(b"\n")
        if last:
            doubled += DOT if content.endswith(b"\r\n") or not content else b"\r\n" + DOT
        yield doubled, last


def sayable(address: str) -> bool:
    """RFC 5321 §4.1.2 has no controls; whatever broke the line would be a command of its own."""
    return _SAYABLE.fullmatch(wire_address(address)) is not None if address else True


def _path(address: str) -> bytes:
    return f"<{wire_address(address) if address else ''}>".encode()


def _original(address: str) -> bytes:
    if address.isascii():
        return b"rfc822;" + xtext(address).encode()
    # RFC 6533 §3: utf-8-addr-xtext, for it may travel on by a server without SMTPUTF8.
    return b"utf-8;" + _NOT_UTF8_XTEXT.sub(lambda found: f"\\x{{{ord(found[0]):02X}}}", address).encode()


_NOT_XTEXT: Final = re.compile(r"[^!-~]|[+=]")
_NOT_UTF8_XTEXT: Final = re.compile(r"[^!-~]|[+=\\]")
_SAYABLE: Final = re.compile(
    r'[^\x00-\x1f\x7f-\x9f<>\u2028\u2029\ud800-\udfff ]+|"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+"@[^\x00-\x20<>]+'
)
