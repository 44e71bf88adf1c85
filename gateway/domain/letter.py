"""A letter that is to be sent, as the desk writes it and the outbox keeps it.

`desk` and `letters` make `NewLetter` values, `storage.outbox` records them in the ticket's own commit, and `outbound` reads them
back as `Letter`. Building one refuses what could break out of a header, so that no later step has to.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from gateway.domain.states import LetterKind, OutboxState, RecipientState, Status

URGENT: Final = 0
"""An agent's reply."""
ORDINARY: Final = 1
"""A notification."""
BULK: Final = 2
"""A digest."""

RELAY: Final = "relay"
"""The destination of whatever goes by `outbound.relay`."""

NO_ANSWERS: Final = ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply")
"""On what no person wrote. Not `All`, which asks Exchange to keep quiet about letters that it could not deliver, too."""

_LIFETIME: Final = timedelta(days=5)

ADDRESS_HEADERS: Final = frozenset({"from", "to", "cc", "reply-to", "sender"})

# What the assembler writes itself, the envelope alone may know (Bcc) or only a server may add.
_NOT_THE_WRITERS: Final = frozenset({"bcc", "message-id", "subject", "mime-version", "return-path", "received", "dkim-signature"})
# MIME's; of mail sent on by somebody else; of mailing lists, which we are none of.
_NOT_OURS: Final = ("content-", "resent-", "list-", "arc-")


class UnsafeHeaderError(ValueError):
    """A name, value or address that must not come into a header: it holds CR, LF or NUL, or is not the letter writer's to set."""


@dataclass(frozen=True, slots=True)
class Party:
    """A display name and an address, as From, To, Cc and Reply-To hold them. The name may be empty and in any script."""

    name: str
    address: str

    def __post_init__(self) -> None:
        refuse_breaks("display name", self.name)
        check_address(self.address)


HeaderValue = str | tuple[Party, ...]
Headers = tuple[tuple[str, HeaderValue], ...]
"""In the order of the wire, decoded: `("To", (Party("Анна", "anna@client.test"),))`, `("References", "<a@b> <c@d>")`."""


@dataclass(frozen=True, slots=True)
class AttachmentRef:
    """A file to be sent along; its bytes stay in `blobs` under their SHA-256 (hexadecimal)."""

    sha256: str
    filename: str
    content_type: str
    size: int = 0
    inline: bool = False
    content_id: str | None = None
    """Without angle brackets."""

    def __post_init__(self) -> None:
        refuse_breaks("filename", self.filename)
        refuse_breaks("content type", self.content_type)
        refuse_breaks("Content-ID", self.content_id or "")


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """One RCPT TO. With a `message_id` or `reply_to` of its own it gets a copy of its own, addressed to it alone."""

    address: str
    name: str = ""
    message_id: str | None = None
    """With angle brackets, as on the wire."""
    reply_to: str | None = None
    verp: str | None = None
    """Its own reverse-path, so that its bounce names it; else the letter's `reverse_path`."""

    def __post_init__(self) -> None:
        check_address(self.address)
        refuse_breaks("display name", self.name)
        if self.message_id is not None:
            check_message_id(self.message_id)
        for address in (self.reply_to, self.verp):
            if address is not None:
                check_address(address)

    @property
    def has_own_copy(self) -> bool:
        return self.message_id is not None or self.reply_to is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """One notification with one body. `effect` names what it is the effect of: written twice, it exists once.

    `headers` hold neither Message-ID, Subject nor MIME fields, which the assembler writes; Date is the row's where it is absent.
    `due_in` above zero makes it `scheduled`; `lifetime` counts from when it is due. Raises `UnsafeHeaderError`.
    """

    kind: LetterKind
    headers: Headers
    subject: str
    text: str
    message_id: str
    recipients: tuple[NewRecipient, ...]
    effect: bytes
    html: str | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    ticket: int | None = None
    article_id: int | None = None
    urgency: int = ORDINARY
    destination: str = RELAY
    reverse_path: str = ""
    """The null one by default (RFC 5321 §4.5.5)."""
    due_in: timedelta = timedelta(0)
    lifetime: timedelta = _LIFETIME
    automatic: bool = True
    agent: str | None = None
    """Whose act the letter is, to be told when it fails."""
    inbound_id: int | None = None
    trace_id: str = ""
    while_status: Status | None = None
    """Of a letter that waits for its time: it is cancelled when its ticket leaves this status."""
    withheld: bool = False
    """Recorded, but never to be sent: the desk works in the shadow of another."""
    notice: bool = False
    """Nobody wrote it and the client gets it: it stands among the articles of its ticket."""

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("a letter needs a recipient")
        refuse_breaks("subject", self.subject)
        check_message_id(self.message_id)
        if self.reverse_path:
            check_address(self.reverse_path)
        check_headers(self.headers)

    @property
    def state(self) -> OutboxState:
        if self.withheld:
            return OutboxState.CANCELLED
        return OutboxState.SCHEDULED if self.due_in > timedelta(0) else OutboxState.QUEUED


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient's row: `reply` is the server's last answer about it."""

    id: int
    address: str
    name: str = ""
    message_id: str | None = None
    reply_to: str | None = None
    verp: str | None = None
    state: RecipientState = RecipientState.QUEUED
    reply: str | None = None
    refused_at_rcpt: bool = field(default=False, compare=False)
    """Of an attempt that failed: whether the server said so of this very recipient, before it saw the letter."""

    @property
    def has_own_copy(self) -> bool:
        return self.message_id is not None or self.reply_to is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An outbox row as a sender holds it under lease; `attempts` counts the one under way."""

    id: int
    kind: LetterKind
    headers: Headers
    subject: str
    text: str
    html: str | None
    attachments: tuple[AttachmentRef, ...]
    message_id: str
    reverse_path: str
    recipients: tuple[Recipient, ...]
    ticket: int | None
    article_id: int | None
    urgency: int
    destination: str
    automatic: bool
    agent: str | None
    inbound_id: int | None
    trace_id: str
    attempts: int
    created_at: datetime
    """Or, of one that waited, when its time came."""
    age: float
    """Seconds since then, by the database's clock, when it was claimed."""
    time_left: float
    """Seconds of its lifetime, likewise; an attempt that fails with none left is the last one."""
    warned: bool
    """Whether its ticket was told that it is late."""
    forced: bool = False
    """A person asked for it to be tried now: no pause keeps it back."""

    @property
    def waiting(self) -> tuple[Recipient, ...]:
        """The recipients that no attempt has settled yet."""
        return tuple(each for each in self.recipients if each.state is RecipientState.QUEUED)


def check_headers(headers: Headers) -> None:
    """Raises `UnsafeHeaderError` unless every name and value may stand in a header block as it is, and no field stands there twice:
    whoever reads it takes the first of two, or the last, and a signature may speak of the other."""
    _check_names(tuple([(name, isinstance(value, str)) for name, value in headers]))
    for name, value in headers:
        if isinstance(value, str):
            refuse_breaks(name, value)
        elif not value:
            raise UnsafeHeaderError(f"{name} is without an address")


@lru_cache(256)
def _check_names(fields: tuple[tuple[str, bool], ...]) -> None:
    """Of the fields and whether they hold text. Remembered, for letters of a kind have the same ones."""
    if len({name.lower() for name, _ in fields}) < len(fields):
        raise UnsafeHeaderError("a header field stands there twice")
    for name, is_text in fields:
        if _HEADER_NAME.fullmatch(name) is None:
            raise UnsafeHeaderError(f"not a header name: {name!r}")
        if name.lower() in _NOT_THE_WRITERS or name.lower().startswith(_NOT_OURS):
            raise UnsafeHeaderError(f"{name} is not for the letter's writer to set")
        if is_text and name.lower() in ADDRESS_HEADERS:
            raise UnsafeHeaderError(f"{name} holds addresses and takes Party values")
        if not is_text and name.lower() not in ADDRESS_HEADERS:
            raise UnsafeHeaderError(f"{name} takes text")


@lru_cache(4096)
def check_address(address: str) -> None:
    """Raises `UnsafeHeaderError` for what could be more than one addr-spec on the wire. Whether it exists, its server knows."""
    too_long = len(address.encode("utf-8", "surrogatepass")) > _LONGEST
    # RFC 2047 §5 (3): no encoded word in an address, but readers decode them there too, and then it is another one.
    if too_long or "=?" in address or _ADDRESS.fullmatch(address) is None or has_breaks(address) or has_blanks(address):
        raise UnsafeHeaderError(f"not an address to write to: {address[:100]!r}")


def check_message_id(value: str) -> None:
    """Raises `UnsafeHeaderError` unless it is one `<id>` of printable US-ASCII without spaces, short enough for one line."""
    if len(value) > _LONGEST or _MESSAGE_ID.fullmatch(value) is None:
        raise UnsafeHeaderError(f"not a Message-ID: {value[:100]!r}")


def refuse_breaks(what: str, value: str) -> None:
    if _BREAKS.search(value) is not None:
        raise UnsafeHeaderError(f"{what} holds CR, LF, NUL or half a character: {value[:100]!r}")


def has_breaks(value: str) -> bool:
    return _BREAKS.search(value) is not None


def has_blanks(address: str) -> bool:
    """Beyond ASCII: separators, of which some readers make a new line, and what cannot be seen."""
    return not address.isascii() and any(unicodedata.category(each) in _BLANK for each in address if not each.isascii())


def one_line(text: str) -> str:
    """What may stand in a header of whatever text a stranger wrote: white space collapsed, NUL and lone surrogates gone."""
    return " ".join(_NOT_TEXT.sub("", text).split())


# Octets, so that it stands in a line of 998 (RFC 5322 §2.1.1) with what belongs to it.
_LONGEST: Final = 900
# RFC 5322 §2.2: printable US-ASCII but the colon.
_HEADER_NAME: Final = re.compile("[!-9;-~]+")
_BREAKS: Final = re.compile("[\r\n\0\ud800-\udfff]")
_NOT_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_BLANK: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})
_MESSAGE_ID: Final = re.compile("<[!-;=?-~]+@[!-;=?-~]+>")
# RFC 5321 §4.1.2 with RFC 6531: a dot-string or a quoted string, then a domain or an address literal.
_ADDRESS: Final = re.compile(
    r"""(?: [^\x00-\x20\x7f()<>\[\]:;@\\,"]+ | "(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\x20-\x7e])*" )
        @ (?: [^\x00-\x20\x7f()<>\[\]:;@\\,"]+ | \[[0-9A-Za-z.:-]+\] )""",
    re.VERBOSE,
)
