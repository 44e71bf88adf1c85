"""What is to be done with a message, step by step and with reasons. PURE: `explain` calls it just as `process` does."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway.desk import audience
from gateway.desk.authority import Authorised, Carried, carried_tokens, may_open, may_reply
from gateway.desk.identify import FromAgent, FromNobody, FromOurselves, FromOutside, identify
from gateway.desk.reports import decide_on_report
from gateway.desk.route import Route, Unrouted, route
from gateway.desk.thread import Joins, Starts, thread
from gateway.domain.actor import SYSTEM, Actor
from gateway.domain.decision import Decision, Outcome
from gateway.domain.facts import Facts, KnownTicket, Participant
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import ArticleKind, EventKind, InboundState, LetterKind, Role, Status
from gateway.domain.steps import AddArticle, Addressee, File, Join, Note, OpenTicket, Person, Remember, Send, SetStatus, Step
from gateway.domain.verdict import Verdict
from gateway.mail.address import address_key
from gateway.mail.message import Attachment, Mailbox, Message
from gateway.mail.reply import holds_reply_above, trim_signature
from gateway.mail.reply.cut import whole
from gateway.tokens.carriers import tokens_in_ids
from gateway.tokens.masking import mask_tokens, mask_tokens_in_bytes

REOPENS = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.PENDING)
"""Statuses that a client's reply ends."""
OUT_OF_SIGHT = (Status.SPAM, Status.TRASH)
MAY_HOLD_MAIL = ("message/", "text/", "application/octet-stream", "application/vnd.ms-outlook")
"""Types of files that may be a letter of ours, or quote one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One message with everything that bears on it. `recipients` are the envelope's, normalised; `reasons` grows as it is decided."""

    message: Message
    recipients: tuple[str, ...]
    reverse_path: str
    verdict: Verdict
    facts: Facts
    organisation: Organisation
    reasons: list[str] = field(default_factory=list)

    def settle(
        self,
        state: InboundState,
        outcome: Outcome,
        why: str,
        steps: tuple[Step, ...] = (),
        ticket: int | None = None,
        actor: Actor = SYSTEM,
        gateway: str | None = None,
    ) -> Decision:
        return Decision(state, outcome, why, (*self.reasons, why), ticket, actor, steps, gateway)

    def ignored(self, why: str) -> Decision:
        return self.settle(InboundState.IGNORED, "ignored", why)


def decide(
    message: Message, recipients: tuple[str, ...], reverse_path: str, verdict: Verdict, facts: Facts, organisation: Organisation
) -> Decision:
    case = Case(message, recipients, reverse_path, verdict, facts, organisation)
    case.reasons.append(f"it is read as {message.kind.replace('_', ' ')}: {message.reason}")
    case.reasons.extend(f"warning: {each}" for each in message.warnings)
    if facts.duplicate_of is not None:
        return duplicate(case)
    if message.kind in ("bounce", "complaint"):
        return decide_on_report(message, facts, organisation, tuple(case.reasons))
    if is_own_letter(message):
        return case.ignored("it is a letter of ours that came back")
    if message.kind == "empty":
        return case.ignored("it is empty: no subject, no text, no attachment")
    return by_writer(case, route(message, recipients, organisation))


def duplicate(case: Case) -> Decision:
    effect = case.facts.duplicate_of
    assert effect is not None
    where = f", on ticket #{effect.ticket}" if effect.ticket is not None else ""
    why = f"the same message already had its effect, as message {effect.inbound_id}{where}"
    routed = route(case.message, case.recipients, case.organisation)
    gateway = routed.address if isinstance(routed, Route) else None
    return case.settle(InboundState.DONE, "duplicate", why, ticket=effect.ticket, gateway=gateway)


def is_own_letter(message: Message) -> bool:
    """By the mark in its Message-ID; a forged mark only makes the forger's own mail be set aside."""
    return message.message_id is not None and bool(tokens_in_ids((message.message_id,)))


def by_writer(case: Case, routed: Route | Unrouted) -> Decision:
    carried = carried_tokens(case.message, case.recipients, case.organisation)
    case.reasons.append(routed.reason)
    if isinstance(routed, Unrouted) and not carried.addressed:
        return case.ignored(routed.reason)
    writer = identify(case.message, case.reverse_path, case.organisation)
    match writer:
        case FromAgent():
            return from_agent(case, writer, carried, routed)
        case FromOutside():
            case.reasons.append(f"{writer.reason}: {writer.key}")
            return from_outside(case, writer, carried, routed)
        case FromOurselves():
            return case.ignored(f"From is {writer.address}, an address of our own, which is nobody's account")
        case FromNobody():
            return case.settle(InboundState.HELD, "held", writer.reason)


# Agents


def from_agent(case: Case, writer: FromAgent, carried: Carried, routed: Route | Unrouted) -> Decision:
    agent = writer.agent
    case.reasons.append(f"From names the agent {agent.name} <{agent.address}>")
    if case.message.automatic is not None or case.message.kind == "auto_reply":
        return case.ignored(f"an agent's automatic mail is no reply: {case.message.automatic or case.message.reason}")
    threaded = thread(case.message, writer.key, carried, case.verdict, case.facts, case.organisation)
    if isinstance(threaded, Joins) and not carried.reply and writer.key in threaded.ticket.client.keys:
        case.reasons.append(f"the agent is the client of ticket #{threaded.ticket.number}")
        return client_reply(case, FromOutside(writer.person, writer.key, ""), threaded)
    may = may_reply(agent, case.message, carried, case.verdict, case.organisation)
    if isinstance(may, Authorised) and (ticket := case.facts.ticket(may.ticket)) is not None:
        case.reasons.append(may.reason)
        return agent_reply(case, agent, ticket)
    if isinstance(threaded, Starts) and threaded.related is None and not (carried.reply or carried.addressed) and isinstance(routed, Route):
        return agent_opens(case, writer, routed)
    reason = "its ticket is gone" if isinstance(may, Authorised) else may.reason
    return held(case, agent, reason, threaded.ticket.number if isinstance(threaded, Joins) else None)


def agent_reply(case: Case, agent: Agent, ticket: KnownTicket) -> Decision:
    if ticket.department not in agent.departments:
        return held(case, agent, f"{agent.name} is not of the department {ticket.department!r} of ticket #{ticket.number}", ticket.number)
    days = case.organisation.desk.token_days
    if ticket.closed_for is not None and ticket.closed_for > timedelta(days=days):
        reason = f"ticket #{ticket.number} was closed more than {days} days ago: its reply tokens have expired"
        return held(case, agent, reason, ticket.number)
    article = article_of(signature_trimmed(case.message, ticket), ArticleKind.AGENT_REPLY, hide_tokens=True)
    if holds_reply_above(article.text):
        return held(case, agent, "its own words could not be told from the quoted notification", ticket.number)
    if not article.text.strip() and not article.files:
        return case.ignored("nothing was written above the quoted notification, and nothing attached")
    letter = audience.to_client(LetterKind.AGENT_REPLY, ticket, case.organisation)
    steps: list[Step] = [article, *opened_by_reply(ticket), remember(case.message)]
    if letter is not None:
        steps.append(letter)
    why = f"{agent.name}'s reply goes onto ticket #{ticket.number} and to its client"
    return case.settle(
        InboundState.DONE, "agent_reply", why, tuple(steps), ticket.number, actor=Actor(Role.AGENT, agent.name, agent.address)
    )


def opened_by_reply(ticket: KnownTicket) -> tuple[Step, ...]:
    return (SetStatus(Status.OPEN),) if ticket.status is Status.NEW else ()


def agent_opens(case: Case, writer: FromAgent, routed: Route) -> Decision:
    against = may_open(writer.agent, case.message, case.verdict)
    if against is not None:
        return held(case, writer.agent, against, None)
    outside = FromOutside(writer.person, writer.key, "")
    return opened(case, outside, routed, None, Actor(Role.AGENT, writer.agent.name, writer.agent.address))


def held(case: Case, agent: Agent, reason: str, ticket: int | None) -> Decision:
    """Nothing is executed and nothing answered; the agent it claims to be is told at their configured address, once a day at most."""
    why = f"held for a person: it claims to be from {agent.address}, but {reason}"
    steps: tuple[Step, ...] = ()
    if agent.active and not case.facts.held_told_recently:
        to = (Addressee(agent.name, agent.address),)
        language = agent.language or case.organisation.desk.language
        steps = (Send(LetterKind.HELD, to, language, staff=True, about="nothing", why=reason),)
    if ticket is not None:
        steps = (Note(EventKind.HELD, {"agent": agent.address, "why": reason}), *steps)
    return case.settle(InboundState.HELD, "held", why, steps, ticket)


# Clients


def from_outside(case: Case, writer: FromOutside, carried: Carried, routed: Route | Unrouted) -> Decision:
    threaded = thread(case.message, writer.key, carried, case.verdict, case.facts, case.organisation)
    case.reasons.append(threaded.reason)
    if isinstance(threaded, Starts) and (named := absent_note_of(case, writer, threaded)) is not None:
        return client_reply(case, writer, Joins(named, "an automatic reply of somebody who takes part there"))
    match threaded:
        case Joins():
            return client_reply(case, writer, threaded)
        case Starts() if isinstance(routed, Unrouted):
            why = "held for a person: it was written to the reply address of agents without a genuine token"
            return case.settle(InboundState.HELD, "held", why)
        case Starts():
            return from_client(case, writer, routed, threaded)


def absent_note_of(case: Case, writer: FromOutside, starts: Starts) -> KnownTicket | None:
    """The ticket that an automatic reply names in its subject alone: vacation programs often keep nothing else. It has no effect there,
    so the subject is proof enough, and no ticket is made of each."""
    ticket = case.facts.ticket(starts.related) if starts.related is not None else None
    return ticket if ticket is not None and case.message.kind == "auto_reply" and ticket.takes_part(writer.key) else None


def from_client(case: Case, writer: FromOutside, routed: Route, starts: Starts) -> Decision:
    if case.facts.client is None and case.organisation.desk.unknown_clients == "hold":
        return case.settle(InboundState.HELD, "held", f"held for a person: {writer.key} is not a known client (desk.unknown_clients)")
    return opened(case, writer, routed, starts.related, Actor(Role.CLIENT, writer.person.name, writer.person.address))


def opened(case: Case, writer: FromOutside, routed: Route, related: int | None, actor: Actor) -> Decision:
    department = case.organisation.department(routed.gateway.department)
    language = audience.language_of(routed.gateway, department, case.organisation)
    known = case.facts.client
    open_ticket = OpenTicket(
        subject=case.message.subject,
        department=routed.gateway.department,
        gateway=routed.address,
        language=language,
        client=writer.person,
        client_key=writer.key,
        client_id=known.id if known is not None else None,
        category=routed.gateway.category,
        related=related,
    )
    without = actor.address if actor.role is Role.AGENT else None
    steps: list[Step] = [
        open_ticket,
        article_of(case.message, ArticleKind.CLIENT_MESSAGE),
        joining(case, writer),
        remember(case.message),
        *(Note(EventKind.ALSO_ADDRESSED, {"gateway": each}) for each in routed.also),
        *registration(case, writer, open_ticket, actor),
        *audience.to_staff(LetterKind.NEW_TICKET, audience.staff_of(open_ticket.department, case.organisation, without), case.organisation),
    ]
    why = f"a new ticket of {writer.person.address} in the department {open_ticket.department!r}"
    return case.settle(InboundState.DONE, "ticket", why, tuple(steps), actor=actor, gateway=routed.address)


def registration(case: Case, writer: FromOutside, ticket: OpenTicket, actor: Actor) -> tuple[Step, ...]:
    """C1: the client is told, unless that would answer a machine, a forger's victim or break a budget (X6)."""
    if actor.role is Role.AGENT:
        return ()
    silence = why_silent(case)
    if silence is not None:
        case.reasons.append(f"no registration letter: {silence}")
        return (Note(EventKind.SILENCED, {"kind": LetterKind.REGISTERED, "why": silence}),)
    to = audience.addressees([writer.person], case.organisation)
    return (Send(LetterKind.REGISTERED, to, ticket.language, caused_by_mail=True),) if to else ()


def why_silent(case: Case) -> str | None:
    """Why no automatic letter may answer this mail; None when one may."""
    if case.message.automatic is not None:
        return case.message.automatic
    if case.message.kind in ("auto_reply", "forwarding_confirmation"):
        return case.message.reason
    if not case.reverse_path:
        # RFC 5321 §4.5.5: a null reverse-path wants no answer.
        return "it came with the null reverse-path"
    if case.verdict.dmarc == "fail":
        return "its author's domain disowns it (DMARC fail)"
    return case.facts.spent


def client_reply(case: Case, writer: FromOutside, joins: Joins) -> Decision:
    ticket = joins.ticket
    takes_part = ticket.takes_part(writer.key)
    actor = Actor(Role.CLIENT, writer.person.name, writer.person.address)
    article = article_of(signature_trimmed(case.message, ticket), ArticleKind.CLIENT_MESSAGE, verified=takes_part)
    base: list[Step] = [article, remember(case.message)]
    if case.message.kind == "auto_reply":
        why = f"an automatic reply, kept on ticket #{ticket.number} without any effect"
        return case.settle(InboundState.DONE, "auto_reply", why, tuple(base), ticket.number, actor=actor, gateway=ticket.gateway)
    letters = (
        ()
        if ticket.status in OUT_OF_SIGHT
        else audience.to_staff(LetterKind.CLIENT_REPLY, audience.handlers(ticket, case.organisation), case.organisation)
    )
    if not takes_part:
        stranger = Participant(writer.key, writer.person.address, writer.person.name, "stranger")
        why = f"{writer.key} takes no part in ticket #{ticket.number}: kept there as a stranger's, unverified, changing nothing"
        steps = (*base, Join((stranger,)), *letters)
        return case.settle(InboundState.DONE, "stranger_reply", why, steps, ticket.number, actor=actor, gateway=ticket.gateway)
    status: tuple[Step, ...] = (SetStatus(Status.OPEN),) if ticket.status in REOPENS else ()
    why = f"the client's reply goes onto ticket #{ticket.number}" + (", which it opens again" if status else "")
    steps = (*base, joining(case, writer), *status, *letters)
    return case.settle(InboundState.DONE, "client_reply", why, steps, ticket.number, actor=actor, gateway=ticket.gateway)


def joining(case: Case, writer: FromOutside) -> Join:
    """Participants are added only by an authenticated requester; the others are remembered, and get nothing."""
    trusted = case.verdict.aligned and case.message.author_unambiguous and case.verdict.dmarc != "fail"
    mailboxes: tuple[Mailbox, ...] = (*case.message.to, *case.message.cc)
    return Join(audience.others_named(mailboxes, writer.key, trusted, case.organisation))


def remember(message: Message) -> Remember:
    own = (message.message_id,) if message.message_id else ()
    return Remember(own, tuple(dict.fromkeys((*message.references[-50:], *message.in_reply_to))))


def signature_trimmed(message: Message, ticket: KnownTicket) -> Message:
    """X4: a closing block that the author's earlier mail on the ticket ends with as well is a signature, though nothing marks it."""
    body = message.body
    key = message.author.key if message.author is not None else ""
    earlier = [closing for author, closing in ticket.earlier if address_key(author) == key]
    cut = trim_signature(body.new_text, whole(body.new_text), earlier)
    if not key or not cut.signature:
        return message
    signature = "\n\n".join(filter(None, (cut.signature, body.signature)))
    return replace(message, body=replace(body, new_text=cut.new_text, signature=signature))


def article_of(message: Message, kind: ArticleKind, verified: bool = True, hide_tokens: bool = False) -> AddArticle:
    """`hide_tokens`: what goes on to a client shows no agent's reply token, even where a quoted notification was not cut."""
    shown = mask_tokens if hide_tokens else str
    body = message.body
    return AddArticle(
        kind,
        shown(body.new_text),
        shown(body.quoted_text),
        shown(body.signature),
        shown(body.html) if body.html is not None else None,
        verified=verified,
        message_id=message.message_id,
        to=people(message.to),
        cc=people(message.cc),
        files=tuple(file_of(each, hide_tokens) for each in message.attachments),
        warnings=message.warnings,
    )


def file_of(attachment: Attachment, hide_tokens: bool) -> File:
    """A notification that an agent attached as a whole shows no token either."""
    name, content, sha256 = attachment.filename, attachment.content, attachment.sha256
    if hide_tokens:
        name = mask_tokens(name)
    if hide_tokens and attachment.content_type.lower().startswith(MAY_HOLD_MAIL):
        content = mask_tokens_in_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
    return File(name, attachment.content_type, content, sha256, attachment.inline, attachment.content_id)


def people(mailboxes: tuple[Mailbox, ...]) -> tuple[Person, ...]:
    return tuple(Person(each.name, each.address) for each in mailboxes)
