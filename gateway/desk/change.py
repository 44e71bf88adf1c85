"""The one door to a ticket for the command line, the web and the schedule: the same checks, letters and events as mail has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk import audience
from gateway.desk.budget import within
from gateway.desk.colleagues import may_not_have, with_assignee_moved
from gateway.desk.identify import is_ours
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
from gateway.domain.steps import AddArticle, Assign, OpenTicket, Person, Send, SetDepartment, SetStatus, SetSubject, Step
from gateway.mail.address import address_key
from storage.clients import client_of
from storage.erasure.tickets import is_erased
from storage.knowledge import lock_tickets
from storage.statements import lock, now


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed; `why` names the thing and the remedy."""

    why: str


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
) -> Recorded | Refused:
    """Apply steps to a ticket, with the letters they ask for. `effect` names this very change: given twice, its letters exist once.

    `from_address`, an address of ours, stands in From of a reply instead of the ticket's gateway. `occasion` and `source`: of a change that
    outside mail is behind.
    """
    ticket = Facts(tickets=await lock_tickets(session, (number,))).ticket(number)
    if ticket is None:
        gone = await is_erased(session, number)
        return Refused(f"all that was on ticket #{number} was erased: open a new one" if gone else f"there is no ticket #{number}")
    refusal = why_refused(ticket, actor, steps, organisation)
    if refusal is not None:
        return Refused(refusal)
    verified = await verified_senders(session, organisation) if any(map(is_reply, steps)) else frozenset()
    if from_address is not None and not is_choice(from_address, ticket.department, verified, organisation):
        return Refused(f"{from_address} is no gateway, and no proven From address of this department; see `deskgate senders list`")
    steps = with_reply(with_assignee_moved(steps, ticket, organisation), ticket, organisation, from_address, verified)
    occasion = occasion or Occasion(actor)
    letters = notifications(steps, standing_of(ticket, steps), occasion, organisation)
    cause = Cause(hashlib.sha256(f"change:{effect}".encode()).digest(), actor, now=await now(session), doubtful=not occasion.proven)
    return await record(session, within((*steps, *letters), occasion.room), ticket, cause, organisation, source=source or Source())


def with_reply(
    steps: Sequence[Step],
    ticket: KnownTicket,
    organisation: Organisation,
    from_address: str | None = None,
    verified: frozenset[str] = frozenset(),
) -> tuple[Step, ...]:
    """A reply goes to the client and opens a new ticket, unless its status is set anyway."""
    if not any(is_reply(each) for each in steps):
        return tuple(steps)
    opens = () if ticket.status is not Status.NEW or any(isinstance(each, SetStatus) for each in steps) else (SetStatus(Status.OPEN),)
    letters = replies(ticket, (*steps, *opens), organisation, from_address=from_address, verified=verified)
    return (*(addressed(each, letters) for each in steps), *opens, *letters)


def addressed(step: Step, letters: Sequence[Send]) -> Step:
    """A reply's article says whom it went to."""
    if not (letters and isinstance(step, AddArticle) and is_reply(step)):
        return step
    to, cc = (tuple(Person(each.name, each.address) for each in those) for those in (letters[0].to, letters[0].cc))
    return replace(step, to=to, cc=cc)


def is_choice(address: str, department: str, verified: frozenset[str], organisation: Organisation) -> bool:
    if organisation.gateway(address) is not None and not any(each.address == address for each in organisation.from_addresses):
        return True
    return any(each.address == address for each in organisation.from_choices(department, verified))


def why_refused(ticket: KnownTicket, actor: Actor, steps: Sequence[Step], organisation: Organisation) -> str | None:
    """B2 and the configuration: who may act, and whether what is named exists. None when all is well."""
    agent = organisation.agent(actor.address) if actor.role is Role.AGENT and actor.address else None
    if actor.role is Role.AGENT and (against := may_not_act(agent, actor, ticket.department)) is not None:
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
    agent: Agent,
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
    if (against := may_not_act(agent, Actor(Role.AGENT, agent.name, agent.address), gateway.department)) is not None:
        return Refused(against)
    await lock(session, (author_lock(key),))
    known = await client_of(session, key)
    actor = Actor(Role.AGENT, agent.name, agent.address)
    language = audience.language_of(gateway, organisation.department(gateway.department), organisation)
    said = Actor(Role.CLIENT, known.name if known is not None else client.name, client.address)
    opening = OpenTicket(
        subject, gateway.department, gateway.address, language, client, key, known.id if known is not None else None, gateway.category
    )
    steps: tuple[Step, ...] = (opening, AddArticle(ArticleKind.CLIENT_MESSAGE, words, author=said))
    letters = notifications(steps, standing_of_new(opening, steps), Occasion(actor), organisation)
    cause = Cause(hashlib.sha256(f"open:{effect}".encode()).digest(), actor, now=await now(session))
    return await record(session, (*steps, *letters), None, cause, organisation)
