"""Which tickets a list shows, in which order, and from where on. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.domain.organisation import Organisation
from gateway.domain.states import Status

ACTIVE = (Status.NEW, Status.OPEN, Status.PENDING)
"""Of tickets that there is something left to do on."""
KEPT = tuple(each for each in Status if each not in (Status.SPAM, Status.TRASH))
"""Of tickets that nobody has thrown away."""


class Order(StrEnum):
    UPDATED = "updated"
    """What changed last comes first."""
    NUMBER = "number"
    """The newest ticket comes first."""
    WAITING = "waiting"
    """Those alone whose client waits for an answer, the longest first."""
    RANK = "rank"
    """What a search fits best; of searches alone."""


@dataclass(frozen=True, slots=True)
class Departments:
    """`keys` of the configuration. With `known`, also tickets of departments that are none of those: they were removed, and their tickets
    are the default one's."""

    keys: tuple[str, ...]
    known: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Nobody:
    """Assigned to nobody: also tickets of whoever is no agent any more. `agents` are the addresses of those who are."""

    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What is None is not asked about. `seen` is what whoever asks may see, None: everything; the rest is what they asked for. `tag` is
    compared without case; `gateway` is an address as tickets have it. Tickets that were merged into others are never listed."""

    seen: Departments | None = None
    departments: Departments | None = None
    statuses: tuple[Status, ...] | None = None
    assignee: str | Nobody | None = None
    tag: str | None = None
    client: int | None = None
    gateway: str | None = None
    updated_since: datetime | None = None

    @property
    def of_any_status(self) -> "TicketFilter":
        """Without what counts by status and gateway tell apart."""
        return replace(self, statuses=None, gateway=None)


@dataclass(frozen=True, slots=True)
class Position:
    """A row of an ordered list: by what it stands there, and its ticket's number. `back`: the page before it is meant, not that after."""

    by: datetime | float
    number: int
    back: bool = False


def departments_of(keys: Iterable[str], desk: Organisation) -> Departments:
    """As rows have them: with the default department come those that were removed."""
    chosen = tuple(keys)
    known = tuple(each.key for each in desk.departments)
    return Departments(chosen, known if desk.default_gateway.department in chosen else None)


def nobody_of(desk: Organisation) -> Nobody:
    return Nobody(tuple(each.address for each in desk.agents))
