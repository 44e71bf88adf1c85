"""The job that fires the rules which no mail sets off: on events of tickets, and on clients who are kept waiting.

Each firing is a transaction of its own. What rules do is the system's act, and sets off no rules. Lock order: the place that firing has
come to, turns, the ticket.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import storage.firing
from gateway.desk.acting import applied, settings_of
from gateway.desk.change import Refused, change
from gateway.desk.gather import assignments, room_on
from gateway.desk.notify import Occasion
from gateway.desk.on_tickets import hours_asked, letters_of, seen_on_ticket, why_silent_on
from gateway.desk.record import Recorded
from gateway.desk.rules import Matched, evaluate
from gateway.desk.rules.evaluation import merge
from gateway.desk.traces import Source
from gateway.domain.actor import SYSTEM
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.firing import Happened
from gateway.domain.organisation import Organisation
from gateway.domain.rules import Actions, Rule
from gateway.domain.states import EventKind, Role
from storage.engine import database_away, serialization_conflict
from storage.knowledge import lock_tickets
from storage.statements import now

log = structlog.get_logger()

Sessions = async_sessionmaker[AsyncSession]

MOST_EVENTS = 500
MOST_WAITING = 200
"""A run; the next one goes on from there."""


@dataclass(frozen=True, slots=True)
class Firing:
    """`effect` names what the rules fire on. `by_client`: a client is behind it, so budgets bound the letters to people outside."""

    ticket: KnownTicket
    matched: tuple[Matched, ...]
    effect: str
    by_client: bool


async def fire_rules(sessions: Sessions, organisation: Organisation, wake: Callable[[], None]) -> int:
    """How many tickets rules did something to. `wake` is called when a letter was committed."""
    return await fire_on_events(sessions, organisation, wake) + await fire_on_waiting(sessions, organisation, wake)


async def fire_on_events(sessions: Sessions, organisation: Organisation, wake: Callable[[], None]) -> int:
    """Also without any rule: one that is added later does not fire on what has happened before."""
    kinds = tuple({each.on for each in organisation.rules if isinstance(each.on, EventKind)})
    async with sessions.begin() as session:
        span = await storage.firing.look(session)
    async with sessions() as session:
        events = await storage.firing.events(session, span, kinds, MOST_EVENTS) if kinds else []
    done = 0
    for each in events:
        done += await alone(sessions, wake, f"event {each.id}", partial(on_event, event=each, organisation=organisation))
    async with sessions.begin() as session:
        # Also past an event whose own transaction failed: it must not keep others from being seen.
        await storage.firing.advance(session, span.until if len(events) < MOST_EVENTS else events[-1].id)
    return done


async def fire_on_waiting(sessions: Sessions, organisation: Organisation, wake: Callable[[], None]) -> int:
    rules = tuple(each for each in organisation.rules if each.on == "unanswered")
    async with sessions.begin() as session:
        tickets = await storage.firing.waiting(session, [(each.name, hours_asked(each.when)) for each in rules], MOST_WAITING)
    done = 0
    for each in tickets:
        done += await alone(sessions, wake, f"ticket {each}", partial(on_waiting, number=each, rules=rules, organisation=organisation))
    return done


async def alone(
    sessions: Sessions, wake: Callable[[], None], what: str, work: Callable[[AsyncSession], Awaitable[Recorded | None]]
) -> bool:
    """Whether there was something to do. What fails for a reason of its own fails by itself."""
    try:
        async with sessions.begin() as session:
            recorded = await work(session)
    except Exception as error:
        if database_away(error) or serialization_conflict(error):
            raise
        log.exception("rules_failed", on=what)
        return False
    if recorded is not None and recorded.letters:
        wake()
    return recorded is not None


async def on_event(session: AsyncSession, event: Happened, organisation: Organisation) -> Recorded | None:
    if not await storage.firing.advance(session, event.id):
        return None
    return await fire(session, event.ticket, organisation, lambda ticket: of_event(session, event, ticket, organisation))


async def on_waiting(session: AsyncSession, number: int, rules: Sequence[Rule], organisation: Organisation) -> Recorded | None:
    return await fire(session, number, organisation, lambda ticket: of_waiting(session, ticket, tuple(rules)))


async def of_event(session: AsyncSession, event: Happened, ticket: KnownTicket, organisation: Organisation) -> Firing:
    outcome = evaluate(organisation.rules, seen_on_ticket(ticket, event.kind, await now(session)))
    return Firing(ticket, outcome.matched, f"event {event.id}", event.role is Role.CLIENT or event.kind in storage.firing.BEFELL)


async def of_waiting(session: AsyncSession, ticket: KnownTicket, rules: tuple[Rule, ...]) -> Firing | None:
    """A rule that has fired on this waiting still has its say on whether later ones do."""
    waiting = await storage.firing.kept_waiting(session, ticket.number)
    if waiting is None:
        return None
    at = await now(session)
    outcome = evaluate(rules, seen_on_ticket(ticket, "unanswered", at, at - waiting.since))
    matched = tuple(each for each in outcome.matched if each.rule not in waiting.fired)
    names = [each.rule for each in matched]
    await storage.firing.note_fired(session, ticket.number, names, waiting.since)
    return Firing(ticket, matched, f"waiting {ticket.number} {waiting.since.isoformat()} {names}", by_client=True)


async def fire(
    session: AsyncSession, number: int, organisation: Organisation, weigh: Callable[[KnownTicket], Awaitable[Firing | None]]
) -> Recorded | None:
    """Take the locks, see which rules match, and have them done."""
    loads, last = await assignments(session, organisation)
    ticket = Facts(tickets=await lock_tickets(session, (number,))).ticket(number)
    firing = await weigh(ticket) if ticket is not None else None
    if firing is None or not firing.matched:
        return None
    return await carry_out(session, firing, organisation, dict(loads), dict(last))


async def carry_out(
    session: AsyncSession, firing: Firing, organisation: Organisation, loads: dict[str, int], last: dict[str, str]
) -> Recorded | None:
    ticket, effect = firing.ticket, f"rule:{firing.effect}"
    actions = reduce(merge, (each.then for each in firing.matched), Actions())
    occasion = await occasion_of_client(session, ticket, organisation) if firing.by_client else Occasion(SYSTEM)
    steps = (
        *applied(firing.matched),
        *settings_of(actions, ticket.department, organisation, loads, last),
        *letters_of(actions, firing.matched, ticket, occasion, organisation),
    )
    # Of its own subject: the next mail of that author is answered whatever this letter's subject was.
    source = Source(subject=effect)
    changed = await change(session, ticket.number, SYSTEM, steps, organisation, effect, occasion=occasion, source=source)
    if isinstance(changed, Refused):
        log.warning("rules_refused", ticket=ticket.number, rules=[each.rule for each in firing.matched], why=changed.why)
        return None
    log.info("rules_fired", ticket=ticket.number, rules=[each.rule for each in firing.matched], on=firing.effect)
    return changed


async def occasion_of_client(session: AsyncSession, ticket: KnownTicket, organisation: Organisation) -> Occasion:
    spent, room = await room_on(session, ticket, organisation)
    mail = await storage.firing.last_mail(session, ticket.number)
    silence = why_silent_on(mail, ticket, spent, organisation.budget)
    return Occasion(SYSTEM, by_mail=True, silence=silence, proven=mail is None or mail.aligned, room=room)
