"""Facts for a message that is explained without a database: what its genuine tokens imply, and nothing else. PURE."""

from dataclasses import replace

from gateway.desk.authority import carried_tokens, thread_ticket
from gateway.desk.identify import FromAgent, FromOutside, identify
from gateway.desk.orders import tickets_named
from gateway.domain.facts import Facts, KnownClient, KnownTicket
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import Priority, Status
from gateway.mail.message import Message


def suppose(message: Message, recipients: tuple[str, ...], reverse_path: str, organisation: Organisation) -> tuple[Facts, tuple[str, ...]]:
    """The facts, and in words what was assumed."""
    assumed = ["it has not been seen before", "its authentication is not checked here: nothing proves who wrote it"]
    number = thread_ticket(carried_tokens(message, recipients, organisation), organisation)
    if number is None:
        assumed.append("its author is not a known client, and no ticket remembers an id that it names")
        return Facts(), tuple(f"assumed: {each}" for each in assumed)
    writer = identify(message, recipients, reverse_path, organisation)
    if isinstance(writer, FromOutside):
        client = KnownClient(0, writer.person.name, writer.person.address, (writer.key,))
        assumed.append(f"{writer.key} is the client of ticket #{number}, which is open")
    else:
        client = KnownClient(0, "", "", ())
        assumed.append(f"ticket #{number} is open")
    writing = writer.agent if isinstance(writer, FromAgent) else None
    ticket = replace(open_ticket(number, writing, organisation), subject=message.subject, client=client)
    others = likened(ticket, message, organisation)
    assumed += [f"ticket #{each.number} is of the same client and department" for each in others]
    return Facts(tickets=(ticket, *others)), tuple(f"assumed: {each}" for each in assumed)


def suppose_the_ticket(message: Message, author: Agent, organisation: Organisation) -> tuple[KnownTicket, Facts, Organisation]:
    """For the commands of an agent's mail that names neither a ticket we know nor a gateway: whose department it is, nobody can say here,
    so nobody is refused for theirs."""
    ticket = open_ticket(0, author, organisation)
    colleagues = (replace(each, departments=(*each.departments, ticket.department)) for each in organisation.agents)
    return ticket, Facts(tickets=likened(ticket, message, organisation)), replace(organisation, agents=tuple(colleagues))


def open_ticket(number: int, agent: Agent | None, organisation: Organisation) -> KnownTicket:
    """Of the agent's first department, else of the default gateway's."""
    gateway = organisation.default_gateway
    departments = agent.departments if agent is not None else ()
    return KnownTicket(
        number=number,
        subject="",
        status=Status.OPEN,
        priority=Priority.NORMAL,
        department=departments[0] if departments else gateway.department,
        gateway=gateway.address,
        language=organisation.desk.language,
        client=KnownClient(0, "", "", ()),
    )


def likened(ticket: KnownTicket, message: Message, organisation: Organisation) -> tuple[KnownTicket, ...]:
    """Those that the mail's commands name, as if they were of the same client and department."""
    return tuple(replace(ticket, number=each) for each in tickets_named(message.body.new_text, organisation) if each != ticket.number)
