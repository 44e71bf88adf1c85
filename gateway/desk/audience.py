"""Who is told of what: the addressees of letters. PURE.

No letter ever goes to an address of our own, and staff letters go one body a language.
"""

from collections.abc import Iterable

from gateway.desk.identify import is_ours
from gateway.domain.facts import KnownTicket, Participant
from gateway.domain.letter import UnsafeHeaderError, check_address
from gateway.domain.organisation import Agent, Department, Gateway, Language, Organisation
from gateway.domain.states import LetterKind
from gateway.domain.steps import Addressee, Person, Send
from gateway.mail.address import address_key
from gateway.mail.message import Mailbox


def language_of(gateway: Gateway | None, department: Department | None, organisation: Organisation) -> Language:
    """U11: the language that clients of this address are written to in."""
    return (gateway and gateway.language) or (department and department.language) or organisation.desk.language


def staff_of(department: str, organisation: Organisation, without: str | None = None) -> tuple[Agent, ...]:
    return tuple(each for each in organisation.agents if told(each) and department in each.departments and each.address != without)


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
            by_language.setdefault(agent.language or organisation.desk.language, []).append(agent)
    return tuple(
        Send(kind, tuple(Addressee(each.name, each.address, each.address) for each in told), language, staff=True, why=why)
        for language, told in by_language.items()
    )


def to_client(kind: LetterKind, ticket: KnownTicket, organisation: Organisation) -> Send | None:
    """An agent's words to the client, with the ticket's Cc; None where nobody outside is left to write to."""
    to = addressees([requester_of(ticket)], organisation)
    cc = addressees([Person(each.name, each.address) for each in ticket.participants if each.part == "cc"], organisation, but=to)
    if not to and not cc:
        return None
    return Send(kind, to or cc, ticket.language, cc=cc if to else (), automatic=False)


def requester_of(ticket: KnownTicket) -> Person:
    """The client at the address that they opened this ticket from: they may have others, at work and at home."""
    address = next((each.address for each in ticket.participants if each.part == "requester"), ticket.client.address)
    return Person(ticket.client.name, address)


def addressees(people: Iterable[Person], organisation: Organisation, but: tuple[Addressee, ...] = ()) -> tuple[Addressee, ...]:
    """Those who can be written to, each once."""
    seen = {address_key(each.address) for each in but}
    found = []
    for each in people:
        key = address_key(each.address)
        if key and key not in seen and not is_ours(key, organisation) and can_be_written_to(each.address):
            seen.add(key)
            found.append(Addressee(each.name, each.address))
    return tuple(found)


def others_named(mailboxes: Iterable[Mailbox], author_key: str, trusted: bool, organisation: Organisation) -> tuple[Participant, ...]:
    """Who else stands in To and Cc: participants where the author is authenticated, else only remembered. Fifty at most."""
    found: dict[str, Participant] = {}
    for each in mailboxes:
        outside = each.key and each.key != author_key and not is_ours(each.key, organisation) and organisation.agent(each.key) is None
        if outside and each.key not in found:
            found[each.key] = Participant(each.key, each.address, each.name, "cc" if trusted else "named")
    return tuple(found.values())[:50]


def can_be_written_to(address: str) -> bool:
    """Whether the address fits into an envelope and a header as it is."""
    try:
        check_address(address)
    except UnsafeHeaderError:
        return False
    return True
