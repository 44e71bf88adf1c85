"""Where mail is fetched from, as the configuration has it (B4)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import quote

from gateway.domain.envelope import Entry
from gateway.domain.login import Login


class Protocol(StrEnum):
    IMAP = "imap"
    IMAPS = "imaps"
    POP3 = "pop3"
    POP3S = "pop3s"
    MAILDIR = "maildir"


ENTRY = {
    Protocol.IMAP: Entry.IMAP,
    Protocol.IMAPS: Entry.IMAP,
    Protocol.POP3: Entry.POP3,
    Protocol.POP3S: Entry.POP3,
    Protocol.MAILDIR: Entry.MAILDIR,
}


@dataclass(frozen=True, slots=True)
class Server:
    """`security`: `tls` from the first octet, `starttls` before anything is told, `none`. `ca` is a PEM file; None: the system's."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """A mailbox of one gateway. External kinds have `server` and `login`, the local one a `path`."""

    protocol: Protocol
    server: Server | None = None
    login: Login | None = None
    path: str | None = None
    folder: str = "INBOX"
    interval: float = 60.0
    """Seconds between two looks."""
    idle: bool = True
    """Whether to wait for word of new mail between them, where the server gives it."""
    delete: bool = False
    move_to: str | None = None
    authserv_id: str | None = None
    """Whose Authentication-Results count on mail fetched here (RFC 8601 §5)."""

    @property
    def entry(self) -> Entry:
        return ENTRY[self.protocol]

    @property
    def place(self) -> str:
        """What identifies the mailbox, without secrets: a URL by RFC 5092 or RFC 2384, or as they would have it."""
        if self.server is None or self.login is None:
            return f"maildir:{self.path}"
        user = quote(self.login.user, safe="")
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        authority = f"{user}@{host}:{self.server.port}"
        return f"pop://{authority}" if self.entry is Entry.POP3 else f"imap://{authority}/{quote(self.folder, safe='/')}"
