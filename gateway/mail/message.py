"""A parsed message: what `parse_message` gives and the desk decides on. Text has LF line ends, and no NUL or lone surrogate anywhere."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of a header (RFC 5322 §3.4). `address` is as written; `key` is what addresses are compared by: case-folded local part and
    A-label domain, or `""` when the strict reader refused the address."""

    name: str
    address: str
    key: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """`filename` is safe to write and as readable as it came; `content` is decoded."""

    filename: str
    content_type: str
    content: bytes
    sha256: str
    inline: bool = False
    content_id: str | None = None

    @property
    def size(self) -> int:
        return len(self.content)


Kind = Literal["message", "auto_reply", "bounce", "complaint", "forwarding_confirmation", "empty"]


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """One recipient of a delivery report (RFC 3464 §2.3). `action` is e.g. `failed`, `delayed`; `status` e.g. `5.1.1`."""

    address: str
    action: str | None = None
    status: str | None = None
    diagnostic: str | None = None


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says of mail that was sent earlier."""

    recipients: tuple[BounceRecipient, ...]
    permanent: bool
    original_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a feedback report (RFC 5965) says of a letter of ours. `feedback_type` is e.g. `abuse`, lower-case; `reverse_paths` and the id
    are the reported letter's, `recipients` those that were not hidden."""

    feedback_type: str
    reverse_paths: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    original_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The innermost original of a forwarded message, as its forwarder's mail program wrote it down."""

    author: Mailbox | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    subject: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar part (RFC 5546): `method` is e.g. `REPLY`; `attendee` did `status`, e.g. `ACCEPTED`. People are told by address."""

    method: str
    summary: str = ""
    attendee: str | None = None
    status: str | None = None
    organiser: str | None = None
    start: str | None = None
    """In ISO 8601: a date, or a time in UTC where it ends in Z, and else in a time zone of the sender's."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a provider sends to ask whether it may forward mail to us: the code, the link, or both."""

    code: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """An Authentication-Results field and the number of Received fields above it, from the top."""

    value: str
    received_above: int


@dataclass(frozen=True, slots=True)
class Body:
    """The text and its three parts: as spans they cover all of `text` in order, so no word is ever lost."""

    text: str
    new_text: str
    quoted_text: str = ""
    signature: str = ""
    html: str | None = None
    """Sanitised; safe to show."""


@dataclass(frozen=True, slots=True)
class Message:
    """See the modules of this room for how each field is read. Ids are bare: without angle brackets."""

    kind: Kind
    reason: str
    message_id: str | None
    subject: str
    date: datetime | None
    author: Mailbox | None
    """The one From mailbox; None when there is none, or when several From fields make it ambiguous."""
    author_unambiguous: bool
    """One From field with exactly one mailbox that the strict reader accepts. Authority needs it."""
    originator: Mailbox | None
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    delivered_to: tuple[Mailbox, ...]
    """Of Delivered-To, X-Original-To, X-Forwarded-To and Envelope-To, topmost first."""
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    body: Body
    attachments: tuple[Attachment, ...] = ()
    automatic: str | None = None
    """Why no automatic letter may answer this mail (RFC 3834), or None. Set on list mail too."""
    list_mail: bool = False
    language: str | None = None
    forwarded: Forwarded | None = None
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    calendar: Calendar | None = None
    confirmation: Confirmation | None = None
    """Of kind `forwarding_confirmation` alone."""
    authentication_results: tuple[Trace, ...] = ()
    received_count: int = 0
    whole: bool = True
    """False where a bound was exceeded or the parser died: then its own bytes are attached, and the rest is no more than a guess."""
    body_hash: str = ""
    """SHA-256, in hex, of the canonical text and the attachments' hashes: equal for twins that came by two ways."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names lower-cased, values decoded and unfolded, in order, bounded."""
    warnings: tuple[str, ...] = field(default_factory=tuple)
    """What was amiss or exceeded a bound, in words for an operator."""
