"""States that an operator reads, as CONTRACT names them. Each is a value of one column."""

from enum import StrEnum
from typing import Final


class InboundState(StrEnum):
    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    HELD = "held"
    """Waits for a person."""
    IGNORED = "ignored"
    """Kept, but made no ticket."""
    BURIED = "buried"
    """Failed every attempt."""


class OutboxState(StrEnum):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class RecipientState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class Status(StrEnum):
    """Of a ticket; any may follow any."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    SPAM = "spam"
    TRASH = "trash"


OUT_OF_SIGHT: Final = (Status.SPAM, Status.TRASH)
"""Of what comes to a ticket that is there nobody is told."""


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class ArticleKind(StrEnum):
    CLIENT_MESSAGE = "client_message"
    AGENT_REPLY = "agent_reply"
    NOTE = "note"
    NOTICE = "notice"


class Role(StrEnum):
    """Of an article's author and of an event's actor."""

    CLIENT = "client"
    AGENT = "agent"
    SYSTEM = "system"


class EventKind(StrEnum):
    CREATED = "created"
    STATUS_CHANGED = "status_changed"
    ASSIGNED = "assigned"
    DEPARTMENT_CHANGED = "department_changed"
    CATEGORY_CHANGED = "category_changed"
    PRIORITY_CHANGED = "priority_changed"
    SUBJECT_CHANGED = "subject_changed"
    TAGGED = "tagged"
    CC_CHANGED = "cc_changed"
    NOTE_ADDED = "note_added"
    REPLIED = "replied"
    CLIENT_REPLIED = "client_replied"
    MERGED = "merged"
    RATED = "rated"
    RULE_APPLIED = "rule_applied"
    COMMAND_IGNORED = "command_ignored"
    COMMAND_REFUSED = "command_refused"
    HELD = "held"
    SILENCED = "silenced"
    DELIVERY_DELAYED = "delivery_delayed"
    DELIVERY_FAILED = "delivery_failed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ALSO_ADDRESSED = "also_addressed"
    REOPENED = "reopened"
    ERASED = "erased"


class LetterKind(StrEnum):
    """A letter's `kind` in the outbox: the notification's event name, or one of ours."""

    REGISTERED = "registered"
    NEW_TICKET = "new_ticket"
    CLIENT_REPLY = "client_reply"
    AGENT_REPLY = "agent_reply"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    NOTE = "note"
    HELD = "held"
    FAILED_DELIVERY = "failed_delivery"
    RECEIPT = "receipt"
    PROBE = "probe"
    VERIFICATION = "verification"
    COPY = "copy"
    DIGEST = "digest"
    FORWARDING_FAILED = "forwarding_failed"
    FORWARDING_RESTORED = "forwarding_restored"
    ALARM = "alarm"
    """To operators: something needs them, or no longer does."""
