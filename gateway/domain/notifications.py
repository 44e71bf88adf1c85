"""Who is told of what, when and how (C1–C7), as the configuration has it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from gateway.domain.language import Language
from gateway.domain.states import LetterKind

Sending = Literal["immediately", "delayed", "never"]

AUDIENCES: Final = ("client", "assignee", "department", "recipients", "cc")
"""Words of `Notification.to`. `recipients`: all whom the client's mail was openly addressed to (C2); `cc`: the ticket's Cc."""

NOTIFIED: Final = (
    LetterKind.REGISTERED,
    LetterKind.IN_PROGRESS,
    LetterKind.RESOLVED,
    LetterKind.CLOSED,
    LetterKind.CANCELLED,
    LetterKind.REOPENED,
    LetterKind.ASSIGNED,
    LetterKind.NEW_TICKET,
    LetterKind.CLIENT_REPLY,
    LetterKind.AGENT_REPLY,
    LetterKind.NOTE,
    LetterKind.FAILED_DELIVERY,
)
"""The events that a notification may be `on`."""

STAFF_ALONE: Final = frozenset({LetterKind.NEW_TICKET, LetterKind.NOTE, LetterKind.FAILED_DELIVERY})
"""What these tell is for nobody outside."""

USUAL_AUDIENCE: Final[dict[LetterKind, tuple[str, ...]]] = {
    LetterKind.REGISTERED: ("client",),
    LetterKind.IN_PROGRESS: ("client",),
    LetterKind.RESOLVED: ("client",),
    LetterKind.CLOSED: ("client",),
    LetterKind.CANCELLED: ("client",),
    LetterKind.REOPENED: ("assignee",),
    LetterKind.ASSIGNED: ("assignee",),
    LetterKind.NEW_TICKET: ("department",),
    LetterKind.CLIENT_REPLY: ("assignee",),
    LetterKind.AGENT_REPLY: ("client", "cc"),
    LetterKind.NOTE: ("assignee",),
    LetterKind.FAILED_DELIVERY: ("assignee",),
}
"""Whom a notification is to where it does not say."""


@dataclass(frozen=True, slots=True)
class Notification:
    """`to` holds words of `AUDIENCES` and normalised addresses of agents. `category`, `department` and `language` narrow it down to tickets
    that have these; None: whatever they have. `template` None: the one named after the event; `from_address` None: as C3 says.
    """

    on: LetterKind
    to: tuple[str, ...]
    category: str | None = None
    department: str | None = None
    language: Language | None = None
    send: Sending = "immediately"
    delay: timedelta = timedelta(0)
    template: str | None = None
    from_address: str | None = None

    def applies(self, category: str | None, department: str, language: Language) -> bool:
        """Whether a ticket of these is among those that it is for; categories are compared without case."""
        return (
            (self.category is None or self.category.casefold() == (category or "").casefold())
            and self.department in (None, department)
            and self.language in (None, language)
        )

    @property
    def narrowness(self) -> int:
        """Of several that apply to a ticket, the narrowest counts."""
        return sum(each is not None for each in (self.category, self.department, self.language))
