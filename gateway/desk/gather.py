"""From the database to `Facts`: everything that the decision on one message asks for, in two or three round trips."""

import ipaddress
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.results import is_relay, within
from gateway.desk.authority import carried_tokens, claimed_tickets
from gateway.desk.identify import FromAgent, FromOutside, Writer, original_author
from gateway.desk.orders import tickets_named
from gateway.desk.remembered import EffectKeys, digest, id_key, subject_key
from gateway.desk.route import Route, route
from gateway.desk.thread import subject_tag
from gateway.domain.envelope import Envelope, Peer
from gateway.domain.facts import Facts, IdMatch, SentLetter
from gateway.domain.organisation import Budget, Organisation, Trust
from gateway.domain.rules import LEAST_LOADED, ROUND_ROBIN
from gateway.mail.message import Message
from gateway.tokens.carriers import tokens_in_ids
from storage.assignments import last_assigned
from storage.assignments import loads as loads_of
from storage.knowledge import Answer, Question, Spent, ask, lock_tickets, reported_letter
from storage.statements import lock

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
) -> Gathered:
    author_key = client_key(message, writer, recipients, organisation)
    network = network_of(envelope.peer, organisation.trust)
    identifiers = {id_key(each): each for each in ids_of(message)}
    question = Question(
        effect_keys=(keys.redelivery, keys.twin),
        id_keys=tuple(identifiers),
        author_key=author_key,
        network=network,
        subject_key=subject_key(message.subject),
        agent=writer.agent.address if isinstance(writer, FromAgent) else None,
    )
    answer = await ask(session, question, inbound_id, organisation.budget)
    matches = tuple(IdMatch(identifiers[key], ticket, relation) for key, ticket, relation in answer.ids)
    reported = await reported_by(session, recipients, message)
    wanted = wanted_tickets(message, recipients, matches, answer, reported, organisation)
    if isinstance(writer, FromAgent) and answer.effect is None:
        wanted |= set(tickets_named(message.body.new_text, organisation))
    loads, last = await assignments(session, organisation)
    facts = Facts(
        duplicate_of=answer.effect,
        id_matches=matches,
        tickets=await lock_tickets(session, wanted),
        client=answer.client,
        spent=why_spent(answer.spent, organisation.budget),
        held_told_recently=answer.held_told_recently,
        reported=reported,
        waited=answer.waited,
        now=answer.now,
        loads=loads,
        last_assigned=last,
    )
    return Gathered(facts, author_key, network)


async def assignments(session: AsyncSession, organisation: Organisation) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]:
    """What turns and loads are told by, where a rule assigns by one of them; then such mail is decided one by one."""
    if not any(each.then.assignee in (ROUND_ROBIN, LEAST_LOADED) for each in organisation.rules):
        return (), ()
    await lock(session, (TURNS,))
    return tuple((await loads_of(session)).items()), tuple((await last_assigned(session)).items())


def client_key(message: Message, writer: Writer, recipients: tuple[str, ...], organisation: Organisation) -> str:
    """Whose ticket it would be: the writer's, or the original author's of what an agent passes on (Z13); `""` for nobody's."""
    if not isinstance(writer, FromAgent | FromOutside):
        return ""
    routed = route(message, recipients, organisation)
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
    reported: SentLetter | None,
    organisation: Organisation,
) -> set[int]:
    """Numbers that anything about the message points at, proven or not; whichever count, they are locked first, in order."""
    if answer.effect is not None:
        return {answer.effect.ticket} if answer.effect.ticket is not None else set()
    wanted = {each.ticket for each in matches} | set(claimed_tickets(carried_tokens(message, recipients, organisation)))
    tag = subject_tag(message.subject)
    if tag is not None:
        wanted.add(tag)
    if reported is not None and reported.ticket is not None:
        wanted.add(reported.ticket)
    return {each for each in wanted if 0 < each < 2**63}


async def reported_by(session: AsyncSession, recipients: tuple[str, ...], message: Message) -> SentLetter | None:
    """The letter that a report is about: by the recipient's own reverse-path, or by the original's id, which is signed."""
    if message.kind not in ("bounce", "complaint"):
        return None
    original = message.bounce.original_message_id if message.bounce is not None else None
    named = tuple(dict.fromkeys(filter(None, (original, *message.in_reply_to, *message.references))))
    tickets = tuple(each.ticket for each in tokens_in_ids(named))
    addresses = [each.address for each in message.bounce.recipients] if message.bounce is not None else []
    return await reported_letter(session, recipients, original or (named[0] if named else None), tickets, addresses)


def network_of(peer: Peer, trust: Trust) -> str:
    """The peer's /24 or /64; empty where there is none, and for a relay of ours, behind which everybody stands."""
    if peer.address is None or is_relay(peer, trust) or within(peer.address, trust.local):
        return ""
    try:
        address = ipaddress.ip_address(peer.address.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    prefix = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, prefix), strict=False))


def why_spent(spent: Spent, budget: Budget) -> str | None:
    """The first budget that one more automatic letter would exceed, in words. The bounds of one source trip before those of the desk."""
    if spent.same_subject:
        return "the same subject of this author was answered within the hour"
    bounds = (
        (spent.address, budget.per_address_hour, "this address"),
        (spent.domain, budget.per_author_domain_hour, "the author's domain"),
        (spent.network, budget.per_network_hour, "the peer's network"),
        (spent.overall, budget.overall_hour, "all addresses together"),
    )
    for count, bound, what in bounds:
        if count >= bound:
            return f"the hour's budget of {bound} automatic letters for {what} is spent"
    return None
