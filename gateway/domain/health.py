"""How the desk fares: a sample a minute, and the nodes that serve it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """Counts are of what happened since the sample before; what waits, and for how many seconds the oldest has, is as it was `at` then."""

    at: datetime
    arrived: int = 0
    sent: int = 0
    failed: int = 0
    """Letters that were given up, or came back."""
    buried: int = 0
    """Mail that failed every attempt."""
    inbound_waiting: int = 0
    outbox_waiting: int = 0
    held: int = 0
    inbound_seconds: float = 0.0
    outbox_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RoleAtWork:
    """A node's processes of one role: how many there shall be, how many do their work, how many died and were replaced."""

    role: str
    wanted: int
    ready: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Node:
    """`silent`: for how many seconds nothing was heard of it, by the database's clock."""

    name: str
    version: str
    roles: tuple[RoleAtWork, ...]
    stopping: bool
    silent: float


@dataclass(frozen=True, slots=True)
class Seen:
    """When mail to an address of ours came last, and when a letter that bears it left last."""

    mail_at: datetime | None = None
    letter_at: datetime | None = None


NEVER_SEEN = Seen()


@dataclass(frozen=True, slots=True)
class NamesReport:
    """What DNS said of our addresses, as `check --dns --json` tells it."""

    checked_at: datetime
    report: Mapping[str, Any]
