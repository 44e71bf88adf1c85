"""A ticket as the steps leave it: what letters are chosen by. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.desk import audience
from gateway.domain.facts import KnownTicket, Participant
from gateway.domain.organisation import Language
from gateway.domain.states import Status
from gateway.domain.steps import (
    AddCc,
    Assign,
    Join,
    OpenTicket,
    Person,
    SetCategory,
    SetDepartment,
    SetStatus,
    Step,
)
from gateway.mail.address import address_key


@dataclass(frozen=True, slots=True)
class Standing:
    """`before` is the status that the steps found, None for a new ticket, `assigned` whose the ticket was; `moved`: it comes from another
    department; `copies` are those who get the letters besides the client, `recipients` those among them whom a mail of the
    client's named."""

    number: int | None
    department: str
    moved: bool
    category: str | None
    before: Status | None
    status: Status
    assignee: str | None
    assigned: str | None
    language: Language
    client: Person
    client_keys: frozenset[str]
    copies: tuple[Person, ...]
    recipients: tuple[Person, ...]


def standing_of(ticket: KnownTicket, steps: Sequence[Step]) -> Standing:
    department = last_of(steps, SetDepartment, "department", ticket.department)
    keys = audience.client_keys(ticket)
    recipients = named(ticket.participants, steps, keys)
    return Standing(
        number=ticket.number,
        department=department,
        moved=department != ticket.department,
        category=last_of(steps, SetCategory, "category", ticket.category),
        before=ticket.status,
        status=last_of(steps, SetStatus, "status", ticket.status),
        assignee=last_of(steps, Assign, "agent", ticket.assignee),
        assigned=ticket.assignee,
        language=ticket.language,
        client=audience.requester_of(ticket),
        client_keys=keys,
        copies=(*recipients, *added(steps, recipients, keys)),
        recipients=recipients,
    )


def standing_of_new(opening: OpenTicket, steps: Sequence[Step]) -> Standing:
    keys = frozenset((opening.client_key,))
    recipients = named((), steps, keys)
    return Standing(
        number=None,
        department=opening.department,
        moved=False,
        category=last_of(steps, SetCategory, "category", opening.category),
        before=None,
        status=last_of(steps, SetStatus, "status", Status.NEW),
        assignee=last_of(steps, Assign, "agent", None),
        assigned=None,
        language=opening.language,
        client=opening.client,
        client_keys=keys,
        copies=(*recipients, *added(steps, recipients, keys)),
        recipients=recipients,
    )


def last_of(steps: Sequence[Step], kind: type, field: str, otherwise: Any) -> Any:
    """Of a setting given twice the last counts."""
    found = [getattr(each, field) for each in steps if isinstance(each, kind)]
    return found[-1] if found else otherwise


def named(participants: Sequence[Participant], steps: Sequence[Step], client: frozenset[str]) -> tuple[Person, ...]:
    """Those in Cc by what was there and by the mail, each once."""
    found: dict[str, Person] = {}
    joined = (person for step in steps if isinstance(step, Join) for person in step.people)
    for each in (*participants, *joined):
        if each.part == "cc" and each.key not in client:
            found.setdefault(each.key, Person(each.name, each.address))
    return tuple(found.values())


def added(steps: Sequence[Step], already: Sequence[Person], client: frozenset[str]) -> tuple[Person, ...]:
    """Those whom an agent or a rule puts into Cc besides."""
    known = {address_key(each.address) for each in already} | client
    found: dict[str, Person] = {}
    for person in (person for step in steps if isinstance(step, AddCc) for person in step.people):
        found.setdefault(address_key(person.address), person)
    return tuple(person for key, person in found.items() if key not in known)
