"""Who wrote a message: one of our agents, somebody outside, ourselves, or nobody who can be named (U4, Z11). PURE."""

from dataclasses import dataclass

from gateway.desk.route import Route, route
from gateway.domain.organisation import Agent, ClientIdentity, Organisation
from gateway.domain.steps import Person
from gateway.mail.address import address_key
from gateway.mail.message import Mailbox, Message
from gateway.tokens.carriers import is_reply_address


@dataclass(frozen=True, slots=True)
class FromAgent:
    agent: Agent
    person: Person
    key: str


@dataclass(frozen=True, slots=True)
class FromOutside:
    """A client, known or not. `key` is the normalised address."""

    person: Person
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class FromOurselves:
    """A gateway address of ours stands in From: it is nobody's account."""

    address: str


@dataclass(frozen=True, slots=True)
class FromNobody:
    reason: str


Writer = FromAgent | FromOutside | FromOurselves | FromNobody


def identify(
    message: Message, recipients: tuple[str, ...], reverse_path: str, organisation: Organisation, department: str | None = None
) -> Writer:
    """The author; where From is missing or unreadable, the first of Reply-To, Sender and the reverse-path that is an address.

    `recipients` are the envelope's, normalised: by whom the client is known may be the department's to say, the first one's that was
    written to or `department`.
    """
    author = message.author if message.author is not None and message.author.key else None
    if author is not None and (agent := organisation.agent(author.key)) is not None:
        return FromAgent(agent, person(author), author.key)
    if author is not None and is_ours(author.key, organisation):
        return behind_our_address(author, message, organisation)
    if author is not None:
        return client_of(author, message, client_identity(message, recipients, organisation, department), organisation)
    return without_author(message, reverse_path, organisation)


def client_of(author: Mailbox, message: Message, identity: ClientIdentity, organisation: Organisation) -> Writer:
    """Z11: by From, or by Reply-To's first address where the department or the desk says so."""
    if identity == "reply-to":
        first = next((each for each in message.reply_to if each.key), None)
        if first is not None and not is_ours(first.key, organisation) and organisation.agent(first.key) is None:
            return FromOutside(named_like(first, author), first.key, "Reply-To names the client, as client_identity says")
    return FromOutside(person(author), author.key, "From names the client")


def client_identity(message: Message, recipients: tuple[str, ...], organisation: Organisation, department: str | None) -> ClientIdentity:
    if not message.reply_to:
        return "from"
    routed = route(message, recipients, organisation, department)
    return organisation.client_identity(routed.gateway.department) if isinstance(routed, Route) else organisation.desk.client_identity


def behind_our_address(author: Mailbox, message: Message, organisation: Organisation) -> Writer:
    """A site's contact form often writes in our own name and puts the visitor into Reply-To."""
    first = next((each for each in message.reply_to if each.key), None)
    if first is None or is_ours(first.key, organisation) or organisation.agent(first.key) is not None:
        return FromOurselves(author.address)
    return FromOutside(named_like(first, author), first.key, "From is our own address, Reply-To names the client")


def without_author(message: Message, reverse_path: str, organisation: Organisation) -> Writer:
    others: list[tuple[str, Mailbox]] = [("Reply-To", each) for each in message.reply_to[:1]]
    if message.originator is not None:
        others.append(("Sender", message.originator))
    if reverse_path:
        others.append(("the reverse-path", Mailbox("", reverse_path, address_key(reverse_path))))
    for where, mailbox in others:
        if mailbox.key and not is_ours(mailbox.key, organisation) and organisation.agent(mailbox.key) is None:
            return FromOutside(person(mailbox), mailbox.key, f"From names nobody; {where} names the client")
    return FromNobody("neither From nor Reply-To, Sender or the reverse-path names anybody who could be answered")


def original_author(message: Message, department: str, organisation: Organisation) -> FromOutside | None:
    """Z13: whose ticket it is that an agent opens by passing a mail on; None where it is the agent's own."""
    author = message.forwarded.author if message.forwarded is not None else None
    if author is None or not author.key or not organisation.requester_from_forward(department):
        return None
    if is_ours(author.key, organisation) or organisation.agent(author.key) is not None:
        return None
    return FromOutside(person(author), author.key, "the mail is passed on, and its original author is the client (requester_from_forward)")


def is_ours(key: str, organisation: Organisation) -> bool:
    """A gateway address, an address that a catch-all gateway takes, or the reply address; never an agent's own."""
    if organisation.agent(key) is not None:
        return False
    return organisation.gateway(key) is not None or is_reply_address(key, organisation.desk.reply_address)


def is_of_the_desk(key: str, organisation: Organisation) -> bool:
    """Besides: what else the listener takes mail for, an outside mailbox that forwards to us, or that we write from. Nobody takes part in
    a ticket under it."""
    forwards = (each for gateway in organisation.gateways for each in gateway.forwarded_from)
    taken = is_ours(key, organisation) or organisation.takes_postmaster(key) or organisation.takes_bounces(key)
    return taken or key in forwards or any(each.address == key for each in organisation.from_addresses)


def person(mailbox: Mailbox) -> Person:
    return Person(mailbox.name, mailbox.address)


def named_like(mailbox: Mailbox, author: Mailbox) -> Person:
    return Person(mailbox.name or author.name, mailbox.address)
