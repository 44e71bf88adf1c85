"""Rules on tickets that there are: what they see, whom they tell, and when they may tell nobody. PURE."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.desk import audience
from gateway.desk.acting import agents_told
from gateway.desk.notify import Occasion
from gateway.desk.rules import Matched, Seen
from gateway.domain.facts import KnownTicket
from gateway.domain.firing import LastMail
from gateway.domain.organisation import Budget, Organisation
from gateway.domain.rules import Actions, AllOf, Condition, RuleEvent, Unanswered
from gateway.domain.states import OUT_OF_SIGHT, EventKind, LetterKind
from gateway.domain.steps import Note, Send, Step
from gateway.mail.address import address_key


def seen_on_ticket(ticket: KnownTicket, on: RuleEvent, now: datetime, unanswered: timedelta | None = None) -> Seen:
    """A ticket to which something happened, as it stands now."""
    requester = audience.requester_of(ticket)
    return Seen(
        now=now,
        on=on,
        gateway=ticket.gateway or None,
        author_key=address_key(requester.address),
        author_name=requester.name,
        known_client=True,
        subject=ticket.subject,
        language=ticket.language,
        department=ticket.department,
        category=ticket.category,
        status=ticket.status,
        priority=ticket.priority,
        tags=ticket.tags,
        assignee=ticket.assignee,
        unanswered=unanswered,
    )


def letters_of(
    actions: Actions, matched: Sequence[Matched], ticket: KnownTicket, occasion: Occasion, organisation: Organisation
) -> tuple[Step, ...]:
    """What rules on a ticket that there is tell agents and the client, or the event of an answer that is kept back."""
    why = "\n".join(f"{each.rule}: {each.why}" for each in matched if each.then.notify)
    staff = audience.to_staff(LetterKind.NOTE, agents_told(actions, organisation), organisation, why)
    return (*(replace(each, about="nothing") for each in staff), *answer(actions.answer, ticket, occasion, organisation))


def answer(template: str | None, ticket: KnownTicket, occasion: Occasion, organisation: Organisation) -> tuple[Step, ...]:
    to = audience.addressees([audience.requester_of(ticket)], organisation)
    if template is None or not to or ticket.status in OUT_OF_SIGHT:
        return ()
    if occasion.silence is not None:
        return (Note(EventKind.SILENCED, {"kind": LetterKind.REGISTERED, "why": occasion.silence}),)
    return (Send(LetterKind.REGISTERED, to, ticket.language, about="nothing", template=template, caused_by_mail=occasion.by_mail),)


def why_silent_on(mail: LastMail | None, ticket: KnownTicket, spent: str | None, budget: Budget) -> str | None:
    """Why no automatic letter may follow from what a client did or waits for: what forbade it when their mail came does so still."""
    if mail is not None:
        if mail.silenced is not None:
            return mail.silenced
        if mail.kind != "message":
            return f"the client's last mail is read as {mail.kind.replace('_', ' ')}"
        if not mail.reverse_path:
            return "the client's last mail came with the null reverse-path"
        if mail.disowned:
            return "its author's domain disowns the client's last mail (DMARC fail)"
    if ticket.answered_today >= budget.per_ticket_day:
        return f"the day's budget of {budget.per_ticket_day} automatic letters for one ticket is spent"
    return spent


def hours_asked(condition: Condition) -> float:
    """How long a client must have been waiting before the condition can be met."""
    match condition:
        case Unanswered(hours):
            return hours
        case AllOf(conditions):
            return max(map(hours_asked, conditions), default=0.0)
        case _:
            return 0.0
