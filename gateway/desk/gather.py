"""From the database to `Facts`: everything that the decision on one message asks for, in two or three round trips."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.results import is_relay, within
from gateway.desk import audience
from gateway.desk.assigned import assigned_writer
from gateway.desk.authority import carried_tokens, claimed_tickets
from gateway.desk.budget import address_is_spent, hour_is_spent, of_ticket
from gateway.desk.forwarding.decision import carried_probe
from gateway.desk.identify import FromAgent, FromOutside, Writer, original_author
from gateway.desk.old_tags import old_tag_key, old_tags, shown
from gateway.desk.orders import tickets_named
from gateway.desk.own_letters import repeats, ticket_of_copy
from gateway.desk.remembered import EffectKeys, budget_lock, digest, id_key, subject_key
from gateway.desk.reported import addresses_in, named_in, original_id, return_paths
from gateway.desk.route import Route, route
from gateway.desk.senders.proving import verified_senders
from gateway.desk.thread import subject_tag
from gateway.desk.traces import domain_of
from gateway.domain.envelope import Envelope, Peer
from gateway.domain.facts import Assigned, Assignment, Facts, IdMatch, KnownTicket, SentLetter
from gateway.domain.organisation import Budget, Organisation, Trust
from gateway.domain.room import Bound, Room
from gateway.domain.rules import LEAST_LOADED, ROUND_ROBIN
from gateway.mail.address import address_key
from gateway.mail.message import Message
from gateway.tokens.carriers import tokens_in_ids
from storage import probes
from storage.assignments import last_assigned
from storage.assignments import loads as loads_of
from storage.clients import client_numbered
from storage.knowledge import NEAR, Answer, Question, Spent, ask, latest_replies, letters_to, lock_tickets
from storage.reports import other_recipient, reported_by_id, reported_by_path
from storage.statements import lock, lock_or_part

TURNS = digest("turns")
"""The lock under which agents are chosen by turns or load."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """`author_key` and `network` are what budgets count by."""

    facts: Facts
    author_key: str
    network: str


async def gather(
    session: AsyncSession,
    inbound_id: int,
    envelope: Envelope,
    recipients: tuple[str, ...],
    message: Message,
    writer: Writer,
    keys: EffectKeys,
    organisation: Organisation,
    department: str | None = None,
    assignment: Assignment | None = None,
) -> Gathered:
    """`department`: the one that the message is decided for, where each of several makes a ticket of it. `assignment`: what a person said
    of it."""
    assigned = await assigned_as(session, assignment)
    writer = assigned_writer(writer, assigned)
    author_key = client_key(message, writer, recipients, organisation, department)
    network = network_of(envelope.peer, organisation.trust)
    identifiers = {id_key(each): each for each in ids_of(message)} | {old_tag_key(each): shown(each) for each in old_tags(message.subject)}
    question = Question(
        effect_keys=keys.all,
        id_keys=tuple(identifiers),
        author_key=author_key,
        domain=domain_of(author_key),
        network=network,
        subject_key=subject_key(author_key, counted_subject(message, department)),
        agent=writer.agent.address if isinstance(writer, FromAgent) else None,
    )
    answer = await ask(session, question, inbound_id, organisation.budget)
    if answer.effect is None and may_be_answered(message):
        answer = await in_turn(session, answer, question, inbound_id, organisation.budget)
    matches = tuple(IdMatch(identifiers[key], ticket, relation) for key, ticket, relation in answer.ids)
    probe = carried_probe(message, organisation)
    reported = await reported_by(session, recipients, message, probe, organisation)
    wanted = wanted_tickets(message, recipients, matches, answer, reported, organisation)
    if isinstance(writer, FromAgent) and answer.effect is None:
        wanted |= set(tickets_named(message.body.new_text, organisation))
    loads, last = await assignments(session, organisation)
    tickets = await lock_tickets(session, wanted)
    if reported and tickets:
        # Another report of the same may have had its effect while we waited.
        reported = await reported_by(session, recipients, message, probe, organisation)
    others = people_told(message, author_key, tickets, organisation) if may_be_answered(message) else frozenset()
    facts = Facts(
        duplicate_of=answer.effect,
        id_matches=matches,
        tickets=tickets,
        client=(assigned.client if assigned is not None else None) or answer.client,
        spent=why_spent(answer.spent, organisation.budget),
        room=await room_of(session, author_key, answer.spent, others, organisation.budget),
        held_told_recently=answer.held_told_recently,
        reported=reported,
        from_relay=is_relay(envelope.peer, organisation.trust) or within(envelope.peer.address or "", organisation.trust.local),
        returns=answer.returns,
        waited=answer.waited,
        now=answer.now,
        loads=loads,
        last_assigned=last,
        verified_senders=await verified_senders(session, organisation) if isinstance(writer, FromAgent) else frozenset(),
        probe=await probes.known(session, probe) if probe is not None else None,
        assigned=assigned,
        own_words=await has_own_words(session, message, organisation),
        screening=envelope.screening,
    )
    return Gathered(facts, author_key, network)


def counted_subject(message: Message, department: str | None) -> str:
    """By which answers to one author are counted: where each of several departments makes a ticket of a mail, each answers it."""
    return message.subject if department is None else f"{department}\n{message.subject}"


async def assigned_as(session: AsyncSession, assignment: Assignment | None) -> Assigned | None:
    """None as well where the client is gone again: then the message is decided on as if nobody had sorted it."""
    if assignment is None:
        return None
    client = await client_numbered(session, assignment.client_id) if assignment.client_id is not None else None
    return Assigned(client, assignment.department) if client is not None or assignment.client_id is None else None


async def has_own_words(session: AsyncSession, message: Message, organisation: Organisation) -> bool:
    number = ticket_of_copy(message, organisation)
    return number is not None and repeats(message, await latest_replies(session, number))


async def assignments(session: AsyncSession, organisation: Organisation) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]:
    """What turns and loads are told by, where a rule assigns by one of them; then such mail is decided one by one."""
    if not any(each.then.assignee in (ROUND_ROBIN, LEAST_LOADED) for each in organisation.rules):
        return (), ()
    await lock(session, (TURNS,))
    return tuple((await loads_of(session)).items()), tuple((await last_assigned(session)).items())


def client_key(
    message: Message, writer: Writer, recipients: tuple[str, ...], organisation: Organisation, department: str | None = None
) -> str:
    """Whose ticket it would be: the writer's, or the original author's of what an agent passes on (Z13); `""` for nobody's."""
    if not isinstance(writer, FromAgent | FromOutside):
        return ""
    routed = route(message, recipients, organisation, department)
    if isinstance(writer, FromAgent) and isinstance(routed, Route):
        original = original_author(message, routed.gateway.department, organisation)
        return original.key if original is not None else writer.key
    return writer.key


def ids_of(message: Message) -> tuple[str, ...]:
    own = (message.message_id,) if message.message_id else ()
    return tuple(dict.fromkeys((*own, *message.in_reply_to, *message.references)))


def wanted_tickets(
    message: Message,
    recipients: tuple[str, ...],
    matches: tuple[IdMatch, ...],
    answer: Answer,
    reported: tuple[SentLetter, ...],
    organisation: Organisation,
) -> set[int]:
    """Numbers that anything about the message points at, proven or not; whichever count, they are locked first, in order."""
    if answer.effect is not None:
        return {answer.effect.ticket} if answer.effect.ticket is not None else set()
    wanted = {each.ticket for each in matches} | set(claimed_tickets(carried_tokens(message, recipients, organisation)))
    tag = subject_tag(message.subject)
    if tag is not None:
        wanted.add(tag)
    wanted |= {each.ticket for each in reported if each.ticket is not None}
    return {each for each in wanted if 0 < each < 2**63}


async def reported_by(
    session: AsyncSession, recipients: tuple[str, ...], message: Message, probe: int | None, organisation: Organisation
) -> tuple[SentLetter, ...]:
    """What a report is about: the recipient whose own reverse-path it came to or, of a complaint, encloses; else by the original's id,
    which is signed; or the probe, by its mark in what came back. Other mail is looked up where it came to a reverse-path."""
    by_path = await reported_by_path(session, return_paths(message, recipients, organisation))
    if by_path or message.kind not in ("bounce", "complaint"):
        return tuple([await with_other_named(session, each, message) for each in by_path])
    original = original_id(message)
    found: tuple[SentLetter, ...] = ()
    if original is not None:
        tickets = tuple(each.ticket for each in tokens_in_ids((original,)))
        found = named_in(message, await reported_by_id(session, original, tickets), organisation)
    if not found and probe is not None:
        letter = await probes.letter_of(session, probe)
        return (replace(letter, by="mark"),) if letter is not None else ()
    return found


async def with_other_named(session: AsyncSession, letter: SentLetter, message: Message) -> SentLetter:
    """Where the report speaks of somebody else whom we wrote to, and not of the one whose reverse-path it came to."""
    named = addresses_in(message)
    if not named or address_key(letter.address or "") in named:
        return letter
    return replace(letter, names_another=await other_recipient(session, letter, named))


def may_be_answered(message: Message) -> bool:
    return message.kind == "message" and message.automatic is None


async def in_turn(session: AsyncSession, answer: Answer, question: Question, inbound_id: int, budget: Budget) -> Answer:
    """The last letters of a budget are given out one by one: those who decide at the same time would each find room for theirs."""
    keys = {"domain": question.domain, "network": question.network, "overall": ""}
    bounds = shared_bounds(answer.spent, budget)
    narrow = [budget_lock(what, keys[what]) for what, bound in bounds.items() if 0 < bound.left <= NEAR]
    if not narrow or any(bound.left <= 0 for bound in bounds.values()):
        return answer
    await lock(session, narrow)
    return await ask(session, question, inbound_id, budget)


def people_told(message: Message, author_key: str, tickets: Iterable[KnownTicket], organisation: Organisation) -> frozenset[str]:
    """Who else may get a letter because of this mail: its recipients (C2), and whoever takes part in a ticket that it is about."""
    named = audience.others_named((*message.to, *message.cc), author_key, True, organisation)
    parts = (each for ticket in tickets for each in ticket.participants)
    told = {each.key for each in (*named, *parts) if each.part in ("cc", "requester")}
    return frozenset(told | {address_key(audience.requester_of(each).address) for each in tickets}) - {author_key, ""}


async def room_on(session: AsyncSession, ticket: KnownTicket, organisation: Organisation) -> tuple[str | None, Room]:
    """For what a client does without a mail: why their letter is kept back, if it is, and the room for it and those to others there."""
    key, budget = address_key(audience.requester_of(ticket).address), organisation.budget
    answer = await ask(session, Question((), (), key, domain_of(key), "", b"", None), 0, budget)
    others = frozenset(each.key for each in ticket.participants if each.part in ("cc", "requester")) - {key}
    room = await room_of(session, key, answer.spent, others, budget)
    return why_spent(answer.spent, budget), room.with_bound(of_ticket(ticket.answered_today, budget.per_ticket_day))


async def room_of(session: AsyncSession, author_key: str, spent: Spent, others: Iterable[str], budget: Budget) -> Room:
    addresses = sorted(others)
    await lock_or_part(session, (budget_lock("address", each) for each in addresses))
    sent = {author_key: spent.address} | await letters_to(session, addresses, budget.per_address_hour)
    return Room(tuple(shared_bounds(spent, budget).values()), budget.per_address_hour, tuple(sent.items()))


def network_of(peer: Peer, trust: Trust) -> str:
    """The peer's /24 or /48, the most that one site is given (RFC 6177 §2); empty where there is none, and for a relay of ours, behind
    which everybody stands."""
    if peer.address is None or is_relay(peer, trust) or within(peer.address, trust.local):
        return ""
    try:
        address = ipaddress.ip_address(peer.address.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, prefix), strict=False))


def shared_bounds(spent: Spent, budget: Budget) -> dict[str, Bound]:
    """By what is counted. Those of one source stand before that of the desk."""
    bounds = {
        "domain": (spent.domain, budget.per_author_domain_hour, "the author's domain"),
        "network": (spent.network, budget.per_network_hour, "the peer's network"),
        "overall": (spent.overall, budget.overall_hour, "all addresses together"),
    }
    return {name: Bound(bound - count, hour_is_spent(bound, what)) for name, (count, bound, what) in bounds.items()}


def why_spent(spent: Spent, budget: Budget) -> str | None:
    """The first budget that one more automatic letter would exceed, in words. The bounds of one source trip before those of the desk."""
    if spent.same_subject:
        return "the same subject of this author was answered within the hour"
    if spent.address >= budget.per_address_hour:
        return address_is_spent(budget.per_address_hour)
    return next((each.why for each in shared_bounds(spent, budget).values() if each.left <= 0), None)
