"""Rules on mail that is taken in (U2): what they settle, and what they add to a new ticket or a client's reply. PURE."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.desk.acting import agents_told, applied, settings_of
from gateway.desk.case import Case
from gateway.desk.identify import FromOutside
from gateway.desk.route import Route, Unrouted
from gateway.desk.rules import Outcome, Seen, evaluate, seen_on_receipt
from gateway.domain.decision import Decision
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Agent
from gateway.domain.states import InboundState
from gateway.domain.steps import Note, SetDepartment, Step

NO_CLOCK = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Of all rules that apply. `settings` are for the ticket, `events` tell of each rule, `instead` are told in place of the department,
    `answer` is the template that the client is answered with."""

    outcome: Outcome = field(default_factory=Outcome)
    department: str | None = None
    settings: tuple[Step, ...] = ()
    events: tuple[Note, ...] = ()
    instead: tuple[Agent, ...] = ()
    answer: str | None = None


NO_RULING = Ruling()


def seen_by_rules(case: Case, writer: FromOutside, routed: Route | Unrouted, ticket: KnownTicket | None) -> Seen:
    """A reply is of the department and category that its ticket has."""
    gateway = routed.gateway if isinstance(routed, Route) else None
    return seen_on_receipt(
        case.message,
        now=case.facts.now or NO_CLOCK,
        gateway=routed.address if isinstance(routed, Route) else ticket.gateway if ticket is not None else None,
        recipients=case.recipients,
        reverse_path=case.reverse_path,
        verdict=case.verdict,
        size=case.size,
        reply=ticket is not None,
        known_client=case.facts.client is not None,
        department=ticket.department if ticket is not None else gateway.department if gateway is not None else None,
        category=ticket.category if ticket is not None else gateway.category if gateway is not None else None,
        author=(writer.key, writer.person.name),
        scanned=case.facts.screening.spam_score if case.facts.screening is not None else None,
    )


def rule(case: Case, writer: FromOutside, routed: Route | Unrouted, ticket: KnownTicket | None) -> Ruling | Decision:
    """A decision where a rule has the last word on the mail as a whole."""
    organisation = case.organisation
    if not organisation.rules:
        return NO_RULING
    seen = seen_by_rules(case, writer, routed, ticket)
    outcome = evaluate(organisation.rules, seen)
    case.reasons.extend(map(str, outcome.matched))
    actions = outcome.actions
    if actions.discard or actions.reject is not None:
        return case.ruled(InboundState.IGNORED, "ignored", f'discarded by the rule "{outcome.settled_by}"', outcome.settled_by)
    if actions.hold:
        return case.ruled(InboundState.HELD, "held", f'held for a person by the rule "{outcome.settled_by}"', outcome.settled_by)
    department = seen.department or organisation.default_gateway.department
    known = actions.department if actions.department and organisation.department(actions.department) is not None else None
    loads, last = dict(case.facts.loads), dict(case.facts.last_assigned)
    return Ruling(
        outcome=outcome,
        department=known,
        settings=settings_of(actions, department, organisation, loads, last),
        events=applied(outcome.matched),
        instead=agents_told(actions, organisation),
        answer=actions.answer,
    )


def without_department(settings: tuple[Step, ...]) -> tuple[Step, ...]:
    """A new ticket opens in its department."""
    return tuple(each for each in settings if not isinstance(each, SetDepartment))
