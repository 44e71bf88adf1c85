"""What the sender tells a ticket of letters that are late or lost, in the transaction that records them.

Of an agent's lost reply, that agent is told by letter, or whom the configuration names.
"""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.change import Refused, change
from gateway.desk.lost import told_of_loss
from gateway.domain.actor import SYSTEM
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.letter import Letter, Recipient
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, LetterKind
from gateway.domain.steps import Note, Step
from gateway.workers.sender import Report
from storage.knowledge import lock_tickets

log = structlog.get_logger()


def reporter(kind: EventKind, organisation: Callable[[], Organisation]) -> Report:
    """For `on_failed` and `on_late` of a sender; `organisation` is asked anew each time."""

    async def report(session: AsyncSession, letter: Letter, recipients: tuple[Recipient, ...]) -> None:
        if letter.ticket is None:
            return
        now = organisation()
        effect = f"{kind}:{letter.id}:{letter.attempts}"
        ticket = Facts(tickets=await lock_tickets(session, (letter.ticket,))).ticket(letter.ticket)
        changed = await change(session, letter.ticket, SYSTEM, steps(kind, letter, recipients, ticket, now), now, effect)
        if isinstance(changed, Refused):
            log.warning("delivery_not_told", ticket=letter.ticket, outbox=letter.id, why=changed.why)

    return report


def steps(
    kind: EventKind, letter: Letter, recipients: Sequence[Recipient], ticket: KnownTicket | None, organisation: Organisation
) -> tuple[Step, ...]:
    notes = tuple(
        Note(kind, {"outbox": letter.id, "kind": letter.kind, "address": each.address, "reply": each.reply}) for each in recipients
    )
    # Only what a person wrote: a lost notice that told of itself could be lost in its turn.
    if kind is not EventKind.DELIVERY_FAILED or letter.kind is not LetterKind.AGENT_REPLY or letter.agent is None:
        return notes
    why = "; ".join(f"{each.address}: {each.reply or 'no answer'}" for each in recipients)
    return (*notes, *told_of_loss(letter.agent, ticket, why, organisation))
