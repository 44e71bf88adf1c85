"""What a delivery report or a complaint about a letter of ours changes (X7). PURE. None of them ever makes a ticket or is answered."""

from gateway.desk.lost import told_of_loss
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts, KnownTicket, SentLetter
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState
from gateway.domain.steps import MarkBounced, Note, Step
from gateway.mail.message import Bounce, Message


def decide_on_report(message: Message, facts: Facts, organisation: Organisation, reasons: tuple[str, ...]) -> Decision:
    reported = facts.reported
    if reported is None:
        why = f"a {message.kind} that names no letter of ours"
        return Decision(InboundState.IGNORED, "ignored", why, (*reasons, why))
    if message.bounce is not None:
        ticket = facts.ticket(reported.ticket) if reported.ticket is not None else None
        why, steps = bounced(message.bounce, reported, ticket, organisation)
        return Decision(InboundState.DONE, "bounce", why, (*reasons, why), reported.ticket, steps=steps)
    why = f"a complaint about our letter {reported.outbox_id}"
    steps = (Note(EventKind.COMPLAINED, {"outbox": reported.outbox_id, "address": reported.address}),)
    return Decision(
        InboundState.DONE, "complaint", why, (*reasons, why), reported.ticket, steps=steps if reported.ticket is not None else ()
    )


def bounced(bounce: Bounce, reported: SentLetter, ticket: KnownTicket | None, organisation: Organisation) -> tuple[str, tuple[Step, ...]]:
    said = "; ".join(filter(None, (describe(bounce, each) for each in range(len(bounce.recipients))))) or "no reason was given"
    address = reported.address or ", ".join(each.address for each in bounce.recipients) or "its recipient"
    data: dict[str, object] = {"outbox": reported.outbox_id, "address": address, "reply": said}
    if not bounce.permanent:
        why = f"our letter {reported.outbox_id} to {address} is late: {said}"
        return why, (Note(EventKind.DELIVERY_DELAYED, data),) if reported.ticket is not None else ()
    steps: list[Step] = [MarkBounced(reported.outbox_id, reported.recipient_id, said, permanent=True)]
    if reported.ticket is not None:
        steps.append(Note(EventKind.BOUNCED, data))
    # Only what a person wrote: a lost notice that told of itself could be lost in its turn.
    if reported.agent is not None and reported.ticket is not None:
        steps.extend(told_of_loss(reported.agent, ticket, f"{address}: {said}", organisation))
    return f"our letter {reported.outbox_id} to {address} came back: {said}", tuple(steps)


def describe(bounce: Bounce, index: int) -> str:
    recipient = bounce.recipients[index]
    return " ".join(filter(None, (recipient.status, recipient.diagnostic)))[:500]
