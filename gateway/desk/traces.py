"""The rows that steps leave behind beside the ticket itself: their events, and what hangs on it. PURE."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from gateway.auth.organisational import organisational_domain
from gateway.desk.remembered import id_key, subject_key
from gateway.desk.telling import Cause
from gateway.domain.actor import Actor
from gateway.domain.facts import KnownTicket, Part
from gateway.domain.states import ArticleKind, EventKind, Role, Status
from gateway.domain.steps import (
    AddArticle,
    AddCc,
    AddTags,
    Assign,
    Join,
    Lift,
    MarkAnswered,
    MarkArrived,
    MarkBounced,
    MarkDelayed,
    Merge,
    Note,
    OpenTicket,
    Person,
    Remember,
    RemoveCc,
    RemoveTags,
    Send,
    SetCategory,
    SetDepartment,
    SetPriority,
    SetStatus,
    SetSubject,
    Setting,
    Step,
    Suppress,
)
from gateway.mail.address import address_key
from storage.changes import Attached, Row

ENDED = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)
COLUMN = {
    SetStatus: "status",
    SetCategory: "category",
    SetPriority: "priority",
    SetDepartment: "department",
    SetSubject: "subject",
    Assign: "assignee",
}
CHANGED = {
    SetStatus: EventKind.STATUS_CHANGED,
    SetCategory: EventKind.CATEGORY_CHANGED,
    SetPriority: EventKind.PRIORITY_CHANGED,
    SetDepartment: EventKind.DEPARTMENT_CHANGED,
    SetSubject: EventKind.SUBJECT_CHANGED,
    Assign: EventKind.ASSIGNED,
}
ARTICLE_EVENT = {
    ArticleKind.CLIENT_MESSAGE: EventKind.CLIENT_REPLIED,
    ArticleKind.AGENT_REPLY: EventKind.REPLIED,
    ArticleKind.NOTE: EventKind.NOTE_ADDED,
    ArticleKind.NOTICE: EventKind.NOTE_ADDED,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Of what a message's automatic letters are counted by: the author's key, the peer's network, the subject."""

    author_key: str = ""
    network: str = ""
    subject: str = ""


NO_SOURCE = Source()


def value_of(step: Setting) -> str | None:
    match step:
        case SetStatus():
            return step.status
        case SetCategory():
            return step.category
        case SetPriority():
            return step.priority
        case SetDepartment():
            return step.department
        case SetSubject():
            return step.subject
        case Assign():
            return step.agent


def note_step(
    step: Step, number: int | None, before: KnownTicket | None, cause: Cause, rows: Attached, warnings: tuple[str, ...] = ()
) -> None:
    """The rows that a step adds: its event, and what hangs on the ticket. `warnings` are of the article that the steps add."""
    if number is None:
        return
    warned: dict[str, object] = {"warnings": list(warnings)} if warnings else {}
    match step:
        case OpenTicket():
            data = {"department": step.department, "gateway": step.gateway} | ({"related": step.related} if step.related else {})
            rows.events.append(event(EventKind.CREATED, number, cause, data | warned | proof(cause)))
        case AddArticle(kind=ArticleKind.NOTE):
            rows.events.append(event(EventKind.NOTE_ADDED, number, cause))
        case AddArticle():
            if before is not None:
                extra = ({} if step.verified else {"verified": False}) | ({"private": True} if step.private else {})
                rows.events.append(event(ARTICLE_EVENT[step.kind], number, cause, extra | warned | proof(cause)))
        case SetStatus() | SetCategory() | SetPriority() | SetDepartment() | SetSubject() | Assign():
            rows.events += changed(step, number, before, cause)
        case AddTags() | AddCc() | Merge() | Join() | Remember():
            hang_on(step, number, before, cause, rows)
        case RemoveTags() | RemoveCc():
            rows.events += taken_off(step, number, before, cause)
        case Note():
            rows.events.append(event(step.kind, number, cause, step.data))
        case MarkBounced() | MarkDelayed() | Suppress() | Lift() | MarkArrived() | MarkAnswered() | Send():
            pass
        case _:
            assert_never(step)


def hang_on(step: AddTags | AddCc | Merge | Join | Remember, number: int, before: KnownTicket | None, cause: Cause, rows: Attached) -> None:
    match step:
        case AddTags():
            keyed_tags = {tag_key(each): each for each in step.tags}
            rows.tags += [{"ticket": number, "key": key, "tag": each} for key, each in keyed_tags.items()]
            there = {tag_key(each) for each in before.tags} if before is not None else set()
            new = [each for key, each in keyed_tags.items() if key not in there]
            if new:
                rows.events.append(event(EventKind.TAGGED, number, cause, {"added": new}))
        case AddCc():
            keyed = {address_key(each.address): each for each in step.people}
            rows.participants += [participant(number, key, each, "cc") for key, each in keyed.items()]
            new = [each.address for key, each in keyed.items() if before is None or not before.takes_part(key)]
            if new:
                rows.events.append(event(EventKind.CC_CHANGED, number, cause, {"added": new}))
        case Merge():
            rows.events.append(event(EventKind.MERGED, number, cause, {"from": step.source}))
            rows.events.append(event(EventKind.MERGED, step.source, cause, {"into": number}))
        case Join():
            rows.participants += [participant(number, each.key, Person(each.name, each.address), each.part) for each in step.people]
        case Remember():
            rows.ids += [{"key": id_key(each).hex(), "ticket": number, "relation": "is"} for each in step.own]
            rows.ids += [{"key": id_key(each).hex(), "ticket": number, "relation": "refers"} for each in step.refers]
        case _:
            assert_never(step)


def taken_off(step: RemoveTags | RemoveCc, number: int, before: KnownTicket | None, cause: Cause) -> Iterable[dict[str, object]]:
    """What was not there is no event."""
    if before is None:
        return
    match step:
        case RemoveTags():
            keys = {tag_key(each) for each in step.tags}
            kind, gone = EventKind.TAGGED, [each for each in before.tags if tag_key(each) in keys]
        case RemoveCc():
            keys = {address_key(each.address) for each in step.people}
            kind, gone = EventKind.CC_CHANGED, [each.address for each in before.participants if each.part == "cc" and each.key in keys]
        case _:
            assert_never(step)
    if gone:
        yield event(kind, number, cause, {"removed": gone})


def tag_key(tag: str) -> str:
    """O7: by which tags are compared."""
    return unicodedata.normalize("NFC", tag).casefold()


def participant(ticket: int, key: str, person: Person, part: Part) -> Row:
    return {"ticket": ticket, "key": key, "address": person.address, "name": person.name, "part": part}


def changed(step: Setting, number: int, before: KnownTicket | None, cause: Cause) -> Iterable[dict[str, object]]:
    old = getattr(before, COLUMN[type(step)]) if before is not None else None
    new = value_of(step)
    if old == new:
        return
    yield event(CHANGED[type(step)], number, cause, {"from": old, "to": new})
    if isinstance(step, SetStatus) and old in ENDED and step.status in (Status.OPEN, Status.NEW):
        yield event(EventKind.REOPENED, number, cause, {"from": old})


def proof(cause: Cause) -> dict[str, object]:
    """What authenticates the mail behind an article."""
    verdict = cause.verdict
    if verdict is None:
        return {}
    return {"auth": {"spf": verdict.spf, "dkim": verdict.dkim, "dmarc": verdict.dmarc, "arc": verdict.arc, "aligned": verdict.aligned}}


def event(kind: EventKind, number: int, cause: Cause, data: Mapping[str, object] | None = None) -> dict[str, object]:
    actor = cause.actor
    return {
        "ticket": number,
        "kind": kind,
        "actor_role": actor.role,
        "actor": told_as(actor),
        "data": dict(data or {}),
        "inbound_id": cause.inbound_id,
    }


def told_as(actor: Actor) -> str | None:
    """Staff whom the configuration has as no agent have a name alone."""
    if actor.role is Role.SYSTEM:
        return None
    return actor.address or (actor.name if actor.role is Role.AGENT else None)


def domain_of(key: str) -> str:
    """The organisational one: names below one's own domain are had for nothing."""
    return organisational_domain(key.rpartition("@")[2])


def spent(address: str, number: int | None, source: Source) -> dict[str, object]:
    """One automatic letter, as budgets count it: whoever gets it, it is the author's domain that it was caused from."""
    key = address_key(address)
    return {
        "address": key,
        "domain": domain_of(source.author_key or key),
        "network": source.network,
        "subject_key": subject_key(source.author_key, source.subject).hex(),
        "ticket": number,
    }
