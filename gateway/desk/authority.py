"""Who may act for an agent (X1, O10): the signed reply token, the agent's address and the authentication of the mail together. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.domain.held import HeldCause
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.verdict import Verdict
from gateway.mail.message import Message
from gateway.tokens.carriers import (
    ReplyToken,
    ThreadToken,
    is_reply_address,
    proves_note,
    proves_reply,
    proves_thread,
    reply_tokens_in,
    tokens_in_ids,
    whose,
)
from gateway.tokens.codec import Keyring


@dataclass(frozen=True, slots=True)
class Carried:
    """The tokens a message carries, in the order of their weight: envelope, To and Cc, In-Reply-To, References from the newest."""

    reply: tuple[ReplyToken, ...] = ()
    thread: tuple[ThreadToken, ...] = ()
    addressed: bool = False
    """Whether the reply address itself was written to, with or without a token that can be read."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """`aside`: it answers a letter that shows a note, so its words are a note too (X5)."""

    agent: Agent
    ticket: int
    reason: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is for the operator, `cause` for the agent, who is told it in their language."""

    reason: str
    cause: HeldCause


def carried_tokens(message: Message, recipients: Iterable[str], organisation: Organisation) -> Carried:
    """`recipients` are the envelope's, normalised."""
    base = organisation.desk.reply_address
    addresses = [*recipients, *(each.key for each in (*message.to, *message.cc, *message.delivered_to))]
    in_ids = tokens_in_ids((*message.in_reply_to, *reversed(message.references)))
    return Carried(
        reply=(*reply_tokens_in(addresses, base), *(each for each in in_ids if isinstance(each, ReplyToken))),
        thread=tuple(each for each in in_ids if isinstance(each, ThreadToken)),
        addressed=any(is_reply_address(each, base) for each in addresses),
    )


def claimed_tickets(carried: Carried) -> tuple[int, ...]:
    """Numbers that tokens claim, unproven, without repetition: the rows to lock before anything is proven."""
    found: tuple[ReplyToken | ThreadToken, ...] = (*carried.reply, *carried.thread)
    return tuple(dict.fromkeys(each.ticket for each in found))


def thread_ticket(carried: Carried, organisation: Organisation) -> int | None:
    """The ticket that a genuine token of any kind proves; a reply token proves the thread to whoever has it, and no more."""
    keyring, agents = Keyring(organisation.desk.secrets), addresses_of(organisation)
    for reply in carried.reply:
        if whose(keyring, reply, agents) is not None:
            return reply.ticket
    return next((each.ticket for each in carried.thread if proves_thread(keyring, each)), None)


def may_reply(agent: Agent, message: Message, carried: Carried, verdict: Verdict, organisation: Organisation) -> Authorised | Refused:
    """Whether this mail speaks for the agent on the ticket of its token."""
    keyring = Keyring(organisation.desk.secrets)
    proven = next((each for each in carried.reply if proves(keyring, each, agent.address)), None)
    if (against := unfit(agent, message)) is not None:
        return against
    if proven is None:
        return why_unproven(carried, organisation)
    if (against := unauthenticated(verdict, organisation)) is not None:
        return against
    reason = f"its reply token is genuine, of ticket #{proven.ticket} and of {agent.address}; {verdict.reason}"
    return Authorised(agent, proven.ticket, reason, aside=proves_note(keyring, proven, agent.address))


def proves(keyring: Keyring, found: ReplyToken, agent: str) -> bool:
    return proves_reply(keyring, found, agent) or proves_note(keyring, found, agent)


def addresses_of(organisation: Organisation) -> tuple[str, ...]:
    return tuple(each.address for each in organisation.agents)


def may_open(agent: Agent, message: Message, verdict: Verdict) -> Refused | None:
    """Why an agent's mail without a token may not open a ticket; None when it may. It needs an aligned pass, whatever the setting."""
    if (against := unfit(agent, message)) is not None:
        return against
    if verdict.disowned:
        return Refused(f"it has no reply token, and it fails DMARC: {verdict.reason}", HeldCause.DISOWNED)
    if not verdict.aligned:
        return Refused(f"it has no reply token, and nothing proves that {agent.address} wrote it: {verdict.reason}", HeldCause.UNPROVEN)
    return None


def unfit(agent: Agent, message: Message) -> Refused | None:
    """What no proof makes good."""
    if not agent.active:
        return Refused(f"{agent.address} is not active", HeldCause.INACTIVE)
    if not message.whole:
        return Refused("it could not be read as a whole", HeldCause.INCOMPLETE)
    if not message.author_unambiguous:
        return Refused("its From field does not name exactly one address", HeldCause.AMBIGUOUS_AUTHOR)
    return None


def unauthenticated(verdict: Verdict, organisation: Organisation) -> Refused | None:
    """Why the authentication does not fit `trust.agent_authentication`; None when it does."""
    if verdict.disowned:
        return Refused(f"it fails DMARC: {verdict.reason}", HeldCause.DISOWNED)
    if organisation.trust.agent_authentication == "required" and not verdict.aligned:
        return Refused(f"nothing proves that its author sent it: {verdict.reason}", HeldCause.UNPROVEN)
    return None


def why_unproven(carried: Carried, organisation: Organisation) -> Refused:
    if not carried.reply:
        return Refused("it carries no reply token", HeldCause.NO_TOKEN)
    keyring, agents = Keyring(organisation.desk.secrets), addresses_of(organisation)
    if any(whose(keyring, each, agents) is not None for each in carried.reply):
        return Refused("its reply token is another agent's", HeldCause.OTHERS_TOKEN)
    return Refused("its reply token is not genuine", HeldCause.FORGED_TOKEN)
