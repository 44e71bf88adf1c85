"""One message, one short transaction: lock, gather, decide, record. No parsing, no DNS and no network in here.

Lock order everywhere: keys, tickets, the inbound row, the outbox.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.decide import decide
from gateway.desk.gather import Gathered, client_key, gather
from gateway.desk.identify import FromAgent, FromOutside, Writer, identify
from gateway.desk.record import record
from gateway.desk.remembered import EffectKeys, author_lock, effect_keys, id_key
from gateway.desk.telling import Cause
from gateway.desk.traces import Source
from gateway.domain.decision import Decision
from gateway.domain.envelope import Envelope
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState
from gateway.domain.steps import Note
from gateway.domain.verdict import Verdict
from gateway.mail.address import address_key
from gateway.mail.message import Message
from storage.changes import Attached
from storage.statements import try_lock

SHORTEST_WAIT, LONGEST_WAIT = 60.0, 600.0
"""Seconds between two looks at a message that DNS does not tell the author of: as long again as it has waited, within these."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is known of a message apart from its content. `redelivery_key` is as the inbound row has it."""

    inbound_id: int
    envelope: Envelope
    redelivery_key: bytes
    size: int = 0

    @property
    def recipients(self) -> tuple[str, ...]:
        """Normalised; what the strict reader refuses matches nothing. `<postmaster>` needs no domain (RFC 5321 §4.5.1)."""
        named = ("postmaster@localhost" if each.casefold() == "postmaster" else each for each in self.envelope.recipients)
        return tuple(key for key in map(address_key, named) if key)


@dataclass(frozen=True, slots=True)
class Processed:
    """`ticket` is the one that has the effect; `letters` says whether senders have work."""

    decision: Decision
    ticket: int | None
    letters: bool


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing can be decided yet, and nothing was written; ask again in `seconds`."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else decides on mail of the same conversation or author right now; ask again in a moment."""


async def process(
    session: AsyncSession, arrived: Arrived, message: Message, verdict: Verdict, organisation: Organisation
) -> Processed | Postponed | Busy:
    """Decide and write everything but the inbound row's end, which the caller writes in the same transaction."""
    keys = effect_keys(message, arrived.redelivery_key)
    writer = identify(message, arrived.recipients, arrived.envelope.reverse_path, organisation)
    client = client_key(message, writer, arrived.recipients, organisation)
    if not await try_lock(session, lock_keys(message, keys, writer, client)):
        return Busy()
    gathered = await gather(session, arrived.inbound_id, arrived.envelope, arrived.recipients, message, writer, keys, organisation)
    decision = decide(message, arrived.recipients, arrived.envelope.reverse_path, verdict, gathered.facts, organisation, arrived.size)
    if decision.state is InboundState.QUEUED:
        return Postponed(min(LONGEST_WAIT, max(SHORTEST_WAIT, gathered.facts.waited.total_seconds())), decision.why)
    ticket, letters = await write_down(session, decision, gathered, arrived, message, keys, verdict, organisation)
    return Processed(decision, ticket, letters)


async def write_down(
    session: AsyncSession,
    decision: Decision,
    gathered: Gathered,
    arrived: Arrived,
    message: Message,
    keys: EffectKeys,
    verdict: Verdict,
    organisation: Organisation,
) -> tuple[int | None, bool]:
    effect, now = inbound_effect(arrived.inbound_id), gathered.facts.now
    cause = Cause(effect, decision.actor, arrived.inbound_id, arrived.envelope.trace_id, verdict, now)
    ticket = gathered.facts.ticket(decision.ticket) if decision.ticket is not None else None
    rows = Attached(effects=effects_of(decision, keys, arrived.inbound_id))
    steps = decision.steps
    if decision.outcome == "duplicate" and ticket is not None and decision.gateway not in (None, ticket.gateway):
        steps = (Note(EventKind.ALSO_ADDRESSED, {"gateway": decision.gateway}),)
    source = Source(gathered.author_key, gathered.network, message.subject)
    recorded = await record(session, steps, ticket, cause, organisation, rows, source)
    return recorded.ticket if recorded.ticket is not None else decision.ticket, recorded.letters


def lock_keys(message: Message, keys: EffectKeys, writer: Writer, client: str) -> tuple[bytes, ...]:
    """Of every id that the message names, its dedupe keys, its author, and the client whose ticket it may open."""
    named = (*((message.message_id,) if message.message_id else ()), *message.in_reply_to, *message.references[-50:])
    return (*map(id_key, named), keys.redelivery, keys.twin, *(author_lock(each) for each in {*people(writer), client} if each))


def people(writer: Writer) -> tuple[str, ...]:
    """An agent counts under the alias as well as the address, which is what the held are told at."""
    match writer:
        case FromAgent():
            return writer.key, writer.agent.address
        case FromOutside():
            return (writer.key,)
        case _:
            return ()


def inbound_effect(inbound_id: int) -> bytes:
    return hashlib.sha256(f"inbound:{inbound_id}".encode()).digest()


def effects_of(decision: Decision, keys: EffectKeys, inbound_id: int) -> list[dict[str, object]]:
    """What had no effect yet must not swallow a twin that came by a better way: it takes the key of its own bytes only."""
    if decision.outcome == "duplicate":
        return []
    taken = [(keys.redelivery, keys.redelivery_hours)]
    if decision.state is InboundState.DONE:
        taken.append((keys.twin, keys.twin_hours))
    return [{"key": key.hex(), "inbound_id": inbound_id, "ticket": None, "hours": hours} for key, hours in taken]
