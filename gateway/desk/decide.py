"""What is to be done with a message, step by step and with reasons. PURE: `explain` calls it just as `process` does."""

from gateway.desk.authority import carried_tokens
from gateway.desk.case import Case
from gateway.desk.from_agents import from_agent
from gateway.desk.from_clients import from_outside
from gateway.desk.identify import FromAgent, FromNobody, FromOurselves, FromOutside, identify
from gateway.desk.reports import decide_on_report
from gateway.desk.route import Route, Unrouted, route
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts
from gateway.domain.organisation import Organisation
from gateway.domain.states import InboundState
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from gateway.tokens.carriers import tokens_in_ids


def decide(
    message: Message,
    recipients: tuple[str, ...],
    reverse_path: str,
    verdict: Verdict,
    facts: Facts,
    organisation: Organisation,
    size: int = 0,
) -> Decision:
    """`size` is the whole mail's, in octets."""
    case = Case(message, recipients, reverse_path, verdict, facts, organisation, size)
    case.reasons.append(f"it is read as {message.kind.replace('_', ' ')}: {message.reason}")
    case.reasons.extend(f"warning: {each}" for each in message.warnings)
    if facts.duplicate_of is not None:
        return duplicate(case)
    if message.kind in ("bounce", "complaint"):
        return decide_on_report(message, facts, organisation, tuple(case.reasons))
    if is_own_letter(message):
        return case.ignored("it is a letter of ours that came back")
    if message.kind == "empty":
        return case.ignored("it is empty: no subject, no text, no attachment")
    return by_writer(case, route(message, recipients, organisation))


def duplicate(case: Case) -> Decision:
    effect = case.facts.duplicate_of
    assert effect is not None
    where = f", on ticket #{effect.ticket}" if effect.ticket is not None else ""
    why = f"the same message already had its effect, as message {effect.inbound_id}{where}"
    routed = route(case.message, case.recipients, case.organisation)
    gateway = routed.address if isinstance(routed, Route) else None
    return case.settle(InboundState.DONE, "duplicate", why, ticket=effect.ticket, gateway=gateway)


def is_own_letter(message: Message) -> bool:
    """By the mark in its Message-ID; a forged mark only makes the forger's own mail be set aside."""
    return message.message_id is not None and bool(tokens_in_ids((message.message_id,)))


def by_writer(case: Case, routed: Route | Unrouted) -> Decision:
    carried = carried_tokens(case.message, case.recipients, case.organisation)
    case.reasons.append(routed.reason)
    if isinstance(routed, Unrouted) and not carried.addressed:
        return case.ignored(routed.reason)
    writer = identify(case.message, case.recipients, case.reverse_path, case.organisation)
    match writer:
        case FromAgent():
            return from_agent(case, writer, carried, routed)
        case FromOutside():
            case.reasons.append(f"{writer.reason}: {writer.key}")
            return from_outside(case, writer, carried, routed)
        case FromOurselves():
            return case.ignored(f"From is {writer.address}, an address of our own, which is nobody's account")
        case FromNobody():
            return case.settle(InboundState.HELD, "held", writer.reason)
