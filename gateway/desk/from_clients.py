"""What somebody outside wrote: a reply to a ticket of theirs, a stranger's, or a new ticket. PURE."""

from dataclasses import replace

from gateway.desk import audience
from gateway.desk.articles import article_of, remember, signature_trimmed
from gateway.desk.authority import Carried
from gateway.desk.budget import day_is_spent, in_words, of_ticket
from gateway.desk.case import Case
from gateway.desk.colleagues import with_assignee_moved
from gateway.desk.forwarding.confirmations import is_confirmation
from gateway.desk.forwarding.forwarders import hidden_author
from gateway.desk.identify import FromOutside
from gateway.desk.notify import Occasion, notifications
from gateway.desk.opening import joining, opened_by_client, why_silent
from gateway.desk.route import Route, Unrouted
from gateway.desk.ruling import NO_RULING, Ruling, rule
from gateway.desk.standing import standing_of
from gateway.desk.thread import Joins, Starts, thread
from gateway.domain.actor import Actor
from gateway.domain.decision import Decision
from gateway.domain.facts import KnownTicket, Participant
from gateway.domain.states import OUT_OF_SIGHT, ArticleKind, InboundState, Role, Status
from gateway.domain.steps import Join, SetStatus, Step

REOPENS = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.PENDING)
"""Statuses that a client's reply ends."""


def from_outside(case: Case, writer: FromOutside, carried: Carried, routed: Route | Unrouted) -> Decision:
    case = with_hidden_author_noticed(case)
    threaded = thread(case.message, writer.key, carried, case.verdict, case.facts, case.organisation, case.department)
    case.reasons.append(threaded.reason)
    if isinstance(threaded, Starts) and (named := absent_note_of(case, writer, threaded)) is not None:
        return client_reply(case, writer, Joins(named, "an automatic reply of somebody who takes part there"))
    if case.held_back is not None:
        return case.settle(InboundState.HELD, "held", case.held_back)
    ruling = rule(case, writer, routed, threaded.ticket if isinstance(threaded, Joins) else None)
    if isinstance(ruling, Decision):
        if case.facts.assigned is None:
            return ruling
        case.reasons.append("but a person has sorted it since")
        ruling = NO_RULING
    match threaded:
        case Joins():
            return client_reply(case, writer, threaded, ruling)
        case Starts() if isinstance(routed, Unrouted):
            why = "held for a person: it was written to the reply address of agents without a genuine token"
            return case.settle(InboundState.HELD, "held", why)
        case Starts():
            return from_client(case, writer, routed, threaded, ruling)


def with_hidden_author_noticed(case: Case) -> Case:
    """U10: the event of what it adds to the ticket tells of it."""
    hidden = hidden_author(case.message, case.organisation)
    if hidden is None:
        return case
    case.reasons.append(f"warning: {hidden}")
    return replace(case, message=replace(case.message, warnings=(*case.message.warnings, hidden)))


def absent_note_of(case: Case, writer: FromOutside, starts: Starts) -> KnownTicket | None:
    """The ticket that an automatic reply names in its subject alone: vacation programs often keep nothing else. It has no effect there,
    so the subject is proof enough, and no ticket is made of each."""
    ticket = case.facts.ticket(starts.related) if starts.related is not None else None
    return ticket if ticket is not None and case.message.kind == "auto_reply" and ticket.takes_part(writer.key) else None


def from_client(case: Case, writer: FromOutside, routed: Route, starts: Starts, ruling: Ruling) -> Decision:
    unknown = case.facts.client is None and case.facts.assigned is None and not is_confirmation(case)
    if unknown and case.organisation.desk.unknown_clients == "hold":
        return case.settle(InboundState.HELD, "held", f"held for a person: {writer.key} is not a known client (desk.unknown_clients)")
    return opened_by_client(case, writer, routed, starts.related, ruling)


def client_reply(case: Case, writer: FromOutside, joins: Joins, ruling: Ruling = NO_RULING) -> Decision:
    ticket = joins.ticket
    takes_part = ticket.takes_part(writer.key)
    actor = Actor(Role.CLIENT, writer.person.name, writer.person.address)
    article = article_of(signature_trimmed(case.message, ticket), ArticleKind.CLIENT_MESSAGE, verified=takes_part)
    base: list[Step] = [article, remember(case.message)]
    if case.message.kind == "auto_reply":
        base = [replace(article, wants_answer=False), remember(case.message)]
        why = f"an automatic reply, kept on ticket #{ticket.number} without any effect"
        return case.settle(InboundState.DONE, "auto_reply", why, tuple(base), ticket.number, actor=actor, gateway=ticket.gateway)
    if not takes_part:
        stranger = Participant(writer.key, writer.person.address, writer.person.name, "stranger")
        why = f"{writer.key} takes no part in ticket #{ticket.number}: kept there as a stranger's, unverified, changing nothing"
        changed: tuple[Step, ...] = (*base, Join(audience.with_room((stranger,), ticket)))
        steps = (*changed, *told(case, ticket, changed, actor, "its author takes no part in the ticket"))
        return case.settle(InboundState.DONE, "stranger_reply", why, steps, ticket.number, actor=actor, gateway=ticket.gateway)
    reopens = ticket.status in REOPENS and not any(isinstance(each, SetStatus) for each in ruling.settings)
    status: tuple[Step, ...] = (SetStatus(Status.OPEN),) if reopens else ()
    why = f"the client's reply goes onto ticket #{ticket.number}" + (", which it opens again" if status else "")
    settings = with_assignee_moved((*status, *ruling.settings), ticket, case.organisation)
    changed = (*base, joining(case, writer, writer.key in audience.client_keys(ticket), ticket), *settings)
    steps = (*changed, *ruling.events, *told(case, ticket, changed, actor, why_silent(case), ruling))
    return case.settle(InboundState.DONE, "client_reply", why, steps, ticket.number, actor=actor, gateway=ticket.gateway)


def told(
    case: Case, ticket: KnownTicket, changed: tuple[Step, ...], actor: Actor, silence: str | None, ruling: Ruling = NO_RULING
) -> tuple[Step, ...]:
    """Nobody is told of what comes to a ticket that was put out of sight."""
    if ticket.status in OUT_OF_SIGHT:
        return ()
    bound = case.organisation.budget.per_ticket_day
    if silence is None and ticket.answered_today >= bound:
        silence = day_is_spent(bound)
    room = case.facts.room.with_bound(of_ticket(ticket.answered_today, bound))
    occasion = Occasion(actor, by_mail=True, silence=silence, room=room, instead=ruling.instead, answer=ruling.answer)
    letters = notifications(changed, standing_of(ticket, changed), occasion, case.organisation)
    case.reasons.extend(in_words(letters))
    return letters
