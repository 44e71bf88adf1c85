"""How a message would be understood and what would happen, on what the database knows; `desk.offline` does without.

Reading the facts takes the locks that deciding takes; whoever asks gives them back by ending the transaction without a commit.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.assigned import assigned_writer
from gateway.desk.decide import decide
from gateway.desk.explanation import Document, explanation
from gateway.desk.gather import gather
from gateway.desk.identify import FromAgent, FromOutside, identify
from gateway.desk.offline import UNCHECKED, envelope_of
from gateway.desk.process import Arrived
from gateway.desk.remembered import effect_keys
from gateway.domain.decision import Decision
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.facts import Assignment, Facts, KnownClient
from gateway.domain.organisation import Organisation
from gateway.domain.states import LetterKind
from gateway.domain.steps import OpenTicket, Person, Send
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from storage import inbound

ON_FACTS: Final = ("on the facts of the database; the authentication is not checked here",)


async def on_facts(session: AsyncSession, name: str, message: Message, size: int, desk: Organisation) -> Document:
    """Of a file, with what the database knows."""
    envelope = envelope_of(message)
    writer = identify(message, (), envelope.reverse_path, desk)
    gathered = await gather(session, 0, envelope, (), message, writer, effect_keys(message, b""), desk)
    decision = decide(message, (), envelope.reverse_path, UNCHECKED, gathered.facts, desk, size)
    return explanation(name, message, (), decision, gathered.facts, UNCHECKED, desk, ON_FACTS, size)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would come of a message that waits, were it assigned: `writer` is who would be its client, None for nobody who could be;
    `known` the client who that is already; `department` whose ticket it would be, or is; `letters` what would be sent, as kinds and
    addresses."""

    document: Document
    writer: Person | None
    agent: bool
    known: KnownClient | None
    department: str | None
    ticket: int | None
    letters: tuple[tuple[LetterKind, tuple[str, ...]], ...]


async def proposed(
    session: AsyncSession, row: inbound.Inbound, message: Message, desk: Organisation, assignment: Assignment | None = None
) -> Proposal:
    """`assignment` None: to its writer, in the gateway's department."""
    arrived = Arrived(row.id, envelope_kept(row), b"", row.size, assignment or Assignment())
    verdict = verdict_kept(row)
    writer = identify(message, arrived.recipients, row.reverse_path, desk)
    keys = effect_keys(message, b"")
    gathered = await gather(
        session, row.id, arrived.envelope, arrived.recipients, message, writer, keys, desk, assignment=arrived.assignment
    )
    facts = gathered.facts
    decision = decide(message, arrived.recipients, row.reverse_path, verdict, facts, desk, row.size)
    document = explanation(f"inbound {row.id}", message, arrived.recipients, decision, facts, verdict, desk, (), row.size)
    writer = assigned_writer(writer, facts.assigned)
    person = writer.person if isinstance(writer, FromOutside) else None
    return Proposal(
        document, person, isinstance(writer, FromAgent), facts.client, department_of(decision, facts), decision.ticket, letters_of(decision)
    )


def department_of(decision: Decision, facts: Facts) -> str | None:
    opened = next((each.department for each in decision.steps if isinstance(each, OpenTicket)), None)
    ticket = facts.ticket(decision.ticket) if decision.ticket is not None else None
    return opened or (ticket.department if ticket is not None else None)


def letters_of(decision: Decision) -> tuple[tuple[LetterKind, tuple[str, ...]], ...]:
    sent = (each for each in decision.steps if isinstance(each, Send))
    return tuple((each.kind, tuple(person.address for person in (*each.to, *each.cc, *each.bcc))) for each in sent)


def envelope_kept(row: inbound.Inbound) -> Envelope:
    peer: dict[str, Any] = {name: row.peer.get(name) for name in ("address", "port", "tls", "mailbox", "host")}
    screening = inbound.screening_of(row.screening)
    return Envelope(row.reverse_path, row.recipients, Peer(Entry(row.entry), helo=row.peer.get("helo") or "", **peer), screening=screening)


def verdict_kept(row: inbound.Inbound) -> Verdict:
    """As its columns have it; of mail that was never looked at, nothing."""
    fields = {name: value for name, value in (row.verdict or {}).items() if name in Verdict.__dataclass_fields__}
    return Verdict(**fields | {"dkim_domains": tuple(fields.get("dkim_domains", ()))})
