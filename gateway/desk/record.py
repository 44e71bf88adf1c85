"""Write the steps of a decision or a change: ticket, article, what hangs on them, letters. The events follow from the steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

import storage.outbox
from gateway.desk.outgoing import gathered, write
from gateway.desk.senders.proving import proofs_for
from gateway.desk.suppressing import suppress, without_suppressed
from gateway.desk.telling import Cause, LetterTicket, Subject, wants_latest
from gateway.desk.traces import COLUMN, NO_SOURCE, Source, note_step, participant, spent, tag_key, value_of
from gateway.domain.actor import Actor
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Organisation
from gateway.domain.states import ArticleKind, EventKind, Priority, Status
from gateway.domain.steps import (
    AddArticle,
    AddCc,
    AddTags,
    MarkAnswered,
    MarkArrived,
    MarkBounced,
    MarkDelayed,
    Merge,
    Note,
    OpenTicket,
    Person,
    RemoveCc,
    RemoveTags,
    Send,
    Setting,
    Step,
    Suppress,
)
from gateway.domain.suppressions import Suppression
from gateway.letters.facts import LatestFacts
from gateway.letters.faults import Fault
from gateway.mail.address import address_key
from storage import probes
from storage.changes import (
    Attached,
    NewArticle,
    NewFile,
    NewTicket,
    add_article,
    add_files,
    attach,
    open_ticket,
    remove_copies,
    remove_tags,
    update_ticket,
)
from storage.company import apart
from storage.digests import DigestItem, add_items
from storage.merging import merge_tickets
from storage.reports import mark_bounced, mark_delayed
from storage.ticket_views import latest_message

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recorded:
    """`ticket` None: the steps were about none. `letters` says whether senders have work."""

    ticket: int | None
    letters: bool
    warnings: tuple[Suppression, ...] = ()
    """Addresses that an agent's reply goes to, although mail to them came back or their owners complained."""


async def record(
    session: AsyncSession,
    steps: Sequence[Step],
    ticket: KnownTicket | None,
    cause: Cause,
    organisation: Organisation,
    rows: Attached | None = None,
    source: Source = NO_SOURCE,
) -> Recorded:
    """`ticket` is under lock, or None where the steps open one or need none. `rows` takes what else is to be written with them.

    Lock order: keys and tickets before this, the inbound row after it.
    """
    rows = rows if rows is not None else Attached()
    steps, warnings = await without_suppressed(session, steps, ticket, cause.actor, organisation)
    articles = [each for each in steps if isinstance(each, AddArticle)]
    if len(articles) > 1:
        apart(session)
    # What letters are about: a note never is (X5).
    article = next((each for each in articles if each.kind is not ArticleKind.NOTE), None)
    for step in steps:
        if isinstance(step, Merge):
            assert ticket is not None
            await merge_tickets(session, step.source, ticket.number)
    subject = await written_ticket(session, steps, ticket, article, cause, organisation, rows)
    for other in articles:
        if other is not article and subject.ticket.number is not None:
            await written_article(session, subject.ticket.number, other, cause)
    for step in steps:
        note_step(step, subject.ticket.number, ticket, cause, rows, article.warnings if article is not None else ())
    sends = [each for each in steps if isinstance(each, Send)]
    rows.automatic += [
        spent(one.address, subject.ticket.number, source)
        for each in sends
        if each.caused_by_mail and not each.staff
        for one in (*each.to, *each.cc)
    ]
    for effect in rows.effects:
        effect["ticket"] = subject.ticket.number
    await attach(session, rows)
    await take_off(session, steps, subject.ticket.number)
    for step in steps:
        await write_mark(session, step, cause)
    if ticket is not None and (status := changes_of(steps).get("status")) is not None:
        await storage.outbox.cancel_left(session, ticket.number, status)
    note = next((each for each in articles if each.kind is ArticleKind.NOTE), None)
    rated = next((each for each in steps if isinstance(each, Note) and each.kind is EventKind.RATED), None)
    subject = replace(subject, note=note, rated=rated, latest=await latest_of(session, subject, sends))
    return Recorded(subject.ticket.number, await write_letters(session, sends, subject, cause, organisation), warnings)


async def write_letters(session: AsyncSession, sends: Sequence[Send], subject: Subject, cause: Cause, organisation: Organisation) -> bool:
    """Whether there are any for senders."""
    faults: list[Fault] = []
    letters = write(sends, subject, cause, organisation, faults, await proofs_for(session, sends, organisation))
    for fault in faults:
        log.warning("template_passed_over", fault=str(fault))
    if letters:
        await storage.outbox.add(session, letters)
    await add_items(session, digest_items(sends, subject, cause, organisation))
    return bool(letters)


async def take_off(session: AsyncSession, steps: Sequence[Step], number: int | None) -> None:
    """After what the same steps add."""
    for step in steps:
        if isinstance(step, RemoveTags) and number is not None:
            await remove_tags(session, number, [tag_key(each) for each in step.tags])
        elif isinstance(step, RemoveCc) and number is not None:
            await remove_copies(session, number, [address_key(each.address) for each in step.people])


async def write_mark(session: AsyncSession, step: Step, cause: Cause) -> None:
    """What a message says of a letter of ours that it is, answers or reports on."""
    match step:
        case MarkBounced():
            await mark_bounced(session, step.outbox_id, step.recipient_id, step.reply)
        case MarkDelayed():
            await mark_delayed(session, step.outbox_id, step.recipient_id)
        case Suppress():
            await suppress(session, step)
        case MarkArrived():
            await probes.arrived(session, step.probe, cause.inbound_id, step.arrival)
        case MarkAnswered():
            await probes.answered(session, step.probe)
        case _:
            pass


async def latest_of(session: AsyncSession, subject: Subject, sends: Sequence[Send]) -> LatestFacts:
    """Asked for where a letter shows it."""
    number = subject.ticket.number
    if number is None or not any(map(wants_latest, sends)):
        return LatestFacts()
    found = await latest_message(session, number)
    return LatestFacts(found.text, Person(found.name, found.address), found.files) if found is not None else LatestFacts()


def digest_items(sends: Sequence[Send], subject: Subject, cause: Cause, organisation: Organisation) -> list[DigestItem]:
    number = subject.ticket.number
    data = {"subject": subject.ticket.subject, "author": cause.actor.name, "address": cause.actor.address}
    return [
        DigestItem(addressee.agent, send.language, number, send.kind, data, effect)
        for addressee, send, effect in gathered(sends, cause, organisation)
        if number is not None and addressee.agent is not None
    ]


async def written_ticket(
    session: AsyncSession,
    steps: Sequence[Step],
    ticket: KnownTicket | None,
    article: AddArticle | None,
    cause: Cause,
    organisation: Organisation,
    rows: Attached,
) -> Subject:
    """The ticket and its article in the database, and what letters tell of them."""
    opening = next((each for each in steps if isinstance(each, OpenTicket)), None)
    if opening is not None:
        assert article is not None
        opened = await open_ticket(session, new_ticket(opening), new_article(article, cause))
        await add_files(session, opened.article_id, new_files(article))
        changes = changes_of(steps)
        if changes:
            await update_ticket(session, opened.number, changes)
        thread = (article.message_id,) if article.message_id else ()
        rows.participants.append(participant(opened.number, opening.client_key, opening.client, "requester"))
        about = LetterTicket(
            number=opened.number,
            subject=changes.get("subject") or opening.subject,
            department=opening.department,
            gateway=opening.gateway,
            client=opening.client,
            thread=thread,
            last_message=article.message_id,
            status=Status(changes.get("status") or Status.NEW),
            priority=Priority(changes.get("priority") or Priority.NORMAL),
            category=changes.get("category", opening.category),
            tags=tags_after((), steps),
            assignee=changes.get("assignee"),
            created_at=opened.created_at,
        )
        return Subject(about, article, opened.article_id)
    if ticket is None:
        default = organisation.default_gateway
        return Subject(LetterTicket(None, "", default.department, default.address, Person("", "")))
    article_id = await written_article(session, ticket.number, article, cause) if article is not None else None
    changes = changes_of(steps)
    if changes or any(isinstance(each, AddArticle | AddTags | RemoveTags | AddCc | RemoveCc | Merge) for each in steps):
        await update_ticket(session, ticket.number, changes, waiting_after(article))
    return Subject(letter_ticket(ticket, steps, organisation), article, article_id)


def waiting_after(article: AddArticle | None) -> bool | None:
    """Whether the client waits for an answer from now on; None: as before."""
    if article is None or article.private or not article.verified:
        return None
    if article.kind is ArticleKind.AGENT_REPLY:
        return False
    return True if article.kind is ArticleKind.CLIENT_MESSAGE and article.wants_answer else None


async def written_article(session: AsyncSession, ticket: int, article: AddArticle, cause: Cause) -> int:
    article_id = await add_article(session, ticket, new_article(article, cause))
    await add_files(session, article_id, new_files(article))
    return article_id


def changes_of(steps: Sequence[Step]) -> dict[str, str | None]:
    """Columns of the ticket and their values; of a setting given twice the last counts."""
    return {COLUMN[type(each)]: value_of(each) for each in steps if isinstance(each, Setting)}


def letter_ticket(ticket: KnownTicket, steps: Sequence[Step], organisation: Organisation) -> LetterTicket:
    changes = changes_of(steps)
    return LetterTicket(
        number=ticket.number,
        subject=changes.get("subject") or ticket.subject,
        department=changes.get("department") or ticket.department,
        gateway=ticket.gateway or organisation.default_gateway.address,
        client=Person(ticket.client.name, ticket.client.address),
        thread=ticket.thread,
        last_message=ticket.last_message,
        status=Status(changes.get("status") or ticket.status),
        priority=Priority(changes.get("priority") or ticket.priority),
        category=changes.get("category", ticket.category),
        tags=tags_after(ticket.tags, steps),
        assignee=changes.get("assignee", ticket.assignee),
        created_at=ticket.created_at,
    )


def tags_after(tags: Sequence[str], steps: Sequence[Step]) -> tuple[str, ...]:
    added = (tag for step in steps if isinstance(step, AddTags) for tag in step.tags)
    gone = {tag_key(tag) for step in steps if isinstance(step, RemoveTags) for tag in step.tags}
    first: dict[str, str] = {}
    for each in (*tags, *added):
        first.setdefault(tag_key(each), each)
    return tuple(tag for key, tag in first.items() if key not in gone)


def new_ticket(step: OpenTicket) -> NewTicket:
    return NewTicket(
        step.subject,
        step.department,
        step.gateway,
        step.language,
        step.category,
        step.related,
        step.client_id,
        step.client.name,
        step.client.address,
        step.client_key,
        step.written_to,
    )


def new_article(step: AddArticle, cause: Cause) -> NewArticle:
    actor: Actor = step.author or cause.actor
    return NewArticle(
        kind=step.kind,
        author_role=actor.role,
        author_name=actor.name,
        author_address=actor.address,
        message_id=step.message_id,
        text=step.text,
        quoted_text=step.quoted_text,
        signature=step.signature,
        html=step.html,
        private=step.private or step.kind is ArticleKind.NOTE,
        verified=step.verified,
        to=[{"name": each.name, "address": each.address} for each in step.to],
        cc=[{"name": each.name, "address": each.address} for each in step.cc],
        inbound_id=cause.inbound_id,
    )


def new_files(step: AddArticle) -> list[NewFile]:
    return [
        NewFile(each.filename, each.content_type, each.content, bytes.fromhex(each.sha256), each.inline, each.content_id)
        for each in step.files
    ]
