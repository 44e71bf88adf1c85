"""The job that writes digests: one letter of all that an agent was not told of by single ones."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import storage.digests
import storage.outbox
from gateway.desk import remembered
from gateway.desk.audience import language_of_agent
from gateway.desk.outgoing import letter_of_desk
from gateway.desk.telling import Cause, LetterTicket
from gateway.domain.actor import SYSTEM
from gateway.domain.letter import BULK, NewLetter
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import LetterKind
from gateway.domain.steps import Addressee, Person, Send
from gateway.letters.facts import NOBODY, NoticeFacts
from storage.digests import Told
from storage.engine import database_away, serialization_conflict
from storage.statements import lock
from storage.suppressions import suppressed

log = structlog.get_logger()

Sessions = async_sessionmaker[AsyncSession]

MOST_NOTICES = 100
"""In one letter; the others follow in the next."""


async def write_digests(sessions: Sessions, organisation: Organisation, wake: Callable[[], None]) -> int:
    """How many were written. `wake` is called when one was committed."""
    async with sessions() as session:
        waiting = await storage.digests.waiting_agents(session)
    written = 0
    for address, seconds in waiting.items():
        agent = organisation.agent(address)
        if agent is not None and agent.active and agent.digest is not None and seconds < agent.digest.total_seconds():
            continue
        try:
            async with sessions.begin() as session:
                written_one = await settle(session, address, agent, organisation)
        except Exception as error:
            if database_away(error) or serialization_conflict(error):
                raise
            log.exception("digest_failed", agent=address)
            continue
        if written_one:
            written += 1
            wake()
    return written


async def settle(session: AsyncSession, address: str, agent: Agent | None, organisation: Organisation) -> bool:
    """Whether a letter was written: somebody who has gone is told nothing any more. Under a lock, so that two at once share nothing out."""
    await lock(session, (remembered.digest("digest", address),))
    if await suppressed(session, [address]):
        # What there is to tell waits until their mailbox takes mail again.
        return False
    items = await storage.digests.take(session, address, MOST_NOTICES)
    if not items:
        return False
    if agent is None or not agent.active:
        log.info("digest_dropped", agent=address, notices=len(items))
        return False
    await storage.outbox.add(session, [digest(agent, items, organisation)])
    return True


def digest(agent: Agent, items: Sequence[Told], organisation: Organisation) -> NewLetter:
    gateway = organisation.default_gateway
    to = (Addressee(agent.name, agent.address, agent.address),)
    send = Send(LetterKind.DIGEST, to, language_of_agent(agent, organisation), staff=True, about="nothing")
    ticket = LetterTicket(None, "", gateway.department, gateway.address, NOBODY)
    ids = " ".join(str(each.id) for each in items)
    cause = Cause(hashlib.sha256(f"digest:{ids}".encode()).digest(), SYSTEM)
    return replace(letter_of_desk(send, ticket, cause, organisation, notices=tuple(map(notice, items))), urgency=BULK)


def notice(told: Told) -> NoticeFacts:
    """Where the system acted there is no address, and nobody is named."""
    address = told.data.get("address")
    author = Person(str(told.data.get("author") or ""), str(address)) if address else NOBODY
    return NoticeFacts(told.ticket, str(told.data.get("subject") or ""), told.kind, author, told.at)
