"""Which ticket a message belongs to: by token, by remembered ids, by `[#N]` or an old desk's number — in that order (X1). PURE."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.desk.authority import Carried, thread_ticket
from gateway.domain.facts import Facts, IdMatch, KnownTicket
from gateway.domain.organisation import Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message

SUBJECT_TAG = re.compile(r"\[#(\d{1,12})\]")


@dataclass(frozen=True, slots=True)
class Joins:
    ticket: KnownTicket
    reason: str


@dataclass(frozen=True, slots=True)
class Starts:
    """No ticket of its own yet. `related` is one that the subject names without proof."""

    reason: str
    related: int | None = None


def subject_tag(subject: str) -> int | None:
    """The last `[#N]` of a subject: ours stands at its end."""
    found = SUBJECT_TAG.findall(subject)
    return int(found[-1]) if found else None


def thread(
    message: Message,
    author_key: str,
    carried: Carried,
    verdict: Verdict,
    facts: Facts,
    organisation: Organisation,
    department: str | None = None,
) -> Joins | Starts:
    """`department`: the one that the message is decided for, where each of several makes a ticket of it: of several tickets that remember
    an id its own is meant."""
    by_token = thread_ticket(carried, organisation)
    if by_token is not None and (ticket := facts.ticket(by_token)) is not None:
        return Joins(ticket, f"a genuine token of ticket #{ticket.number} came with it")
    if (joined := by_ids(message, author_key, facts, department)) is not None:
        return joined
    if (joined := by_return_path(facts)) is not None:
        return joined
    return by_subject(message, author_key, verdict, facts)


def by_ids(message: Message, author_key: str, facts: Facts, department: str | None) -> Joins | None:
    """The nearest ancestor counts first. An id that was only named before joins where the participants overlap. The numbers of old desks
    are no ids, whatever a field says."""
    matches = tuple(each for each in matches_for(department, message, facts) if each.relation != "tag")
    for identifier in (*message.in_reply_to, *reversed(message.references)):
        for match in matches:
            ticket = facts.ticket(match.ticket)
            if (
                match.identifier == identifier
                and ticket is not None
                and (match.relation != "refers" or overlaps(message, author_key, ticket))
            ):
                return Joins(ticket, f"it answers <{identifier}>, which ticket #{ticket.number} remembers")
    for match in matches:
        ticket = facts.ticket(match.ticket)
        if match.identifier == message.message_id and match.relation == "refers" and ticket and overlaps(message, author_key, ticket):
            return Joins(ticket, f"mail of ticket #{ticket.number} refers to it")
    return None


def by_return_path(facts: Facts) -> Joins | None:
    """Whoever knows the reverse-path of a letter has got it: its token is as good as the id's."""
    numbers = (each.ticket for each in facts.reported if each.by == "path" and each.ticket is not None)
    ticket = next((found for number in numbers if (found := facts.ticket(number)) is not None), None)
    return Joins(ticket, f"it was written to the return address of a letter about ticket #{ticket.number}") if ticket is not None else None


def matches_for(department: str | None, message: Message, facts: Facts) -> tuple[IdMatch, ...]:
    """Those of the department's own tickets first. What another department's ticket has of this very message says nothing: the mail that it
    refers to is no more theirs than ours."""
    if department is None:
        return facts.id_matches
    theirs = {each.ticket for each in facts.id_matches if each.identifier == message.message_id and each.relation == "is"}
    left = (each for each in facts.id_matches if each.ticket not in theirs)
    return tuple(sorted(left, key=lambda each: (found := facts.ticket(each.ticket)) is None or found.department != department))


def overlaps(message: Message, author_key: str, ticket: KnownTicket) -> bool:
    keys = {author_key, *(each.key for each in (*message.to, *message.cc))}
    return any(ticket.names(key) for key in keys if key)


def by_subject(message: Message, author_key: str, verdict: Verdict, facts: Facts) -> Joins | Starts:
    """By our own `[#N]`, else by the number of a desk that the ticket was imported from: anybody can write either."""
    found = tuple(named(message, facts))
    proven = verdict.aligned and not verdict.disowned and message.author_unambiguous
    for ticket, name in found:
        if proven and ticket.takes_part(author_key):
            return Joins(ticket, f"its subject names {name}, its author takes part there, and {verdict.reason}")
    if not found:
        return Starts("no token, id or subject tag of it belongs to a ticket")
    ticket, name = found[0]
    return Starts(f"its subject names {name}, which proves nothing by itself: a new ticket, linked to that one", ticket.number)


def named(message: Message, facts: Facts) -> Iterator[tuple[KnownTicket, str]]:
    """Tickets that the subject names, and how it does."""
    number = subject_tag(message.subject)
    if number is not None and (ticket := facts.ticket(number)) is not None:
        yield ticket, f"[#{ticket.number}]"
    for each in facts.id_matches:
        if each.relation == "tag" and (ticket := facts.ticket(each.ticket)) is not None:
            yield ticket, f"{each.identifier}, as another desk called ticket #{ticket.number}"
