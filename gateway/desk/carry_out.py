"""An agent's mail on a ticket becomes steps: the reply and to whom it goes, notes, what the commands set, the receipt. PURE."""

from dataclasses import replace
from typing import TypeVar

from gateway.desk import audience
from gateway.desk.articles import article_of, files_of, remember
from gateway.desk.case import Case
from gateway.desk.colleagues import with_assignee_moved
from gateway.desk.commands.closings import opens_signature
from gateway.desk.commands.vocabulary import help_lines
from gateway.desk.merging import joined
from gateway.desk.notify import Occasion, notifications
from gateway.desk.orders import Orders, words_of_desk
from gateway.desk.replies import replies
from gateway.desk.standing import standing_of
from gateway.domain.actor import Actor
from gateway.domain.commands import Command, CommandName, Problem, Refusal
from gateway.domain.decision import Decision, Outcome
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import ArticleKind, EventKind, InboundState, LetterKind, Role, Status
from gateway.domain.steps import AddArticle, Addressee, File, Merge, Note, Person, Receipt, Send, SetDepartment, SetStatus, Step
from gateway.mail.message import Message
from gateway.tokens.masking import mask_tokens

BY_AUTHORITY = (Problem.AGENT_ELSEWHERE, Problem.FROM_NOT_ALLOWED, Problem.OTHER_CLIENT, Problem.OTHER_DEPARTMENT, Problem.INACTIVE_AGENT)
"""Problems of who may, not of how it was written."""
OF_A_REPLY = (CommandName.TO, CommandName.BCC, CommandName.FROM, CommandName.PRIVATE)
"""Commands that say how a reply is sent."""
SECRET_LINES = (CommandName.BCC, CommandName.NOTE)
"""Commands whose value stands in no event: it is nobody's but the agent's and, of a note, the article's."""


def carry_out(case: Case, agent: Agent, ticket: KnownTicket, message: Message, orders: Orders) -> Decision:
    merge: tuple[Step, ...] = ()
    if orders.merge_into is not None and (survivor := case.facts.ticket(orders.merge_into)) is not None:
        merge, ticket = (Merge(ticket.number),), joined(survivor, ticket)
    written = None if orders.aside else reply_of(message, orders)
    notes = notes_of(message, orders, written)
    if written is None:
        orders = without_reply(orders)
        if not notes and not orders.any:
            return case.ignored("nothing was written above the quoted notification, and nothing attached")
    letters = letters_of(orders, ticket, case) if written is not None else ()
    reply = addressed(written, orders, letters, ticket, case.organisation) if written is not None else None
    settings = with_assignee_moved((*opened_by_reply(ticket, reply, orders), *orders.settings), ticket, case.organisation)
    changed: tuple[Step, ...] = (*merge, *((reply,) if reply is not None else ()), *notes, *settings)
    actor = Actor(Role.AGENT, agent.name, agent.address)
    steps: tuple[Step, ...] = (
        *changed,
        remember(message),
        *letters,
        *notifications(changed, standing_of(ticket, changed), Occasion(actor), case.organisation),
        *told_of_commands(orders, agent, case.organisation),
    )
    case.reasons.extend(not_obeyed(orders))
    outcome: Outcome = "commands" if reply is None else "agent_reply"
    return case.settle(InboundState.DONE, outcome, in_words(agent, ticket, reply, letters, orders), steps, ticket.number, actor=actor)


def in_words(agent: Agent, ticket: KnownTicket, reply: AddArticle | None, letters: tuple[Send, ...], orders: Orders) -> str:
    if orders.aside:
        return f"{agent.name}'s answer to a note on ticket #{ticket.number} is a note as well"
    if reply is None:
        return f"{agent.name}'s commands are for ticket #{ticket.number}; no reply stands with them"
    if not letters:
        why = (
            "a note in it could not be told from the reply" if orders.withheld else "it is private" if orders.private else "nobody is left"
        )
        return f"{agent.name}'s reply stays on ticket #{ticket.number} and goes to nobody: {why}"
    if orders.to is not None:
        return f"{agent.name}'s reply goes onto ticket #{ticket.number} and to whom it names"
    return f"{agent.name}'s reply goes onto ticket #{ticket.number} and to its client"


def reply_of(message: Message, orders: Orders) -> AddArticle | None:
    """What goes out; None where only commands were written. Beside them a picture may be a signature's; a photograph alone is an answer."""
    attached = any(not (each.inline and orders.any) for each in message.attachments)
    if not orders.words.strip() and (not attached or orders.notes):
        return None
    article = article_of(message, ArticleKind.AGENT_REPLY, hide_tokens=True)
    unmarked, unsent = ("", orders.signature) if may_be_note(orders) else (orders.signature, "")
    signature = "\n\n".join(filter(None, (mask_tokens(unmarked), "" if orders.unsigned else article.signature)))
    quoted = "\n\n".join(filter(None, (mask_tokens(unsent), article.signature if orders.unsigned else "", article.quoted_text)))
    # The HTML twin of a mail with commands shows them, and notes with them.
    html = None if orders.any or orders.signature else article.html
    return replace(article, text=mask_tokens(orders.words), quoted_text=quoted, signature=signature, html=html)


def kept_aside(orders: Orders, message: Message) -> Orders:
    """What answers a letter that shows a note is a note as a whole: it may quote the other, and no client is to read either (X5)."""
    words = (orders.words,) if orders.words.strip() else ()
    files = ("",) if not words and not orders.notes and any(not each.inline for each in message.attachments) else ()
    return replace(orders, notes=(*words, *orders.notes, *files), words="", reply="", withheld=False, aside=True)


def may_be_note(orders: Orders) -> bool:
    """Whether what is but taken for a signature may be the rest of a note above it."""
    return bool(orders.notes) and not opens_signature(orders.signature.partition("\n")[0])


def notes_of(message: Message, orders: Orders, reply: AddArticle | None) -> tuple[AddArticle, ...]:
    """Files that came with notes alone belong to the first of them."""
    files: tuple[File, ...] = files_of(message, hide_tokens=True) if reply is None else ()
    notes = (AddArticle(ArticleKind.NOTE, mask_tokens(each), private=True) for each in orders.notes)
    return tuple(replace(each, files=files) if index == 0 else each for index, each in enumerate(notes))


def opened_by_reply(ticket: KnownTicket, reply: AddArticle | None, orders: Orders) -> tuple[Step, ...]:
    """A reply opens a new ticket, unless its status is set anyway; a private one changes nothing by itself."""
    given = any(isinstance(each, SetStatus) for each in orders.settings)
    return (SetStatus(Status.OPEN),) if reply and not reply.private and not given and ticket.status is Status.NEW else ()


def letters_of(orders: Orders, ticket: KnownTicket, case: Case) -> tuple[Send, ...]:
    """A private reply still goes to those whom `@to` names, the client never among them."""
    if orders.withheld or (orders.private and orders.to is None):
        return ()
    return replies(
        ticket,
        orders.settings,
        case.organisation,
        to=orders.to,
        more=orders.cc,
        bcc=orders.bcc,
        but_client=orders.private,
        from_address=orders.from_address,
        verified=case.facts.verified_senders,
    )


def addressed(reply: AddArticle, orders: Orders, letters: tuple[Send, ...], ticket: KnownTicket, organisation: Organisation) -> AddArticle:
    """The reply with those who stand in its To and Cc, never Bcc; Z14: private when it goes past the client, where the desk says so."""
    letter = letters[0] if letters else None
    to, cc = (letter.to, letter.cc) if letter is not None else ((), ())
    past_client = orders.to is not None and not audience.reaches_client(letter, ticket)
    department = next((each.department for each in orders.settings if isinstance(each, SetDepartment)), ticket.department)
    private = orders.private or orders.withheld or (past_client and organisation.private_without_client(department))
    return replace(reply, to=people(to), cc=people(cc), private=private)


def people(addressees: tuple[Addressee, ...]) -> tuple[Person, ...]:
    return tuple(Person(each.name, each.address) for each in addressees)


def without_reply(orders: Orders) -> Orders:
    """No reply stands with the commands, so there is nothing that these could act on."""
    idle = [each for each in orders.obeyed if each.name in OF_A_REPLY]
    return replace(
        orders,
        obeyed=tuple(each for each in orders.obeyed if each not in idle),
        refused=(*orders.refused, *(Refusal(each.name, each.value, each.line, Problem.NO_REPLY) for each in idle)),
    )


def told_of_commands(orders: Orders, agent: Agent, organisation: Organisation) -> tuple[Step, ...]:
    return (*map(refusal_event, orders.refused), *receipt(orders, agent, organisation))


def not_obeyed(orders: Orders) -> list[str]:
    return [f"not obeyed: @{each.name} ({each.problem.replace('_', ' ')})" for each in orders.refused]


def refusal_event(refusal: Refusal) -> Note:
    kind = EventKind.COMMAND_REFUSED if refusal.problem in BY_AUTHORITY else EventKind.COMMAND_IGNORED
    value = {} if refusal.name in SECRET_LINES else {"value": refusal.value}
    return Note(kind, {"command": refusal.name, "why": refusal.problem, **value})


def receipt(orders: Orders, agent: Agent, organisation: Organisation) -> tuple[Send, ...]:
    """X5: what was not obeyed and why, by `desk.receipts`; `@help` is answered whatever that says."""
    wanted = organisation.desk.receipts
    language = audience.language_of_agent(agent, organisation)
    told = Receipt(
        refused=tuple(map(without_note, orders.refused)) if wanted != "never" else (),
        done=tuple(without_note(each).line for each in orders.obeyed if each.name is not CommandName.HELP) if wanted == "always" else (),
        help=help_lines(words_of_desk(organisation), language) if orders.help else (),
    )
    if not (told.refused or told.done or told.help):
        return ()
    to = (Addressee(agent.name, agent.address, agent.address),)
    return (Send(LetterKind.RECEIPT, to, language, staff=True, about="nothing", receipt=told),)


Line = TypeVar("Line", Command, Refusal)


def without_note(line: Line) -> Line:
    """The words of a note are in no letter, not even in one to who wrote it (X5)."""
    if line.name is not CommandName.NOTE or not line.value:
        return line
    return replace(line, value="", line=f"{line.line.strip().split(maxsplit=1)[0]} …")
