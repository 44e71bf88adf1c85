"""What an agent wrote: an answer with commands on a ticket whose token came along, or a new ticket. PURE."""

from dataclasses import replace
from datetime import timedelta

from gateway.desk import audience
from gateway.desk.articles import own_words, signature_trimmed, text_beside_files
from gateway.desk.authority import Authorised, Carried, Refused, may_open, may_reply
from gateway.desk.carry_out import carry_out, kept_aside
from gateway.desk.case import Case
from gateway.desk.from_clients import client_reply
from gateway.desk.identify import FromAgent, FromOutside
from gateway.desk.opening import opened_by_agent
from gateway.desk.orders import Orders, read_orders
from gateway.desk.route import Route, Unrouted
from gateway.desk.thread import Joins, Starts, thread
from gateway.domain.decision import Decision
from gateway.domain.facts import KnownTicket
from gateway.domain.held import HeldCause
from gateway.domain.organisation import Agent
from gateway.domain.states import EventKind, InboundState, LetterKind
from gateway.domain.steps import Addressee, Note, Send, Step
from gateway.letters.problems import held_in_words
from gateway.mail.reply import holds_reply_above

PATIENCE = timedelta(hours=1)
"""For how long mail waits for DNS to say who wrote it."""


def from_agent(case: Case, writer: FromAgent, carried: Carried, routed: Route | Unrouted) -> Decision:
    agent = writer.agent
    case.reasons.append(f"From names the agent {agent.name} <{agent.address}>")
    if case.message.automatic is not None or case.message.kind == "auto_reply":
        return case.ignored(f"an agent's automatic mail is no reply: {case.message.automatic or case.message.reason}")
    threaded = thread(case.message, writer.key, carried, case.verdict, case.facts, case.organisation)
    if isinstance(threaded, Joins) and not carried.reply and writer.key in threaded.ticket.client.keys:
        case.reasons.append(f"the agent is the client of ticket #{threaded.ticket.number}")
        return client_reply(case, FromOutside(writer.person, writer.key, ""), threaded)
    may = may_reply(agent, case.message, carried, case.verdict, case.organisation)
    if isinstance(may, Authorised):
        case.reasons.append(may.reason)
        ticket = case.facts.ticket(may.ticket)
        return agent_reply(case, agent, ticket, may.aside) if ticket is not None else held(case, agent, TICKET_GONE, None)
    if isinstance(threaded, Starts) and threaded.related is None and not (carried.reply or carried.addressed) and isinstance(routed, Route):
        return agent_opens(case, writer, routed)
    return postponed_or_held(case, agent, may, threaded.ticket.number if isinstance(threaded, Joins) else None)


def agent_reply(case: Case, agent: Agent, ticket: KnownTicket, aside: bool) -> Decision:
    """`aside`: it answers a letter that shows a note."""
    against = why_not_now(case, agent, ticket)
    if against is not None:
        return held(case, agent, against, ticket.number)
    message = signature_trimmed(case.message, ticket)
    # Commands are the agent's own: none is read in a mail that they pass on with their answer.
    words, passed_on = own_words(message)
    # And they are read in the text alone; a note beside it must not go out all the same.
    beside = "\n".join(filter(None, (message.body.signature, text_beside_files(message))))
    body = replace(message.body, new_text=words, signature=beside)
    orders = read_orders(body, agent, ticket.department, ticket, case.facts, case.organisation)
    orders = with_passed_on(orders, passed_on)
    return carry_out(case, agent, ticket, message, kept_aside(orders, message) if aside else orders)


def with_passed_on(orders: Orders, text: str) -> Orders:
    """What is passed on with an answer goes on to its reader."""
    if not text:
        return orders
    return replace(orders, reply="\n\n".join(filter(None, (orders.reply, text))), words="\n\n".join(filter(None, (orders.words, text))))


def why_not_now(case: Case, agent: Agent, ticket: KnownTicket) -> Refused | None:
    """What a genuine token does not make good."""
    if ticket.department not in agent.departments:
        reason = f"{agent.name} is not of the department {ticket.department!r} of ticket #{ticket.number}"
        return Refused(reason, HeldCause.OTHER_DEPARTMENT)
    days = case.organisation.desk.token_days
    if ticket.closed_for is not None and ticket.closed_for > timedelta(days=days):
        reason = f"ticket #{ticket.number} was closed more than {days} days ago: its reply tokens have expired"
        return Refused(reason, HeldCause.EXPIRED_TOKEN)
    if holds_reply_above(case.message.body.new_text):
        return Refused("its own words could not be told from the quoted notification", HeldCause.MIXED_WITH_QUOTE)
    return None


def agent_opens(case: Case, writer: FromAgent, routed: Route) -> Decision:
    against = may_open(writer.agent, case.message, case.verdict)
    if against is not None:
        return postponed_or_held(case, writer.agent, against, None)
    return opened_by_agent(case, writer, routed)


def postponed_or_held(case: Case, agent: Agent, against: Refused, ticket: int | None) -> Decision:
    """DNS that does not answer proves nothing yet, not even that the domain disowns it: such mail is decided again for an hour."""
    if against.cause not in (HeldCause.UNPROVEN, HeldCause.DISOWNED) or not case.verdict.inconclusive:
        return held(case, agent, against, ticket)
    if case.facts.waited < PATIENCE:
        return case.postponed(f"DNS did not answer, so nothing is proven yet: to be decided again; {case.verdict.reason}")
    return held(case, agent, replace(against, cause=HeldCause.DNS_AWAY), ticket)


def held(case: Case, agent: Agent, against: Refused, ticket: int | None) -> Decision:
    """Nothing is executed and nothing answered; the agent it claims to be is told at their configured address, once a day at most."""
    why = f"held for a person: it claims to be from {agent.address}, but {against.reason}"
    steps: tuple[Step, ...] = ()
    if agent.active and not case.facts.held_told_recently:
        to = (Addressee(agent.name, agent.address),)
        language = audience.language_of_agent(agent, case.organisation)
        told = held_in_words(against.cause, language)
        steps = (Send(LetterKind.HELD, to, language, staff=True, about="nothing", why=told),)
    if ticket is not None:
        steps = (Note(EventKind.HELD, {"agent": agent.address, "why": against.reason}), *steps)
    return case.settle(InboundState.HELD, "held", why, steps, ticket)


TICKET_GONE = Refused("its ticket is gone", HeldCause.TICKET_GONE)
