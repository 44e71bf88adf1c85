"""An agent's reply that did not arrive, or is late or unwanted: who is told, by the built-in notification or a configured one (C1–C7).
PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway.desk import audience
from gateway.desk.notify import Occasion, agents_meant, chosen, without_repetition
from gateway.desk.standing import standing_of
from gateway.domain.actor import SYSTEM
from gateway.domain.facts import KnownTicket
from gateway.domain.notifications import Notification
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import LetterKind
from gateway.domain.steps import ReportedAs, Returned, Send, Step

LOST: Final = LetterKind.FAILED_DELIVERY
BUILT_IN: Final = Notification(LOST, ("assignee",))


def told_of_loss(
    author: str,
    ticket: KnownTicket | None,
    returned: Sequence[Returned],
    organisation: Organisation,
    reported: ReportedAs = "failed",
) -> tuple[Step, ...]:
    """`author` is the address of the agent who wrote it: they are this event's `assignee`, and the ticket's where they can be told nothing
    any more. `ticket` None: nothing is known of it but the reply."""
    why = "; ".join(f"{each.address}: {each.said}" for each in returned)
    found = (replace(each, reported=reported, returned=tuple(returned)) for each in letters(author, ticket, why, organisation))
    return without_repetition(tuple(found))


def letters(author: str, ticket: KnownTicket | None, why: str, organisation: Organisation) -> Iterator[Send]:
    standing = standing_of(ticket, ()) if ticket is not None else None
    configured = dict(chosen(LOST, standing, organisation)) if standing is not None else {}
    for word, notification in ({"assignee": BUILT_IN} | configured).items():
        if notification.send == "never":
            continue
        if word == "assignee" or standing is None:
            agents = concerned(author, ticket, organisation)
        else:
            agents = agents_meant(LOST, word, standing, Occasion(SYSTEM), organisation)
        for each in audience.to_staff(LOST, agents, organisation, why=why):
            yield replace(
                each,
                template=notification.template,
                from_address=notification.from_address,
                delay=notification.delay if notification.send == "delayed" else timedelta(0),
            )


def concerned(author: str, ticket: KnownTicket | None, organisation: Organisation) -> tuple[Agent, ...]:
    assignee = ticket.assignee if ticket is not None else None
    known = (organisation.agent(each) for each in (author, assignee) if each is not None)
    return next(((each,) for each in known if each is not None and audience.told(each)), ())
