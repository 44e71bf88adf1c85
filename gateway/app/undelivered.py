"""What the sender tells a ticket of letters that are late or lost, in the transaction that records them.

Of an agent's lost reply, that agent is told by letter, or whom the configuration names.
"""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.change import Refused, change
from gateway.desk.identify import is_ours
from gateway.desk.lost import told_of_loss
from gateway.desk.reports import NEVER_SUPPRESSED
from gateway.desk.suppressing import suppress
from gateway.domain.actor import SYSTEM
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.letter import Letter, Recipient
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, LetterKind
from gateway.domain.steps import Note, Returned, Step, Suppress
from gateway.domain.suppressions import Cause
from gateway.mail.address import address_key
from gateway.mail.refusals import is_hard
from gateway.workers.sender import Report
from storage.knowledge import lock_tickets

log = structlog.get_logger()


def reporter(kind: EventKind, organisation: Callable[[], Organisation]) -> Report:
    """For `on_failed` and `on_late` of a sender; `organisation` is asked anew each time."""

    async def report(session: AsyncSession, letter: Letter, recipients: tuple[Recipient, ...]) -> None:
        now = organisation()
        if letter.ticket is None:
            for each in suppressing(kind, letter, recipients, now):
                await suppress(session, each)
            return
        effect = f"{kind}:{letter.id}:{letter.attempts}"
        ticket = Facts(tickets=await lock_tickets(session, (letter.ticket,))).ticket(letter.ticket)
        told = steps(kind, letter, recipients, ticket, now)
        changed = await change(session, letter.ticket, SYSTEM, told, now, effect, trace_id=letter.trace_id)
        if isinstance(changed, Refused):
            log.warning("delivery_not_told", ticket=letter.ticket, outbox=letter.id, why=changed.why)

    return report


def steps(
    kind: EventKind, letter: Letter, recipients: Sequence[Recipient], ticket: KnownTicket | None, organisation: Organisation
) -> tuple[Step, ...]:
    notes = tuple(
        Note(kind, {"outbox": letter.id, "kind": letter.kind, "address": each.address, "reply": each.reply}) for each in recipients
    )
    done: tuple[Step, ...] = (*notes, *suppressing(kind, letter, recipients, organisation))
    # Only what a person wrote: a lost notice that told of itself could be lost in its turn.
    if kind is not EventKind.DELIVERY_FAILED or letter.kind is not LetterKind.AGENT_REPLY or letter.agent is None:
        return done
    files = tuple((each.filename, each.size) for each in letter.attachments)
    linked = organisation.desk.file_links
    returned = [Returned(each.address, each.reply or "no answer", files=files, linked=linked) for each in recipients]
    return (*done, *told_of_loss(letter.agent, ticket, returned, organisation))


def suppressing(kind: EventKind, letter: Letter, recipients: Sequence[Recipient], organisation: Organisation) -> tuple[Suppress, ...]:
    """Of recipients whose server says that there is no such mailbox. After DATA one answer is for all, so it names nobody."""
    if kind is not EventKind.DELIVERY_FAILED or letter.kind in NEVER_SUPPRESSED:
        return ()
    dead = (each for each in recipients if each.refused_at_rcpt or len(recipients) == 1)
    return tuple(
        Suppress(key, Cause.BOUNCE, each.reply or "", organisation.desk.suppression_days, letter.ticket, letter.id)
        for each in dead
        if is_hard(each.reply or "", at_rcpt=each.refused_at_rcpt) and (key := address_key(each.address)) and not is_ours(key, organisation)
    )
