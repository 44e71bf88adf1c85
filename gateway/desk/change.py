"""The one door to a ticket for the command line, the web and the schedule: the same checks, letters and events as mail has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk import audience
from gateway.desk.budget import within
from gateway.desk.colleagues import may_not_have, with_assignee_moved
from gateway.desk.identify import is_ours
from gateway.desk.merging import joined
from gateway.desk.notify import Occasion, notifications
from gateway.desk.record import Recorded, record
from gateway.desk.remembered import author_lock
from gateway.desk.replies import is_reply, replies
from gateway.desk.senders.proving import verified_senders
from gateway.desk.standing import standing_of, standing_of_new
from gateway.desk.telling import Cause
from gateway.desk.traces import Source
from gateway.domain.actor import Actor
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.organisation import Agent, Gateway, Organisation
from gateway.domain.states import ArticleKind, Role, Status
from gateway.domain.steps import (
    AddArticle,
    Assign,
    Merge,
    OpenTicket,
    Person,
    RemoveCc,
    Send,
    SetDepartment,
    SetStatus,
    SetSubject,
    Step,
)
from gateway.mail.address import address_key
from storage.clients import client_of
from storage.erasure.tickets import is_erased
from storage.knowledge import lock_tickets
from storage.statements import lock, now


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed; `why` names the thing and the remedy."""

    why: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whom an agent names for a reply. `to` replaces the client and the ticket's Cc; None: they get it. A private reply goes to those of
    `to` alone, never to the client."""

    to: tuple[Person, ...] | None = None
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()


NOBODY_ELSE = Named()


async def change(
    session: AsyncSession,
    number: int,
    actor: Actor,
    steps: Sequence[Step],
    organisation: Organisation,
    effect: str,
    from_address: str | None = None,
    occasion: Occasion | None = None,
    source: Source | None = None,
    named: Named = NOBODY_ELSE,
    trace_id: str = "",
) -> Recorded | Refused:
    """Apply steps to a ticket, with the letters they ask for. `effect` names this very change: given twice, its letters exist once.

    `from_address`, an address of ours, stands in From of a reply instead of the ticket's gateway. `occasion` and `source`: of a change that
    outside mail is behind; `trace_id`: of the message that it follows from.
    """
    merged = tuple(each.source for each in steps if isinstance(each, Merge))
    facts = Facts(tickets=await lock_tickets(session, (number, *merged)))
    ticket = facts.ticket(number)
    if ticket is None:
        return Refused(await why_absent(session, number))
    refusal = why_refused(ticket, actor, steps, organisation) or why_not_merged(ticket, merged, actor, facts, organisation)
    if refusal is not None:
        return Refused(refusal)
    verified = await verified_senders(session, organisation) if any(map(is_answer, steps)) else frozenset()
    if from_address is not None and not is_choice(from_address, ticket.department, verified, organisation):
        return Refused(f"{from_address} is no gateway, and no proven From address of this department; see `deskgate senders list`")
    told = as_told(ticket, steps, facts)
    steps = with_reply(with_assignee_moved(steps, ticket, organisation), told, organisation, from_address, verified, named)
    occasion = occasion or Occasion(actor)
    letters = notifications(steps, standing_of(told, steps), occasion, organisation)
    digest = hashlib.sha256(f"change:{effect}".encode()).digest()
    cause = Cause(digest, actor, trace_id=trace_id, now=await now(session), doubtful=not occasion.proven)
    return await record(session, within((*steps, *letters), occasion.room), ticket, cause, organisation, source=source or Source())


async def why_absent(session: AsyncSession, number: int) -> str:
    gone = await is_erased(session, number)
    return f"all that was on ticket #{number} was erased: open a new one" if gone else f"there is no ticket #{number}"


def as_told(ticket: KnownTicket, steps: Sequence[Step], facts: Facts) -> KnownTicket:
    """The ticket as letters of these steps see it: with whom a merged one brings, without those who are taken out of its Cc."""
    for step in steps:
        if isinstance(step, Merge) and (other := facts.ticket(step.source)) is not None:
            ticket = joined(ticket, other)
    gone = {address_key(person.address) for step in steps if isinstance(step, RemoveCc) for person in step.people}
    return replace(ticket, participants=tuple(each for each in ticket.participants if each.part != "cc" or each.key not in gone))


def why_not_merged(ticket: KnownTicket, sources: Sequence[int], actor: Actor, facts: Facts, organisation: Organisation) -> str | None:
    """Who merges has a part in both tickets; those of two clients stay apart unless the desk says otherwise."""
    for number in sources:
        other = facts.ticket(number)
        if other is None:
            return f"there is no ticket #{number}"
        if other.number == ticket.number:
            return f"#{number} and #{ticket.number} are one ticket already"
        if (against := may_act_on(other, actor, organisation)) is not None:
            return f"ticket #{number}: {against}"
        if other.client.id != ticket.client.id and not organisation.desk.merge_across_clients:
            return f"ticket #{number} is another client's; with desk.merge_across_clients = true it can be merged all the same"
    return None


def is_answer(step: Step) -> bool:
    return isinstance(step, AddArticle) and step.kind is ArticleKind.AGENT_REPLY


def with_reply(
    steps: Sequence[Step],
    ticket: KnownTicket,
    organisation: Organisation,
    from_address: str | None = None,
    verified: frozenset[str] = frozenset(),
    named: Named = NOBODY_ELSE,
) -> tuple[Step, ...]:
    """A reply goes to the client and opens a new ticket, unless its status is set anyway. A private one goes to whom it names, if to
    anybody, and opens nothing."""
    answer = next((each for each in steps if is_answer(each)), None)
    if answer is None or (not is_reply(answer) and named.to is None):
        return tuple(steps)
    private = not is_reply(answer)
    stays = private or ticket.status is not Status.NEW or any(isinstance(each, SetStatus) for each in steps)
    opens = () if stays else (SetStatus(Status.OPEN),)
    letters = replies(
        ticket,
        (*steps, *opens),
        organisation,
        to=named.to,
        more=named.cc,
        bcc=named.bcc,
        but_client=private,
        from_address=from_address,
        verified=verified,
    )
    return (*(addressed(each, letters, named, ticket, organisation) for each in steps), *opens, *letters)


def addressed(step: Step, letters: Sequence[Send], named: Named, ticket: KnownTicket, organisation: Organisation) -> Step:
    """A reply's article says whom it went to, never in Bcc; Z14: it is private where it goes past the client, if the desk says so."""
    if not (isinstance(step, AddArticle) and is_answer(step)):
        return step
    past_client = named.to is not None and not audience.reaches_client(letters[0] if letters else None, ticket)
    private = step.private or (past_client and organisation.private_without_client(ticket.department))
    if not letters:
        return replace(step, private=private)
    to, cc = (tuple(Person(each.name, each.address) for each in those) for those in (letters[0].to, letters[0].cc))
    return replace(step, to=to, cc=cc, private=private)


def is_choice(address: str, department: str, verified: frozenset[str], organisation: Organisation) -> bool:
    if organisation.gateway(address) is not None and not any(each.address == address for each in organisation.from_addresses):
        return True
    return any(each.address == address for each in organisation.from_choices(department, verified))


def why_refused(ticket: KnownTicket, actor: Actor, steps: Sequence[Step], organisation: Organisation) -> str | None:
    """B2 and the configuration: who may act, and whether what is named exists. None when all is well."""
    if (against := may_act_on(ticket, actor, organisation)) is not None:
        return against
    department = ticket.department
    for step in steps:
        if isinstance(step, SetDepartment):
            if organisation.department(step.department) is None:
                return f"there is no department {step.department!r}; the configuration has {known_departments(organisation)}"
            department = step.department
        elif isinstance(step, SetSubject) and not step.subject.strip():
            return "a subject cannot be empty"
    refusals = (may_not_have(organisation, each.agent, department) for each in steps if isinstance(each, Assign) and each.agent is not None)
    return next((each for each in refusals if each is not None), None)


def may_act_on(ticket: KnownTicket, actor: Actor, organisation: Organisation) -> str | None:
    """Why this actor may not act on it, None where they may."""
    if actor.role is not Role.AGENT:
        return None
    agent = organisation.agent(actor.address) if actor.address else None
    return may_not_act(agent, actor, organisation.department_now(ticket.department))


def may_not_act(agent: Agent | None, actor: Actor, department: str) -> str | None:
    if agent is None and actor.departments is not None:
        return None if department in actor.departments else f"{actor.name} has no part in the department {department!r}"
    if agent is None:
        return f"{actor.address} is not an agent of the configuration"
    if not agent.active:
        return f"{agent.address} is not active"
    if department not in agent.departments:
        return f"{agent.name} <{agent.address}> is not of the department {department!r}"
    return None


def known_departments(organisation: Organisation) -> str:
    return ", ".join(repr(each.key) for each in organisation.departments)


async def open_by_hand(
    session: AsyncSession,
    client: Person,
    subject: str,
    words: str,
    actor: Actor,
    gateway: Gateway,
    organisation: Organisation,
    effect: str,
) -> Recorded | Refused:
    """A ticket that came by another channel, such as the telephone (C3: letters come from `gateway`)."""
    key = address_key(client.address)
    if not key or not audience.can_be_written_to(client.address):
        return Refused(f"{client.address!r} is not an address")
    if is_ours(key, organisation):
        return Refused(f"{client.address} is an address of our own, which is nobody's account")
    agent = organisation.agent(actor.address) if actor.address else None
    if (against := may_not_act(agent, actor, gateway.department)) is not None:
        return Refused(against)
    await lock(session, (author_lock(key),))
    known = await client_of(session, key)
    language = audience.language_of(gateway, organisation.department(gateway.department), organisation)
    said = Actor(Role.CLIENT, known.name if known is not None else client.name, client.address)
    opening = OpenTicket(
        subject, gateway.department, gateway.address, language, client, key, known.id if known is not None else None, gateway.category
    )
    steps: tuple[Step, ...] = (opening, AddArticle(ArticleKind.CLIENT_MESSAGE, words, author=said))
    letters = notifications(steps, standing_of_new(opening, steps), Occasion(actor), organisation)
    cause = Cause(hashlib.sha256(f"open:{effect}".encode()).digest(), actor, now=await now(session))
    return await record(session, (*steps, *letters), None, cause, organisation)
