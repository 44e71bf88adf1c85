"""Who is told of what: the addressees of letters. PURE.

No letter ever goes to an address of our own, and staff letters go one body a language.
"""

from collections.abc import Iterable

from gateway.desk.identify import is_of_the_desk, is_ours
from gateway.domain.facts import KnownTicket, Participant
from gateway.domain.letter import UnsafeHeaderError, check_address
from gateway.domain.organisation import Agent, Department, Gateway, Language, Organisation
from gateway.domain.states import LetterKind
from gateway.domain.steps import Addressee, Person, Send
from gateway.mail.address import address_key
from gateway.mail.message import Mailbox

MOST_COPIES = 10
"""Recipients of one mail who become part of its ticket."""
MOST_PARTICIPANTS = 50
"""People besides the client whom a ticket knows."""


def language_of(gateway: Gateway | None, department: Department | None, organisation: Organisation) -> Language:
    """U11: the language that clients of this address are written to in."""
    return (gateway and gateway.language) or (department and department.language) or organisation.desk.language


def language_of_agent(agent: Agent, organisation: Organisation) -> Language:
    return agent.language or organisation.desk.language


def staff_of(department: str, organisation: Organisation, *without: str | None) -> tuple[Agent, ...]:
    return tuple(each for each in organisation.agents if told(each) and department in each.departments and each.address not in without)


def told(agent: Agent) -> bool:
    return agent.active and agent.notify


def handlers(ticket: KnownTicket, organisation: Organisation) -> tuple[Agent, ...]:
    """The assignee, or the department where there is none who could be told."""
    assignee = organisation.agent(ticket.assignee) if ticket.assignee else None
    return (assignee,) if assignee is not None and told(assignee) else staff_of(ticket.department, organisation)


def to_staff(kind: LetterKind, agents: Iterable[Agent], organisation: Organisation, why: str = "") -> tuple[Send, ...]:
    """A letter a language, each agent with a reply token of their own."""
    by_language: dict[Language, list[Agent]] = {}
    for agent in agents:
        if not is_ours(agent.address, organisation):
            by_language.setdefault(language_of_agent(agent, organisation), []).append(agent)
    return tuple(
        Send(kind, tuple(Addressee(each.name, each.address, each.address) for each in told), language, staff=True, why=why)
        for language, told in by_language.items()
    )


def to_client(
    kind: LetterKind,
    ticket: KnownTicket,
    organisation: Organisation,
    to: Iterable[Person] | None = None,
    more: Iterable[Person] = (),
    bcc: Iterable[Person] = (),
    but_client: bool = False,
) -> Send | None:
    """An agent's words to the client, with the ticket's Cc and `more`; `to` replaces both. None where nobody outside is left to write to.

    `but_client` leaves the client out wherever they are named.
    """
    known = (Person(each.name, each.address) for each in ticket.participants if each.part == "cc")
    but = client_keys(ticket) if but_client else frozenset()
    first = addressees(to if to is not None else [requester_of(ticket)], organisation, but)
    cc = addressees((*(() if to is not None else known), *more), organisation, but | keys_of(first))
    if not first and not cc:
        return None
    blind = addressees(bcc, organisation, but | keys_of((*first, *cc)))
    return Send(kind, first or cc, ticket.language, cc=cc if first else (), bcc=blind, automatic=False)


def reaches_client(letter: Send | None, ticket: KnownTicket) -> bool:
    named = (*letter.to, *letter.cc, *letter.bcc) if letter is not None else ()
    return any(address_key(each.address) in client_keys(ticket) for each in named)


def client_keys(ticket: KnownTicket) -> frozenset[str]:
    return frozenset((*ticket.client.keys, *(each.key for each in ticket.participants if each.part == "requester")))


def requester_of(ticket: KnownTicket) -> Person:
    """The client at the address that they opened this ticket from: they may have others, at work and at home."""
    address = next((each.address for each in ticket.participants if each.part == "requester"), ticket.client.address)
    return Person(ticket.client.name, address)


def addressees(people: Iterable[Person], organisation: Organisation, but: frozenset[str] = frozenset()) -> tuple[Addressee, ...]:
    """Those who can be written to, each once; never those of the keys in `but`."""
    seen = set(but)
    found = []
    for each in people:
        key = address_key(each.address)
        if key and key not in seen and not is_ours(key, organisation) and can_be_written_to(each.address):
            seen.add(key)
            found.append(Addressee(each.name, each.address))
    return tuple(found)


def keys_of(addressees: Iterable[Addressee]) -> frozenset[str]:
    return frozenset(address_key(each.address) for each in addressees)


def others_named(
    mailboxes: Iterable[Mailbox], author_key: str, trusted: bool, organisation: Organisation, but: str | None = None
) -> tuple[Participant, ...]:
    """Who else stands in To and Cc: ten take part where the author is authenticated (C2), the others are but remembered.

    Never mailboxes of the desk's own, nor `but`, an outside address that this ticket's mail is forwarded from.
    """
    found: dict[str, Participant] = {}
    without = {"", author_key, address_key(but or "")}
    for each in mailboxes:
        outside = each.key not in without and not is_of_the_desk(each.key, organisation) and organisation.agent(each.key) is None
        if outside and each.key not in found:
            found[each.key] = Participant(each.key, each.address, each.name, "cc" if trusted and len(found) < MOST_COPIES else "named")
    return tuple(found.values())[:MOST_PARTICIPANTS]


def with_room(people: Iterable[Participant], ticket: KnownTicket | None) -> tuple[Participant, ...]:
    """Those for whom the ticket has room. Whoever stands there already takes none."""
    there = {each.key: each.part for each in ticket.participants} if ticket is not None else {}
    left = MOST_PARTICIPANTS - sum(part != "requester" for part in there.values())
    found: list[Participant] = []
    for each in people:
        new = each.key not in there
        if not new or left > 0:
            left -= new
            found.append(each)
    return tuple(found)


def can_be_written_to(address: str) -> bool:
    """Whether the address fits into an envelope and a header as it is."""
    try:
        check_address(address)
    except UnsafeHeaderError:
        return False
    return True
