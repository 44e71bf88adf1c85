"""Mail that people write to a reverse-path of ours, and people whom mail did not reach and who write to us. PURE."""

from dataclasses import replace

from gateway.desk.case import Case
from gateway.desk.route import Route, Unrouted, route
from gateway.domain.decision import Decision
from gateway.domain.states import InboundState
from gateway.domain.steps import Lift


def routed_to(case: Case) -> Route | Unrouted:
    """As `route` has it. Some programs answer the envelope: a person's words to the reverse-path of a letter of ours are the ticket's, or
    the default gateway's. A program's to it are nobody's: it answers automatic letters, too."""
    routed = route(case.message, case.recipients, case.organisation, case.department)
    if isinstance(routed, Route) or not came_to_return_path(case):
        return routed
    if case.message.kind != "message" or case.message.automatic is not None or not case.reverse_path:
        return Unrouted("a program wrote it to the return address of a letter of ours, for no person reads there")
    letter = next(each for each in case.facts.reported if each.by == "path")
    ticket = case.facts.ticket(letter.ticket) if letter.ticket is not None else None
    gateway = case.organisation.gateway(ticket.gateway) if ticket is not None else None
    if gateway is None or not gateway.enabled or ticket is None:
        gateway = case.organisation.default_gateway
        return Route(gateway, gateway.address, "it was written to the return address of a letter of ours")
    return Route(gateway, ticket.gateway, f"it was written to the return address of a letter about ticket #{ticket.number}")


def came_to_return_path(case: Case) -> bool:
    """By a genuine token."""
    return any(each.by == "path" for each in case.facts.reported)


def with_author_heard(case: Case, decision: Decision) -> Decision:
    """An address that mail came back from is written to again once its owner has written, provably."""
    author, verdict = case.message.author, case.verdict
    if author is None or author.key not in case.facts.returns or decision.state not in (InboundState.DONE, InboundState.HELD):
        return decision
    proven = verdict.aligned and not verdict.disowned and case.message.author_unambiguous
    if not proven or case.message.kind != "message" or case.message.automatic is not None:
        return decision
    why = f"mail to {author.key} came back once; its owner writes now, so automatic letters go there again"
    return replace(decision, steps=(Lift(author.key), *decision.steps), reasons=(*decision.reasons[:-1], why, *decision.reasons[-1:]))
