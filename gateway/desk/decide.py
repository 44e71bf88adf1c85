"""What is to be done with a message, step by step and with reasons. PURE: `explain` calls it just as `process` does."""

from gateway.desk.assigned import assigned_route, assigned_writer
from gateway.desk.authority import carried_tokens
from gateway.desk.case import Case
from gateway.desk.forwarding.decision import decide_on_probe
from gateway.desk.forwarding.forwarders import hidden_author
from gateway.desk.from_agents import from_agent
from gateway.desk.from_clients import from_outside
from gateway.desk.identify import FromAgent, FromNobody, FromOurselves, FromOutside, identify
from gateway.desk.own_letters import is_own_letter
from gateway.desk.reports import decide_on_report, is_unread_report
from gateway.desk.return_path import routed_to, with_author_heard
from gateway.desk.route import Route, Unrouted, route
from gateway.domain.decision import Decision
from gateway.domain.facts import Facts
from gateway.domain.organisation import Organisation
from gateway.domain.states import InboundState
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message


def decide(
    message: Message,
    recipients: tuple[str, ...],
    reverse_path: str,
    verdict: Verdict,
    facts: Facts,
    organisation: Organisation,
    size: int = 0,
    department: str | None = None,
) -> Decision:
    """`size` is the whole mail's, in octets; `department`: it is decided for this one alone, where each of several makes a ticket of it."""
    case = Case(message, recipients, reverse_path, verdict, facts, organisation, size, department)
    case.reasons.append(f"it is read as {message.kind.replace('_', ' ')}: {message.reason}")
    case.reasons.extend(f"warning: {each}" for each in message.warnings)
    case.reasons.extend(facts.screening.notes if facts.screening is not None else ())
    if facts.duplicate_of is not None:
        return duplicate(case)
    if case.held_back is not None and facts.screening is not None and facts.screening.threat:
        return case.settle(InboundState.HELD, "held", case.held_back)
    if message.kind in ("bounce", "complaint") or is_unread_report(case):
        return decide_on_report(case)
    if (probed := decide_on_probe(case)) is not None:
        return probed
    if is_own_letter(message, organisation) or facts.own_words:
        return case.ignored("it is a letter of ours that came back")
    if is_empty(message) and facts.assigned is None:
        return case.ignored("it is empty: no text, no attachment")
    routed = assigned_route(routed_to(case), facts.assigned, organisation)
    return with_author_heard(case, by_writer(case, routed))


def is_empty(message: Message) -> bool:
    """B9. Commands are text; so is a signature, or a quotation."""
    bare = not message.body.text.strip() and not message.attachments and message.calendar is None
    return message.kind == "empty" or (message.kind == "message" and bare)


def duplicate(case: Case) -> Decision:
    effect = case.facts.duplicate_of
    assert effect is not None
    where = f", on ticket #{effect.ticket}" if effect.ticket is not None else ""
    why = f"the same message already had its effect, as message {effect.inbound_id}{where}"
    routed = route(case.message, case.recipients, case.organisation, case.department)
    gateway = routed.address if isinstance(routed, Route) else None
    return case.settle(InboundState.DONE, "duplicate", why, ticket=effect.ticket, gateway=gateway)


def by_writer(case: Case, routed: Route | Unrouted) -> Decision:
    carried = carried_tokens(case.message, case.recipients, case.organisation)
    case.reasons.append(routed.reason)
    if isinstance(routed, Unrouted) and not carried.addressed:
        return case.ignored(routed.reason)
    named = identify(case.message, case.recipients, case.reverse_path, case.organisation, case.department)
    writer = assigned_writer(named, case.facts.assigned)
    match writer:
        case FromAgent():
            return from_agent(case, writer, carried, routed)
        case FromOutside():
            case.reasons.append(f"{writer.reason}: {writer.key}")
            return from_outside(case, writer, carried, routed)
        case FromOurselves():
            if (hidden := hidden_author(case.message, case.organisation)) is not None:
                return case.settle(InboundState.HELD, "held", f"held for a person: {hidden}")
            return case.ignored(f"From is {writer.address}, an address of our own, which is nobody's account")
        case FromNobody():
            return case.settle(InboundState.HELD, "held", writer.reason)
