"""What rules fire on that no mail brings, as the database tells it."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.states import EventKind, Role


@dataclass(frozen=True, slots=True)
class Happened:
    """`inbound_id` is of the mail that the event came by."""

    id: int
    ticket: int
    kind: EventKind
    role: Role
    inbound_id: int | None


@dataclass(frozen=True, slots=True)
class KeptWaiting:
    """A client who waits for an answer, and the rules that have fired on it."""

    since: datetime
    fired: frozenset[str]


@dataclass(frozen=True, slots=True)
class LastMail:
    """Of a ticket's client: by what its automatic answer is decided. `silenced`: why it got none when it came; `aligned`: it was
    authenticated as its author's."""

    kind: str
    reverse_path: str
    disowned: bool
    silenced: str | None
    aligned: bool = True
