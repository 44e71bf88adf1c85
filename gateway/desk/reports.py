"""What a delivery report or a complaint about a letter of ours changes (X7). PURE. None of them ever makes a ticket or is answered."""

from gateway.desk import audience
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts, SentLetter
from gateway.domain.organisation import Organisation
from gateway.domain.states import EventKind, InboundState, LetterKind
from gateway.domain.steps import MarkBounced, Note, Step
from gateway.mail.message import Bounce, Message


def decide_on_report(message: Message, facts: Facts, organisation: Organisation, reasons: tuple[str, ...]) -> Decision:
    reported = facts.reported
    if reported is None:
        why = f"a {message.kind} that names no letter of ours"
        return Decision(InboundState.IGNORED, "ignored", why, (*reasons, why))
    if message.bounce is not None:
        why, steps = bounced(message.bounce, reported, organisation)
        return Decision(InboundState.DONE, "bounce", why, (*reasons, why), reported.ticket, steps=steps)
    why = f"a complaint about our letter {reported.outbox_id}"
    steps = (Note(EventKind.COMPLAINED, {"outbox": reported.outbox_id, "address": reported.address}),)
    return Decision(
        InboundState.DONE, "complaint", why, (*reasons, why), reported.ticket, steps=steps if reported.ticket is not None else ()
    )


def bounced(bounce: Bounce, reported: SentLetter, organisation: Organisation) -> tuple[str, tuple[Step, ...]]:
    said = "; ".join(filter(None, (describe(bounce, each) for each in range(len(bounce.recipients))))) or "no reason was given"
    address = reported.address or ", ".join(each.address for each in bounce.recipients) or "its recipient"
    data: dict[str, object] = {"outbox": reported.outbox_id, "address": address, "reply": said}
    if not bounce.permanent:
        why = f"our letter {reported.outbox_id} to {address} is late: {said}"
        return why, (Note(EventKind.DELIVERY_DELAYED, data),) if reported.ticket is not None else ()
    steps: list[Step] = [MarkBounced(reported.outbox_id, reported.recipient_id, said, permanent=True)]
    if reported.ticket is not None:
        steps.append(Note(EventKind.BOUNCED, data))
    agent = organisation.agent(reported.agent) if reported.agent else None
    if agent is not None and audience.told(agent) and reported.ticket is not None:
        steps.extend(audience.to_staff(LetterKind.FAILED_DELIVERY, (agent,), organisation, why=f"{address}: {said}"))
    return f"our letter {reported.outbox_id} to {address} came back: {said}", tuple(steps)


def describe(bounce: Bounce, index: int) -> str:
    recipient = bounce.recipients[index]
    return " ".join(filter(None, (recipient.status, recipient.diagnostic)))[:500]
