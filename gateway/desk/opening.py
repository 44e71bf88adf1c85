"""A new ticket, by whoever wrote, and whether its client is told of it. PURE."""

from dataclasses import dataclass, replace

from gateway.desk import audience
from gateway.desk.articles import article_of, own_words, remember
from gateway.desk.budget import in_words, of_new_ticket
from gateway.desk.carry_out import not_obeyed, notes_of, told_of_commands, without_reply
from gateway.desk.case import Case
from gateway.desk.forwarding.confirmations import MARKS, is_confirmation, with_code_on_top
from gateway.desk.identify import FromAgent, FromOutside, original_author
from gateway.desk.notify import Occasion, notifications
from gateway.desk.orders import Orders, read_orders
from gateway.desk.route import Route, outside_address
from gateway.desk.ruling import Ruling, without_department
from gateway.desk.standing import standing_of_new
from gateway.domain.actor import Actor
from gateway.domain.commands import CommandName, Problem, Refusal
from gateway.domain.decision import Decision
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import ArticleKind, EventKind, InboundState, LetterKind, Role
from gateway.domain.steps import AddArticle, Addressee, Join, Note, OpenTicket, Person, Receipt, Send, SetDepartment, Step
from gateway.mail.message import Body, Mailbox, Message
from gateway.tokens.masking import mask_tokens


@dataclass(frozen=True, slots=True)
class Opening:
    """Of one ticket: its client, first article and what else happens at once. `told`: whether its client gets letters about it."""

    client: FromOutside
    actor: Actor
    subject: str
    article: AddArticle
    department: str
    related: int | None = None
    told: bool = True
    settings: tuple[Step, ...] = ()
    """What the ticket is besides: notes, tags, assignee and the like."""
    more: tuple[Step, ...] = ()
    instead: tuple[Agent, ...] = ()
    """Agents whom a rule tells in place of the department."""
    answer: str | None = None
    """The template that a rule answers with."""


def opened_by_client(case: Case, writer: FromOutside, routed: Route, related: int | None, ruling: Ruling) -> Decision:
    department = ruling.department or routed.gateway.department
    article, marks = article_of(case.message, ArticleKind.CLIENT_MESSAGE), tuple[Step, ...]()
    if is_confirmation(case):
        language = audience.language_of(routed.gateway, case.organisation.department(department), case.organisation)
        article, marks = with_code_on_top(article, case, language), MARKS
    opening = Opening(
        client=writer,
        actor=Actor(Role.CLIENT, writer.person.name, writer.person.address),
        subject=case.message.subject,
        article=article,
        department=department,
        related=related,
        settings=(*marks, *without_department(ruling.settings)),
        more=ruling.events,
        instead=ruling.instead,
        answer=ruling.answer,
    )
    return opened(case, routed, opening)


def opened_by_agent(case: Case, writer: FromAgent, routed: Route) -> Decision:
    """Z13: a client's mail that an agent passes on is that client's, where department or desk says so."""
    agent, message = writer.agent, case.message
    actor = Actor(Role.AGENT, agent.name, agent.address)
    words, rest = own_words(message)
    body = replace(message.body, new_text=words)
    orders = without_reply(orders_of_opening(body, agent, routed.gateway.department, case))
    if asks_for_help_alone(message, orders, rest):
        steps = told_of_commands(orders, agent, case.organisation)
        return case.settle(InboundState.DONE, "commands", f"{agent.name} asks for help, and opens no ticket", steps, actor=actor)
    case.reasons.extend(not_obeyed(orders))
    client = original_author(message, routed.gateway.department, case.organisation)
    if client is not None:
        case.reasons.append(f"{client.reason}: {client.key}")
        article = passed_on(replace(message, body=replace(body, new_text=rest)), client)
        notes = (*said_beside(orders), *notes_of(message, orders, article))
    else:
        article = article_with(message, orders, rest)
        notes = notes_of(message, orders, article)
    department = next((each.department for each in orders.settings if isinstance(each, SetDepartment)), routed.gateway.department)
    told = told_of_commands(orders, agent, case.organisation)
    opening = Opening(
        client=client or FromOutside(writer.person, writer.key, ""),
        actor=actor,
        subject=(message.forwarded.subject if client is not None and message.forwarded is not None else "") or message.subject,
        article=article,
        department=department,
        told=client is not None,
        settings=(*notes, *(each for each in orders.settings if not isinstance(each, SetDepartment))),
        more=told if client is None else told_whose_it_is(told, agent, case.organisation),
    )
    return opened(case, routed, opening)


def told_whose_it_is(steps: tuple[Step, ...], agent: Agent, organisation: Organisation) -> tuple[Step, ...]:
    """Z13: the agent learns for whom the ticket is, in the receipt of their commands where there is one."""
    written = next((each for each in steps if isinstance(each, Send) and each.receipt is not None), None)
    if written is not None and written.receipt is not None:
        told = replace(written, receipt=replace(written.receipt, passed_on=True))
        return tuple(told if each is written else each for each in steps)
    to, language = (Addressee(agent.name, agent.address, agent.address),), audience.language_of_agent(agent, organisation)
    return (*steps, Send(LetterKind.RECEIPT, to, language, staff=True, about="nothing", receipt=Receipt(passed_on=True)))


def asks_for_help_alone(message: Message, orders: Orders, rest: str) -> bool:
    written = orders.words.strip() or rest.strip() or orders.notes or orders.settings
    return orders.help and not written and all(each.inline for each in message.attachments)


def orders_of_opening(body: Body, agent: Agent, department: str, case: Case) -> Orders:
    """B2: on a ticket of another department the commands of an agent count for nothing."""
    orders = read_orders(body, agent, department, None, case.facts, case.organisation)
    if department in agent.departments:
        return orders
    helped = tuple(each for each in orders.obeyed if each.name is CommandName.HELP)
    idle = (each for each in orders.obeyed if each not in helped)
    refused = (Refusal(each.name, each.value, each.line, Problem.OTHER_DEPARTMENT, (department,)) for each in idle)
    return Orders(
        orders.reply,
        orders.reply,
        orders.signature,
        notes=orders.notes,
        help=orders.help,
        obeyed=helped,
        refused=(*orders.refused, *refused),
    )


def article_with(message: Message, orders: Orders, rest: str) -> AddArticle:
    """The agent's own message, without its commands."""
    article = article_of(message, ArticleKind.CLIENT_MESSAGE)
    if not orders.any:
        return article
    signature = "\n\n".join(filter(None, (orders.signature, article.signature)))
    return replace(article, text="\n\n".join(filter(None, (orders.words, rest))), signature=signature, html=None)


def passed_on(message: Message, client: FromOutside) -> AddArticle:
    """The forwarded words as their author's. `message` is what the agent's mail holds beside the agent's own words: it stands under them as
    quoted. The agent's words do not, for among them may be notes."""
    assert message.forwarded is not None
    original = message.forwarded
    article = article_of(message, ArticleKind.CLIENT_MESSAGE, hide_tokens=True)
    return replace(
        article,
        text=mask_tokens(original.text),
        quoted_text="\n\n".join(filter(None, (article.text, article.quoted_text))),
        signature="",
        html=None,
        to=tuple(Person(each.name, each.address) for each in original.to),
        cc=tuple(Person(each.name, each.address) for each in original.cc),
        author=Actor(Role.CLIENT, client.person.name, client.person.address),
    )


def said_beside(orders: Orders) -> tuple[AddArticle, ...]:
    """What the agent wrote above the mail that they pass on is for colleagues."""
    return (AddArticle(ArticleKind.NOTE, mask_tokens(orders.words), private=True),) if orders.words.strip() else ()


def opened(case: Case, routed: Route, opening: Opening) -> Decision:
    writer, organisation = opening.client, case.organisation
    known = case.facts.client
    ticket = OpenTicket(
        subject=opening.subject,
        department=opening.department,
        gateway=routed.address,
        language=audience.language_of(routed.gateway, organisation.department(opening.department), organisation),
        client=writer.person,
        client_key=writer.key,
        client_id=known.id if known is not None else None,
        category=routed.gateway.category,
        related=opening.related,
        written_to=outside_address(case.message, routed, organisation),
    )
    changed: tuple[Step, ...] = (ticket, opening.article, joining(case, writer, but=ticket.written_to), *opening.settings)
    by_mail = opening.actor.role is not Role.AGENT
    silence = why_silent(case) if by_mail else None
    room = case.facts.room.with_bound(of_new_ticket(organisation.budget.per_ticket_day))
    occasion = Occasion(opening.actor, by_mail=by_mail, silence=silence, room=room, instead=opening.instead, answer=opening.answer)
    letters = notifications(changed, standing_of_new(ticket, changed), occasion, organisation)
    case.reasons.extend(in_words(letters))
    steps: tuple[Step, ...] = (
        *changed,
        remember(case.message),
        *(Note(EventKind.ALSO_ADDRESSED, {"gateway": each}) for each in routed.also),
        *(each for each in letters if opening.told or (isinstance(each, Send) and each.staff)),
        *opening.more,
    )
    why = f"a new ticket of {writer.person.address} in the department {ticket.department!r}"
    return case.settle(InboundState.DONE, "ticket", why, steps, actor=opening.actor, gateway=routed.address)


def why_silent(case: Case) -> str | None:
    """Why no automatic letter may answer this mail; None when one may."""
    if case.message.automatic is not None:
        return case.message.automatic
    if case.message.kind in ("auto_reply", "forwarding_confirmation"):
        return case.message.reason
    if not case.reverse_path:
        # RFC 5321 §4.5.5: a null reverse-path wants no answer.
        return "it came with the null reverse-path"
    if any(map(case.organisation.takes_bounces, case.recipients)):
        return "it was written to the return address of a letter of ours, as programs do"
    if case.verdict.disowned:
        return "its author's domain disowns it (DMARC fail)"
    return case.facts.spent


def joining(case: Case, writer: FromOutside, requester: bool = True, ticket: KnownTicket | None = None, but: str | None = None) -> Join:
    """Participants are added only by an authenticated requester; the others are remembered, and get nothing. `but` is the outside mailbox
    that a new ticket was written to, and no participant."""
    proven = case.verdict.aligned and not case.verdict.disowned and case.message.author_unambiguous
    match case.organisation.desk.notify_recipients:
        case "never":
            proven = False
        case "always":
            proven = not case.verdict.disowned
        case "authenticated":
            pass
    trusted = requester and proven
    mailboxes: tuple[Mailbox, ...] = (*case.message.to, *case.message.cc)
    but = ticket.written_to if ticket is not None else but
    return Join(audience.with_room(audience.others_named(mailboxes, writer.key, trusted, case.organisation, but), ticket))
