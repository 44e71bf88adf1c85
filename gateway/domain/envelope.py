"""What the SMTP dialogue tells of a message, apart from its content (RFC 5321 §2.3.1)."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.screening import Screening


class Entry(StrEnum):
    """The way by which a message came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    POP3 = "pop3"
    STDIN = "stdin"
    MAILDIR = "maildir"


@dataclass(frozen=True, slots=True)
class Peer:
    """Who handed the message over. `address` is None where there is no network peer (stdin)."""

    entry: Entry
    address: str | None = None
    port: int | None = None
    helo: str = ""
    tls: str | None = None
    """Protocol and cipher, e.g. `TLSv1.3 TLS_AES_256_GCM_SHA384`; None in the clear."""
    extended: bool = True
    """Whether it greeted by EHLO or LHLO, not by HELO."""
    mailbox: str | None = None
    """The gateway address whose mailbox it was fetched from; None where it was not fetched."""
    host: str | None = None
    """The name that the address has in DNS both ways; None where none was looked for or found."""
    seconds: float | None = field(default=None, compare=False)
    """From its connection to the end of the content; None where there was no dialogue."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """`reverse_path` is the address of MAIL FROM, without angle brackets; `""` is the null one (RFC 5321 §4.5.5)."""

    reverse_path: str
    recipients: tuple[str, ...]
    peer: Peer
    smtputf8: bool = False
    trace_id: str = field(default="")
    """Follows the message from the connection to the delivery of its letters."""
    screening: Screening | None = None
    """None where nothing was looked for."""
