"""One message, one short transaction: lock, gather, decide, record. No parsing, no DNS and no network in here.

Lock order everywhere: keys, tickets, the inbound row, the outbox.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.decide import decide
from gateway.desk.gather import Gathered, client_key, counted_subject, gather
from gateway.desk.identify import FromAgent, FromOutside, Writer, identify
from gateway.desk.record import record
from gateway.desk.remembered import EffectKeys, author_lock, effect_keys, id_key
from gateway.desk.route import departments_addressed
from gateway.desk.telling import Cause
from gateway.desk.traces import Source
from gateway.domain.decision import Decision
from gateway.domain.envelope import Envelope
from gateway.domain.facts import Assignment
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState, Role
from gateway.domain.steps import Note, OpenTicket
from gateway.domain.verdict import Verdict
from gateway.mail.address import address_key
from gateway.mail.message import Message
from storage.changes import Attached
from storage.clients import add_address
from storage.company import apart
from storage.knowledge import was_also_addressed
from storage.statements import try_lock

SHORTEST_WAIT, LONGEST_WAIT = 60.0, 600.0
"""Seconds between two looks at a message that DNS does not tell the author of: as long again as it has waited, within these."""


MOST_IDS = 50
"""Of each of In-Reply-To and References that are locked: the newest, at their end."""

IN_HAND = 2.0
"""Seconds until a sender has written down what became of a letter, as a rule: a server may be quicker with its report."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is known of a message apart from its content. `redelivery_key` is as the inbound row has it."""

    inbound_id: int
    envelope: Envelope
    redelivery_key: bytes
    size: int = 0
    assignment: Assignment | None = None
    """What a person said of it, where it waited for one."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Normalised; what the strict reader refuses matches nothing. `<postmaster>` needs no domain (RFC 5321 §4.5.1)."""
        named = ("postmaster@localhost" if each.casefold() == "postmaster" else each for each in self.envelope.recipients)
        return tuple(key for key in map(address_key, named) if key)


@dataclass(frozen=True, slots=True)
class Processed:
    """`ticket` is the one that has the effect, the first of several; `letters` says whether senders have work; `writer` is the normalised
    address that the message counts as written from, `""` for nobody's."""

    decision: Decision
    ticket: int | None
    letters: bool
    writer: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing can be decided yet, and nothing was written; ask again in `seconds`."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else decides on mail of the same conversation or author right now; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as it concerns one department; None: all of us, where one mail is never more than one ticket."""

    department: str | None
    keys: EffectKeys
    writer: Writer
    client: str


async def process(
    session: AsyncSession, arrived: Arrived, message: Message, verdict: Verdict, organisation: Organisation
) -> Processed | Postponed | Busy:
    """Decide and write everything but the inbound row's end, which the caller writes in the same transaction."""
    first, *others = readings(arrived, message, organisation)
    if others:
        apart(session)
    if not await try_lock(session, [key for each in (first, *others) for key in lock_keys(message, each)]):
        return Busy()
    gathered = await known_of(session, arrived, message, first, organisation)
    if message.kind in ("bounce", "complaint") and any(each.in_hand for each in gathered.facts.reported):
        return Postponed(IN_HAND, "what became of the letter that it reports on is being written down")
    decision = decided(arrived, message, verdict, gathered, first, organisation)
    if decision.state is InboundState.QUEUED:
        return Postponed(min(LONGEST_WAIT, max(SHORTEST_WAIT, gathered.facts.waited.total_seconds())), decision.why)
    done = await write_down(session, decision, gathered, arrived, message, first, verdict, organisation)
    if others and (decision.outcome == "duplicate" or (decision.outcome == "ticket" and decision.actor.role is Role.CLIENT)):
        done = await written_for_others(session, done, gathered, arrived, message, others, verdict, organisation)
    return done


def readings(arrived: Arrived, message: Message, organisation: Organisation) -> tuple[Reading, ...]:
    each_its_own = organisation.desk.duplicates == "per-department"
    departments = departments_addressed(message, arrived.recipients, organisation) if each_its_own else ()
    return tuple(reading(each, arrived, message, organisation) for each in departments or (None,))


def reading(department: str | None, arrived: Arrived, message: Message, organisation: Organisation) -> Reading:
    writer = identify(message, arrived.recipients, arrived.envelope.reverse_path, organisation, department)
    keys = effect_keys(message, arrived.redelivery_key, department)
    return Reading(department, keys, writer, client_key(message, writer, arrived.recipients, organisation, department))


async def known_of(session: AsyncSession, arrived: Arrived, message: Message, read: Reading, organisation: Organisation) -> Gathered:
    return await gather(
        session,
        arrived.inbound_id,
        arrived.envelope,
        arrived.recipients,
        message,
        read.writer,
        read.keys,
        organisation,
        read.department,
        arrived.assignment,
    )


def decided(
    arrived: Arrived, message: Message, verdict: Verdict, gathered: Gathered, read: Reading, organisation: Organisation
) -> Decision:
    reverse_path = arrived.envelope.reverse_path
    return decide(message, arrived.recipients, reverse_path, verdict, gathered.facts, organisation, arrived.size, read.department)


async def written_for_others(
    session: AsyncSession,
    done: Processed,
    first: Gathered,
    arrived: Arrived,
    message: Message,
    others: Sequence[Reading],
    verdict: Verdict,
    organisation: Organisation,
) -> Processed:
    """`desk.duplicates = "per-department"`: a ticket for each further department that the mail was written to.

    What it answers is asked as it was before the first one's was written, for that one remembers this very mail.
    """
    made = {department_of(done.decision, first)}
    for read in others:
        gathered = await known_of(session, arrived, message, read, organisation)
        tickets = {each.number: each for each in (*gathered.facts.tickets, *first.facts.tickets)}
        facts = replace(gathered.facts, id_matches=first.facts.id_matches, tickets=tuple(tickets.values()))
        gathered = replace(gathered, facts=facts)
        decision = decided(arrived, message, verdict, gathered, read, organisation)
        department = department_of(decision, gathered)
        if decision.outcome != "ticket" or department in made:
            continue
        made.add(department)
        more = await write_down(session, decision, gathered, arrived, message, read, verdict, organisation, again=True)
        done = joined(done, more)
    return done


def department_of(decision: Decision, gathered: Gathered) -> str | None:
    opening = next((each for each in decision.steps if isinstance(each, OpenTicket)), None)
    ticket = gathered.facts.ticket(decision.ticket) if decision.ticket is not None else None
    return opening.department if opening is not None else ticket.department if ticket is not None else None


def joined(done: Processed, more: Processed) -> Processed:
    """The inbound row tells of the first ticket that it made, and why there are others."""
    if done.decision.outcome == "duplicate":
        return replace(more, letters=done.letters or more.letters)
    why = f"and a ticket of its own, #{more.ticket}: {more.decision.why}"
    decision = replace(done.decision, reasons=(*done.decision.reasons, why))
    return replace(done, decision=decision, letters=done.letters or more.letters)


async def write_down(
    session: AsyncSession,
    decision: Decision,
    gathered: Gathered,
    arrived: Arrived,
    message: Message,
    read: Reading,
    verdict: Verdict,
    organisation: Organisation,
    *,
    again: bool = False,
) -> Processed:
    """`again`: this message made another ticket already."""
    effect, now = inbound_effect(arrived.inbound_id, read.department if again else None), gathered.facts.now
    cause = Cause(effect, decision.actor, arrived.inbound_id, arrived.envelope.trace_id, verdict, now)
    ticket = gathered.facts.ticket(decision.ticket) if decision.ticket is not None else None
    rows = Attached(effects=effects_of(decision, read.keys, arrived.inbound_id, again=again))
    steps = decision.steps
    if decision.outcome == "duplicate" and ticket is not None and decision.gateway not in (None, ticket.gateway):
        told = await was_also_addressed(session, ticket.number, decision.gateway or "")
        steps = () if told else (Note(EventKind.ALSO_ADDRESSED, {"gateway": decision.gateway}),)
    await note_address(session, decision, gathered, read.writer)
    source = Source(gathered.author_key, gathered.network, counted_subject(message, read.department))
    recorded = await record(session, steps, ticket, cause, organisation, rows, source)
    number = recorded.ticket if recorded.ticket is not None else decision.ticket
    return Processed(decision, number, recorded.letters, gathered.author_key)


async def note_address(session: AsyncSession, decision: Decision, gathered: Gathered, writer: Writer) -> None:
    """B7: whoever's mail a person gave to a client is that client from now on."""
    assigned = gathered.facts.assigned
    if assigned is None or assigned.client is None or decision.state is not InboundState.DONE or not isinstance(writer, FromOutside):
        return
    await add_address(session, assigned.client.id, writer.key, writer.person.address)


def lock_keys(message: Message, read: Reading) -> tuple[bytes, ...]:
    """Of the ids that the message names, its dedupe keys, its author, and the client whose ticket it may open. The table of locks is one
    for the whole server, and not large: nobody's mail takes hundreds of them."""
    named = (*((message.message_id,) if message.message_id else ()), *message.in_reply_to[-MOST_IDS:], *message.references[-MOST_IDS:])
    return (*map(id_key, named), *read.keys.all, *(author_lock(each) for each in {*people(read.writer), read.client} if each))


def people(writer: Writer) -> tuple[str, ...]:
    """An agent counts under the alias as well as the address, which is what the held are told at."""
    match writer:
        case FromAgent():
            return writer.key, writer.agent.address
        case FromOutside():
            return (writer.key,)
        case _:
            return ()


def inbound_effect(inbound_id: int, department: str | None) -> bytes:
    return hashlib.sha256(":".join(filter(None, ("inbound", str(inbound_id), department))).encode()).digest()


def effects_of(decision: Decision, keys: EffectKeys, inbound_id: int, *, again: bool = False) -> list[dict[str, object]]:
    """What had no effect yet must not swallow a twin that came by a better way: it takes the key of its own bytes only.

    What opened a ticket leaves it to other departments to open theirs; any other effect is one for all.
    """
    if decision.outcome == "duplicate":
        return []
    taken = [] if again else [(keys.redelivery, keys.redelivery_hours)]
    if decision.state is InboundState.DONE:
        taken.append((keys.ticket if decision.outcome == "ticket" else keys.twin, keys.twin_hours))
    return [{"key": key.hex(), "inbound_id": inbound_id, "ticket": None, "hours": hours} for key, hours in taken]
