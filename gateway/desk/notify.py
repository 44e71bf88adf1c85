"""Which letters follow from what happened to a ticket: built-in notifications and configured ones (C1–C7). PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.desk import audience
from gateway.desk.budget import within
from gateway.desk.standing import Standing
from gateway.domain.actor import Actor
from gateway.domain.letter import one_line
from gateway.domain.notifications import Notification
from gateway.domain.organisation import Agent, Language, Organisation
from gateway.domain.room import UNBOUNDED, Room
from gateway.domain.states import OUT_OF_SIGHT, ArticleKind, EventKind, LetterKind, Role, Status
from gateway.domain.steps import AddArticle, Addressee, Note, OpenTicket, Send, SetStatus, Step
from gateway.letters.texts import MOVED
from gateway.mail.address import address_key

MOST_RECIPIENTS = 10
"""Of a client's mail that are told of its ticket (C2)."""
ENDED = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)
WORKED_ON = (Status.NEW, Status.OPEN, Status.PENDING)
OF_STATUS = {Status.RESOLVED: LetterKind.RESOLVED, Status.CLOSED: LetterKind.CLOSED, Status.CANCELLED: LetterKind.CANCELLED}
ANSWERED = (LetterKind.REGISTERED, LetterKind.CLIENT_REPLY)
"""Events of a client's own mail: a letter about them answers it."""
CARRY_THE_ARTICLE = (LetterKind.NEW_TICKET, LetterKind.CLIENT_REPLY, LetterKind.AGENT_REPLY, LetterKind.NOTE)
"""Letters to staff about these repeat what was written."""

BUILT_IN = (
    Notification(LetterKind.REGISTERED, ("client", "recipients")),
    Notification(LetterKind.IN_PROGRESS, ("client", "recipients")),
    Notification(LetterKind.RESOLVED, ("client", "recipients")),
    Notification(LetterKind.CLOSED, ("client", "recipients")),
    Notification(LetterKind.CANCELLED, ("client", "recipients")),
    Notification(LetterKind.NEW_TICKET, ("department",)),
    Notification(LetterKind.CLIENT_REPLY, ("assignee",)),
    Notification(LetterKind.REOPENED, ("assignee",)),
    Notification(LetterKind.ASSIGNED, ("assignee",)),
)
"""What is sent with no configuration at all."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """`by_mail`: mail from outside caused it, so letters to people outside count in the budgets, and there is `room` for so many.
    `silence`: why none of them may go out. `proven` False: whoever wrote that mail may be somebody else, whose words no letter repeats.
    `instead`: agents that a rule names in place of the department; `answer`: the template that a rule answers the client with, instead of
    the registration letter's."""

    actor: Actor
    by_mail: bool = False
    silence: str | None = None
    proven: bool = True
    room: Room = UNBOUNDED
    instead: tuple[Agent, ...] = ()
    answer: str | None = None


def notifications(steps: Sequence[Step], standing: Standing, occasion: Occasion, organisation: Organisation) -> tuple[Step, ...]:
    """The letters that these steps ask for, the reply itself apart; and the events of letters that are kept back. None follows from mail
    that a rule puts out of sight: who sends spam is not answered."""
    if occasion.by_mail and standing.status in OUT_OF_SIGHT:
        return ()
    found: list[Step] = []
    for event in happened(steps, standing):
        told = dict(chosen(event, standing, organisation))
        if occasion.answer is not None and event in ANSWERED:
            told["client"] = Notification(event, ("client",), template=occasion.answer)
        for word, notification in told.items():
            found += letters(event, word, notification, standing, occasion, organisation)
    return within(without_repetition(found), occasion.room)


def happened(steps: Sequence[Step], standing: Standing) -> tuple[LetterKind, ...]:
    """A change of status that comes with an agent's reply is told in that reply, not in a second letter."""
    replied = any(isinstance(each, AddArticle) and is_reply(each) and reaches_client(each, standing) for each in steps)
    wrote = any(isinstance(each, AddArticle) and each.kind is ArticleKind.CLIENT_MESSAGE for each in steps)
    opened = any(isinstance(each, OpenTicket) for each in steps)
    found = [LetterKind.REGISTERED, LetterKind.NEW_TICKET] if opened else []
    if wrote and not opened:
        found.append(LetterKind.CLIENT_REPLY)
    if any(is_reply(each) for each in steps):
        found.append(LetterKind.AGENT_REPLY)
    if any(isinstance(each, AddArticle) and each.kind is ArticleKind.NOTE for each in steps):
        found.append(LetterKind.NOTE)
    if standing.moved and standing.assignee is None and standing.status in WORKED_ON:
        # New to those who get it.
        found.append(LetterKind.NEW_TICKET)
    if standing.assignee not in (None, standing.assigned):
        found.append(LetterKind.ASSIGNED)
    if any(isinstance(each, SetStatus) for each in steps) and not opened:
        found += of_status(standing, replied=replied, wrote=wrote)
    return tuple(found)


def of_status(standing: Standing, *, replied: bool, wrote: bool) -> Iterable[LetterKind]:
    before, after = standing.before, standing.status
    if before == after:
        return
    if after in OF_STATUS and not replied:
        yield OF_STATUS[after]
    if before is Status.NEW and after is Status.OPEN and not replied:
        yield LetterKind.IN_PROGRESS
    if before in ENDED and after in (Status.OPEN, Status.NEW) and not wrote:
        yield LetterKind.REOPENED


def is_reply(step: Step) -> bool:
    return isinstance(step, AddArticle) and step.kind is ArticleKind.AGENT_REPLY and not step.private


def reaches_client(reply: AddArticle, standing: Standing) -> bool:
    """One that names nobody goes to the client."""
    return not reply.to or any(address_key(each.address) in standing.client_keys for each in (*reply.to, *reply.cc))


def chosen(event: LetterKind, standing: Standing, organisation: Organisation) -> Iterable[tuple[str, Notification]]:
    """For each audience the narrowest notification that applies. A built-in one narrows nothing down and stands last, so that a configured
    one of the same event and audience replaces it."""
    best: dict[str, Notification] = {}
    for each in (*organisation.notifications, *BUILT_IN):
        if each.on is event and each.applies(standing.category, standing.department, standing.language):
            for word in each.to:
                if word not in best or each.narrowness > best[word].narrowness:
                    best[word] = each
    return best.items()


def style_of_reply(standing: Standing, organisation: Organisation) -> Notification | None:
    """What a configured notification says of how a reply goes to the client: its template, its From address."""
    return dict(chosen(LetterKind.AGENT_REPLY, standing, organisation)).get("client")


def letters(
    event: LetterKind, word: str, notification: Notification, standing: Standing, occasion: Occasion, organisation: Organisation
) -> Iterable[Step]:
    if notification.send == "never":
        return
    delay = notification.delay if notification.send == "delayed" else timedelta(0)
    asked_by = standing.status if delay and event in (*OF_STATUS.values(), LetterKind.IN_PROGRESS) else None
    outside = word in ("client", "recipients", "cc")
    if outside and (event is LetterKind.AGENT_REPLY or (event is LetterKind.NEW_TICKET and standing.moved)):
        # The reply itself is that letter; and to nobody outside is a ticket new that was moved.
        return
    make = to_people if outside else to_agents
    sends = make(event, word, standing, occasion, organisation)
    for each in sends:
        if not each.staff and occasion.silence is not None:
            yield Note(EventKind.SILENCED, {"kind": event, "why": occasion.silence})
        else:
            yield replace(
                each,
                from_address=notification.from_address,
                template=notification.template,
                delay=delay,
                while_status=asked_by,
                caused_by_mail=occasion.by_mail and not each.staff,
            )


def to_people(event: LetterKind, word: str, standing: Standing, occasion: Occasion, organisation: Organisation) -> Iterable[Send]:
    """Whoever acts is not told of it, but where that answers them."""
    others = standing.recipients if event is LetterKind.REGISTERED else standing.copies
    people = [standing.client] if word == "client" else others[:MOST_RECIPIENTS]
    actor = address_key(occasion.actor.address or "")
    but = frozenset() if event in ANSWERED else frozenset((actor,))
    to = audience.addressees(people, organisation, but)
    if to:
        yield Send(
            event,
            to,
            standing.language,
            about="article" if event is LetterKind.REGISTERED else "nothing",
            scale=event is LetterKind.RESOLVED and word == "client",
            participant=word != "client",
        )


def to_agents(event: LetterKind, word: str, standing: Standing, occasion: Occasion, organisation: Organisation) -> Iterable[Send]:
    for each in audience.to_staff(event, agents_meant(event, word, standing, occasion, organisation), organisation):
        if event is LetterKind.NEW_TICKET and standing.moved:
            yield replace(each, about="nothing", why=moved_in_words(standing, occasion.actor, each.language, organisation))
        elif event in CARRY_THE_ARTICLE or (event is LetterKind.ASSIGNED and standing.before is None):
            yield each
        else:
            yield replace(each, about="nothing")


def moved_in_words(standing: Standing, actor: Actor, language: Language, organisation: Organisation) -> str:
    department = organisation.department(standing.department)
    named = department.name if department is not None else standing.department
    return MOVED[language].format(name=one_line(actor.name), number=standing.number, department=named)


def agents_meant(event: LetterKind, word: str, standing: Standing, occasion: Occasion, organisation: Organisation) -> tuple[Agent, ...]:
    """`assignee` is the department where the ticket has none who could be told; an address is an agent's."""
    actor = occasion.actor.address if occasion.actor.role is Role.AGENT else None
    if occasion.instead and event in (LetterKind.NEW_TICKET, LetterKind.CLIENT_REPLY):
        return tuple(each for each in occasion.instead if each.active and each.address != actor)
    match word:
        case "department":
            return audience.staff_of(standing.department, organisation, actor)
        case "assignee":
            return assignee_or_department(event, standing, actor, organisation)
        case address:
            named = organisation.agent(address)
            return (named,) if named is not None and named.active and named.address != actor else ()


def assignee_or_department(event: LetterKind, standing: Standing, actor: str | None, organisation: Organisation) -> tuple[Agent, ...]:
    assignee = organisation.agent(standing.assignee) if standing.assignee else None
    if assignee is not None and audience.told(assignee):
        return () if assignee.address == actor else (assignee,)
    return () if event is LetterKind.ASSIGNED else audience.staff_of(standing.department, organisation, actor)


def without_repetition(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Nobody gets two letters about one event, and an agent whose the ticket has become none about its being new besides."""
    told: set[tuple[LetterKind, str]] = set()
    assigned = {each.address for step in steps if isinstance(step, Send) and step.kind is LetterKind.ASSIGNED for each in step.to}
    found: list[Step] = []
    for step in steps:
        if isinstance(step, Send):
            to = tuple(each for each in step.to if (step.kind, each.address) not in told and not spared(step, each, assigned))
            told |= {(step.kind, each.address) for each in to}
            if not to:
                continue
            step = replace(step, to=to)
        elif step in found:
            continue
        found.append(step)
    return tuple(found)


def spared(send: Send, addressee: Addressee, assigned: set[str]) -> bool:
    return send.kind is LetterKind.NEW_TICKET and addressee.address in assigned
