"""What the sender tells a ticket of letters that are late or lost, in the transaction that records them.

The agent who wrote a lost one is told by letter.
"""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk import audience
from gateway.desk.change import Refused, change
from gateway.domain.actor import SYSTEM
from gateway.domain.letter import Letter, Recipient
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, LetterKind
from gateway.domain.steps import Note, Step
from gateway.workers.sender import Report

log = structlog.get_logger()


def reporter(kind: EventKind, organisation: Callable[[], Organisation]) -> Report:
    """For `on_failed` and `on_late` of a sender; `organisation` is asked anew each time."""

    async def report(session: AsyncSession, letter: Letter, recipients: tuple[Recipient, ...]) -> None:
        if letter.ticket is None:
            return
        now = organisation()
        effect = f"{kind}:{letter.id}:{letter.attempts}"
        changed = await change(session, letter.ticket, SYSTEM, steps(kind, letter, recipients, now), now, effect)
        if isinstance(changed, Refused):
            log.warning("delivery_not_told", ticket=letter.ticket, outbox=letter.id, why=changed.why)

    return report


def steps(kind: EventKind, letter: Letter, recipients: Sequence[Recipient], organisation: Organisation) -> tuple[Step, ...]:
    notes = tuple(
        Note(kind, {"outbox": letter.id, "kind": letter.kind, "address": each.address, "reply": each.reply}) for each in recipients
    )
    author = organisation.agent(letter.agent) if letter.agent else None
    # Only what a person wrote: a lost notice that told of itself could be lost in its turn.
    if kind is not EventKind.DELIVERY_FAILED or letter.kind is not LetterKind.AGENT_REPLY or author is None or not audience.told(author):
        return notes
    why = "; ".join(f"{each.address}: {each.reply or 'no answer'}" for each in recipients)
    return (*notes, *audience.to_staff(LetterKind.FAILED_DELIVERY, (author,), organisation, why=why))
