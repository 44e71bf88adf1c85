"""Imported tickets and articles into the database: each once, however often their table is read, and without a letter to anybody.

Nothing of it goes by the desk's own door, which would tell clients and agents. The event that a ticket was made is the system's, on which
no rule fires; its client waits for nothing from us, so no rule on unanswered tickets fires either.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.desk.audience import language_of
from gateway.desk.importing.articles import OldArticle
from gateway.desk.importing.desks import DeskName
from gateway.desk.importing.reading import OldTicket
from gateway.desk.importing.texts import squeezed
from gateway.desk.old_tags import old_tag_key
from gateway.desk.remembered import author_lock, digest, id_key
from gateway.desk.telling import Cause
from gateway.desk.traces import event, participant, tag_key
from gateway.domain.actor import SYSTEM
from gateway.domain.organisation import Organisation
from gateway.domain.states import ArticleKind, EventKind, Role
from gateway.domain.steps import Person
from gateway.mail.message import Mailbox
from storage import importing
from storage.changes import Attached, Row, attach
from storage.statements import lock

IMPORT: Final = digest("import")
"""The lock under which tables are written: two who import the same one at once make nothing twice."""
BY_HAND: Final = 0
"""In the place of the message that had an effect: there was none."""


@dataclass(slots=True)
class Kept:
    """What became of a batch. `clients`: how many were not known before. `names`: what its tickets are remembered by."""

    tickets: list[int] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    known: int = 0
    clients: int = 0


@dataclass(slots=True)
class KeptArticles:
    """`strangers`: their ticket was not imported from this desk, or has been emptied since."""

    made: int = 0
    known: int = 0
    strangers: int = 0


def ticket_key(desk: DeskName, number: str) -> bytes:
    return digest("imported ticket", desk, number)


def id_key_of(desk: DeskName, own: str) -> bytes:
    """A number is not an id: Zammad's ticket 5 may have the number 67005."""
    return digest("imported ticket id", desk, own)


def article_key(desk: DeskName, ticket: int, key: str) -> bytes:
    return digest("imported article", desk, str(ticket), key)


async def keep_tickets(
    session: AsyncSession, desk: DeskName, tickets: Sequence[OldTicket], trace: str, organisation: Organisation, dry: bool = False
) -> Kept:
    """In one transaction, which the caller ends. `dry`: nothing is written, and no number drawn."""
    if not dry:
        await lock(session, (IMPORT, *{author_lock(each.client_key) for each in tickets}))
    there = await importing.imported(session, (ticket_key(desk, each.number) for each in tickets))
    first = {each.number: each for each in reversed(tickets)}
    new = [each for each in tickets if ticket_key(desk, each.number) not in there and first[each.number] is each]
    owners = await importing.owners(session, (each.client_key for each in new))
    people: dict[str, Row] = {}
    for each in new:
        if each.client_key not in owners:
            people.setdefault(each.client_key, {"key": each.client_key, "address": each.client_address, "name": each.client_name})
    names = [name for each in new for name in names_of_ticket(desk, each)]
    kept = Kept(known=len(tickets) - len(new), clients=len(people), names=names)
    if dry:
        kept.tickets = [0] * len(new)
        return kept
    owners |= await importing.add_clients(session, list(people.values()))
    kept.tickets = await importing.ticket_numbers(session, len(new))
    numbered = list(zip(kept.tickets, new, strict=True))
    await importing.add_tickets(session, [ticket_row(number, each, owners[each.client_key], organisation) for number, each in numbered])
    rows, cause = Attached(), Cause(digest("import", trace), SYSTEM, trace_id=trace)
    for number, each in numbered:
        hang(rows, number, each, desk, cause)
    await attach(session, rows)
    await importing.add_articles(session, [first_words(number, each) for number, each in numbered if each.text.strip()])
    return kept


async def keep_articles(
    session: AsyncSession, desk: DeskName, articles: Sequence[OldArticle], dry: bool = False, promised: Collection[bytes] = ()
) -> KeptArticles:
    """Onto tickets that were imported from the desk before; in one transaction, which the caller ends. What a ticket was described by in
    its own table is one of its articles too, and stands there already. `promised`: what tickets would be remembered by that a dry run
    did not make."""
    if not dry:
        await lock(session, (IMPORT,))
    names = {each: tuple(names_of(desk, each)) for each in articles}
    found = await importing.imported(session, (key for keys in names.values() for key in keys))
    emptied = await importing.erased(session, {number for number in found.values() if number is not None})
    done, placed, waiting = KeptArticles(), [], 0
    for each, keys in names.items():
        number = next((found[key] for key in keys if found.get(key) is not None), None)
        if number is not None and number not in emptied:
            placed.append((number, each))
        elif number is None and any(key in promised for key in keys):
            waiting += 1
        else:
            done.strangers += 1
    there = await importing.imported(session, (article_key(desk, number, each.key) for number, each in placed))
    new = {article_key(desk, number, each.key): (number, each) for number, each in reversed(placed)}
    described = {number: squeezed(words) for number, words in (await importing.descriptions(session, {n for n, _ in placed})).items()}
    rows = Attached()
    written: list[Row] = []
    for key, (number, each) in reversed(new.items()):
        if key in there:
            continue
        if not (each.role is Role.CLIENT and described.get(number) == squeezed(each.text)):
            written.append(article_row(number, each, len(written)))
        rows.effects.append(effect(key, number))
        rows.ids += [{"key": id_key(one).hex(), "ticket": number, "relation": "is"} for one in (each.message_id,) if one]
        rows.ids += [{"key": id_key(one).hex(), "ticket": number, "relation": "refers"} for one in each.refers]
    done.made, done.known = len(written) + waiting, len(placed) - len(written)
    if not dry:
        await importing.add_articles(session, written)
        await attach(session, rows)
    return done


def names_of_ticket(desk: DeskName, ticket: OldTicket) -> tuple[bytes, bytes]:
    """By its number; and by its id, or the number once more: tables without ids are referred to by it."""
    return ticket_key(desk, ticket.number), id_key_of(desk, ticket.id or ticket.number)


def names_of(desk: DeskName, article: OldArticle) -> Sequence[bytes]:
    """What its ticket may be remembered by, the surest first: tables of tickets without ids have their numbers for ids too."""
    keys = [id_key_of(desk, article.ticket_id)] if article.ticket_id else []
    return [*keys, ticket_key(desk, article.ticket_number)] if article.ticket_number else keys


def ticket_row(number: int, ticket: OldTicket, client: int, organisation: Organisation) -> Row:
    return {
        "number": number,
        "subject": ticket.subject,
        "status": ticket.status,
        "category": ticket.category,
        "priority": ticket.priority,
        "department": ticket.department,
        "gateway": (organisation.default_gateway if ticket.gateway.catches_all else ticket.gateway).address,
        "language": language_of(ticket.gateway, organisation.department(ticket.department), organisation),
        "client_id": client,
        "assignee": ticket.assignee,
        "created_at": ticket.created,
        "updated_at": ticket.updated,
    }


def hang(rows: Attached, number: int, ticket: OldTicket, desk: DeskName, cause: Cause) -> None:
    """Its event, which tells where it is from; its client, tags, and what it is found by."""
    told: Row = {"imported": {"from": desk, "number": ticket.number} | ({"id": ticket.id} if ticket.id else {})}
    lost = {each.column: each.value for each in ticket.notes}
    rows.events.append(event(EventKind.CREATED, number, cause, told | ({"lost": lost} if lost else {})))
    rows.participants.append(participant(number, ticket.client_key, Person(ticket.client_name, ticket.client_address), "requester"))
    tags = (f"{desk}#{ticket.number}", *ticket.tags)
    rows.tags += [{"ticket": number, "key": tag_key(each), "tag": each} for each in tags]
    rows.ids.append({"key": old_tag_key(ticket.number).hex(), "ticket": number, "relation": "tag"})
    rows.effects += [effect(each, number) for each in names_of_ticket(desk, ticket)]


def effect(key: bytes, ticket: int) -> Row:
    """For ever, also when the ticket has been erased: what was erased does not come back by another import."""
    return {"key": key.hex(), "inbound_id": BY_HAND, "ticket": ticket, "hours": None}


def first_words(number: int, ticket: OldTicket) -> Row:
    client = Mailbox(ticket.client_name, ticket.client_address, ticket.client_key)
    return {
        "place": number,
        "ticket": number,
        "kind": ArticleKind.CLIENT_MESSAGE,
        "author_role": Role.CLIENT,
        "author_name": client.name,
        "author_address": client.address,
        "author_key": client.key,
        "message_id": None,
        "text": ticket.text,
        "html": ticket.html,
        "to": [],
        "cc": [],
        "created_at": ticket.created,
    }


def article_row(number: int, article: OldArticle, place: int) -> Row:
    return {
        "place": place,
        "ticket": number,
        "kind": article.kind,
        "author_role": article.role,
        "author_name": article.author.name,
        "author_address": article.author.address or None,
        "author_key": article.author.key or None,
        "message_id": article.message_id,
        "text": article.text,
        "html": article.html,
        "to": [{"name": each.name, "address": each.address} for each in article.to],
        "cc": [{"name": each.name, "address": each.address} for each in article.cc],
        "created_at": article.created,
    }
