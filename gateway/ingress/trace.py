"""The trace fields that a delivering server stamps on top (RFC 5321 §4.4), and those that earlier servers left."""

import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import assert_never

from gateway.domain.envelope import Entry, Envelope, Peer

_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?|\[[A-Za-z0-9.:]{1,60}\]")


def stamp(envelope: Envelope, hostname: str, at: datetime) -> bytes:
    """Return-Path and Received. We are the final delivery, so Return-Path is ours to add: thus the stored bytes alone tell a bounce.

    The recipients are left out: a reply address carries a token, and the raw file is shown to people.
    """
    lines = (
        f"Return-Path: <{envelope.reverse_path}>",
        f"Received: {_passage(envelope, hostname)};",
        f"\t{_date(at.replace(microsecond=0))}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def count_received(content: bytes) -> int:
    """Received fields of the header section; more than a few dozen mean a loop (RFC 5321 §6.3)."""
    end = content.find(b"\r\n\r\n")
    return len(_RECEIVED.findall(content, 0, len(content) if end < 0 else end))


def _passage(envelope: Envelope, hostname: str) -> str:
    by = f"by {hostname} with {_protocol(envelope)} id {envelope.trace_id}"
    if envelope.peer.address is None:
        return by
    # RFC 5321 §4.4, TCP-info: the name that DNS confirms, where there is one, and the address.
    host = f"{envelope.peer.host} " if envelope.peer.host is not None and _HOST.fullmatch(envelope.peer.host) else ""
    return f"from {_helo(envelope.peer)} ({host}{_literal(envelope.peer.address)})\r\n\t{by}"


def _protocol(envelope: Envelope) -> str:
    """A name of IANA's registry of mail transmission types (RFC 3848, RFC 6531 §4.3) where it has one."""
    entry = envelope.peer.entry
    match entry:
        case Entry.SMTP | Entry.LMTP:
            utf8 = "UTF8" if envelope.smtputf8 else ""
            plain = "SMTP" if utf8 or not envelope.peer.extended else "ESMTP"
            base = "LMTP" if entry is Entry.LMTP else plain
            return f"{utf8}{base}{'S' if envelope.peer.tls else ''}"
        case Entry.IMAP | Entry.POP3:
            return entry.upper()
        case Entry.STDIN | Entry.MAILDIR:
            return "LOCAL"
        case _:
            assert_never(entry)


def _helo(peer: Peer) -> str:
    return peer.helo if _HOST.fullmatch(peer.helo) else "unknown"


@lru_cache(4)
def _date(at: datetime) -> str:
    """Of a whole second, in which many messages may come."""
    return format_datetime(at)


@lru_cache(1024)
def _literal(address: str) -> str:
    """An address literal (RFC 5321 §4.1.3)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return f"[IPv6:{parsed}]" if isinstance(parsed, IPv6Address) else f"[{parsed}]"
