"""Tickets: found, read and changed through the same steps as mail, with the same letters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api import shapes
from gateway.api.call import LARGEST, Call
from gateway.api.operation import WITH_FILES, Document, Input, Made, Operation, Paged, changes, page, reads
from gateway.api.problems import Fault, Problem, absent
from gateway.api.texts import MOST_FILES, Address, Line, Upload, Words
from gateway.api.times import Moment
from gateway.deeds import ticket_lists as lists
from gateway.deeds import tickets as deeds
from gateway.deeds.deed import Deed, ids_of
from gateway.deeds.hand import Done, Hand
from gateway.deeds.wishes import Answer, Opening, Wished, cleaned
from gateway.desk.views import ticket_document
from gateway.domain.api import Scope
from gateway.domain.organisation import Organisation
from gateway.domain.states import Priority, Status
from gateway.domain.steps import Person
from gateway.domain.ticket_lists import Nobody, Position, TicketFilter, departments_of, nobody_of
from gateway.mail.address import address_key
from storage import ticket_feed, ticket_views
from storage.ticket_feed import Order, Place

NOBODY = "nobody"

Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Addresses = Annotated[list[Address], Field(max_length=100)]
Tags = Annotated[list[Annotated[Line, StringConstraints(min_length=1, max_length=200)]], Field(max_length=100)]


class Asked(Paged):
    status: tuple[Status, ...] = ()
    """Any of these; may be given several times."""
    department: tuple[Key, ...] = ()
    """Keys of departments, any of these."""
    assignee: Address | None = None
    """An agent's address, or `nobody`."""
    tag: Annotated[Line, StringConstraints(min_length=1, max_length=200)] | None = None
    """Compared without case."""
    client: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    """The client's `id`."""
    gateway: Address | None = None
    """The address of ours that it came to."""
    updated_since: Moment | None = None
    """Changed at this moment or later: with `order=updated_at`, what is new to you."""
    created_since: Moment | None = None
    """Opened at this moment or later."""
    q: Annotated[str, StringConstraints(min_length=1, max_length=lists.LONGEST_SEARCH), AfterValidator(cleaned)] | None = None
    """Words to search for, in subjects, what was written, names and addresses, or a ticket's number. What fits best comes first."""
    order: Order | None = None
    """What comes first: `-` before a name is the highest or latest. `-number` where there is none."""


class NewClient(Input):
    address: Address
    name: Annotated[Line, StringConstraints(max_length=200)] = ""


class New(Input):
    """A ticket for a client who came by another channel, such as the telephone."""

    client: NewClient
    subject: Annotated[Line, StringConstraints(min_length=1, max_length=1000)]
    text: Annotated[Words, StringConstraints(min_length=1)]
    """What the client said."""
    gateway: Address | None = None
    """Whose department gets it, and what its letters come from; the default one where there is none."""


class Set(Input):
    """What is left out stays. `category` and `assignee` may be null."""

    status: Status | None = None
    priority: Priority | None = None
    department: Key | None = None
    """Its key."""
    category: Annotated[Line, StringConstraints(max_length=200)] | None = None
    """null takes it away."""
    assignee: Address | None = None
    """An agent's address; null takes the ticket from whoever has it."""
    subject: Annotated[Line, StringConstraints(min_length=1, max_length=1000)] | None = None
    add_tags: Tags = Field(default_factory=list)
    remove_tags: Tags = Field(default_factory=list)
    add_cc: Addresses = Field(default_factory=list)
    """They get the letters of the ticket from now on."""
    remove_cc: Addresses = Field(default_factory=list)

    @property
    def wished(self) -> Wished:
        return Wished(
            self.status,
            self.priority,
            self.department,
            unset(self.category) if "category" in self.model_fields_set else None,
            unset(self.assignee) if "assignee" in self.model_fields_set else None,
            self.subject,
            tuple(self.add_tags),
            tuple(self.remove_tags),
            tuple(self.add_cc),
            tuple(self.remove_cc),
        )


def unset(value: str | None) -> str:
    return value or ""


class Written(Input):
    """A file alone says something, too."""

    text: Words
    files: Annotated[list[Upload], Field(max_length=MOST_FILES)] = Field(default_factory=list)

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if not self.text.strip() and not self.files:
            raise ValueError("the text is empty, and there is no file: write what there is to say")
        return self


class Reply(Written):
    """An answer to the client and the ticket's Cc, or to whom `to` names."""

    private: bool = False
    """Never for the client: it stays on the ticket, or goes to those of `to`."""
    from_: Address | None = Field(default=None, alias="from")
    """An address of ours; the department's own where there is none."""
    to: Addresses = Field(default_factory=list)
    """Instead of the client and the ticket's Cc."""
    cc: Addresses = Field(default_factory=list)
    """Besides; they are in the ticket's Cc from then on."""
    bcc: Addresses = Field(default_factory=list)
    """Besides, unseen by the others."""
    set: Set = Field(default_factory=Set)
    """What of the ticket changes along with it; a new status is told in the answer."""
    seen: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    """The id of the newest article that whoever wrote this had seen: where somebody spoke since, it is refused."""


class NewNote(Written):
    """Words between colleagues, which no client ever gets."""

    set: Set = Field(default_factory=Set)


class Merge(Input):
    into: Annotated[int, Field(ge=1, le=LARGEST)]
    """The ticket that lives on."""


async def listed(call: Call, asked: Asked) -> Document:
    place = call.place(asked.cursor, asked.of)
    async with call.reading("tickets.list") as (session, deed):
        shown = await (searched if asked.q is not None else followed)(call, session, asked, place)
        deed.about("ticket", *ids_of(shown["items"], "number"))
        deed.about("client", *(each["client"]["id"] for each in shown["items"]))
    return shown


async def followed(call: Call, session: AsyncSession, asked: Asked, place: tuple[Any, ...] | None) -> Document:
    after = Place(place[0], datetime.fromisoformat(place[1]) if place[1] else None) if place is not None else None
    rows = await ticket_feed.feed(session, wanted(call, asked), asked.order or "-number", asked.limit + 1, after, asked.created_since)
    by_time = (asked.order or "").endswith("updated_at")
    shown = page(call, asked, rows, lambda each: (each["number"], each["updated_at"].isoformat() if by_time else None))
    return shown | {"items": [ticket_document(each, call.organisation) for each in shown["items"]]}


async def searched(call: Call, session: AsyncSession, asked: Asked, place: tuple[Any, ...] | None) -> Document:
    """A search has no order but its own: what fits best comes first."""
    if asked.order is not None or asked.created_since is not None:
        faults = [Fault("a search has an order and bounds of its own", parameter="q")]
        raise Problem("invalid-parameter", "q stands neither with order nor with created_since", faults=faults)
    at = Position(place[1], place[0]) if place is not None else None
    search = await lists.search_of(session, asked.q or "")
    if search is None:
        return {"items": [], "next": None}
    found = await lists.page(session, call.organisation, wanted(call, asked), None, search, at, asked.limit)
    on = found.older
    return {"items": list(found.rows), "next": call.cursor((on.number, on.by), asked.of) if on is not None else None}


def wanted(call: Call, asked: Asked) -> TicketFilter:
    desk = call.organisation
    return TicketFilter(
        lists.seen_by(call.operator, desk),
        departments_of(asked.department, desk) if asked.department else None,
        asked.status or None,
        assignee_of(asked.assignee, desk),
        asked.tag,
        asked.client,
        None if asked.gateway is None else address_key(asked.gateway) or asked.gateway,
        asked.updated_since,
    )


def assignee_of(asked: str | None, desk: Organisation) -> str | Nobody | None:
    if asked == NOBODY:
        return nobody_of(desk)
    agent = desk.agent(address_key(asked)) if asked is not None else None
    return asked if agent is None else agent.address


async def show(call: Call, _asked: Input) -> Document:
    async with call.reading("tickets.show") as (session, deed):
        found = await one(session, call, call.number("ticket"))
        deed.about("ticket", found["number"])
        deed.about("client", found["client"]["id"])
    return found


async def one(session: AsyncSession, call: Call, number: int) -> Document:
    """With all that was written on it; of a merged one, the ticket that lives on."""
    found = await ticket_views.show_ticket(session, number)
    told = ticket_document(found, call.organisation) if found is not None else None
    if told is None or not call.operator.sees(told["department"]):
        raise absent(f"ticket {number}")
    return told


class ArticlesAsked(Paged):
    pass


async def articles(call: Call, asked: ArticlesAsked) -> Document:
    number = call.number("ticket")
    of = f"{number} {asked.of}"
    place = call.place(asked.cursor, of)
    async with call.reading("tickets.show") as (session, deed):
        found = await one(session, call, number)
        deed.about("ticket", found["number"])
    # They are few enough to be read at once, and in the order of their time, automatic letters among them.
    left = [each for each in found["articles"] if place is None or [each["created_at"].isoformat(), each["id"]] > list(place)]
    shown = left[: asked.limit]
    more = len(left) > asked.limit
    return {"items": shown, "next": call.cursor((shown[-1]["created_at"].isoformat(), shown[-1]["id"]), of) if more else None}


def hand(call: Call, deed: Deed) -> Hand:
    departments = None if call.operator.all_departments else call.operator.departments
    return Hand(call.operator.actor, call.organisation, deed, call.key, departments)


async def held(call: Call, session: AsyncSession, deed: Deed) -> int:
    """The number in the address, its ticket under lock and as it was when whoever asks has seen it."""
    number = call.number("ticket")
    await deeds.held(session, hand(call, deed), number)
    call.expect(await one(session, call, number), f"ticket {number}")
    return number


def made(done: Done) -> Made:
    return Made({"number": done.ticket}, ("outbox",) if done.letters else ())


async def new(call: Call, session: AsyncSession, deed: Deed, new: New) -> Made:
    opening = Opening(Person(new.client.name, new.client.address), new.subject, new.text, new.gateway)
    return made(await deeds.open_by_hand(session, hand(call, deed), opening))


async def set_fields(call: Call, session: AsyncSession, deed: Deed, wish: Set) -> Made:
    number = await held(call, session, deed)
    return made(await deeds.set_fields(session, hand(call, deed), number, wish.wished))


async def reply(call: Call, session: AsyncSession, deed: Deed, said: Reply) -> Made:
    number = await held(call, session, deed)
    answer = Answer(
        said.text,
        tuple(each.file for each in said.files),
        said.private,
        said.from_,
        tuple(said.to),
        tuple(said.cc),
        tuple(said.bcc),
        said.set.wished,
        said.seen,
    )
    return made(await deeds.reply(session, hand(call, deed), number, answer))


async def note(call: Call, session: AsyncSession, deed: Deed, said: NewNote) -> Made:
    number = await held(call, session, deed)
    files = tuple(each.file for each in said.files)
    return made(await deeds.note(session, hand(call, deed), number, said.text, files, said.set.wished))


async def merge(call: Call, session: AsyncSession, deed: Deed, wish: Merge) -> Made:
    # No lock before the deed's own, which takes both in the order of number.
    number = call.number("ticket")
    done = await deeds.merge(session, hand(call, deed), number, wish.into)
    return made(done)


async def as_it_is(call: Call, ids: Mapping[str, Any]) -> Document:
    async with call.sessions() as session:
        return await one(session, call, ids["number"])


def operations() -> list[Operation]:
    seen, works = Scope.TICKETS_READ, Scope.TICKETS_WRITE
    return [
        reads(
            "/tickets", "list_tickets", listed, "List tickets",
            scope=seen, action="tickets.list", answer=shapes.Tickets, query=Asked,
            description="Of the token's departments; without articles and events. The latest first unless `order` or `q` says otherwise.",
        ),
        reads(
            "/tickets/{number}", "show_ticket", show, "Show a ticket",
            scope=seen, action="tickets.show", answer=shapes.Ticket,
            description="With its articles and events. A merged ticket's number shows the one that lives on.",
        ),
        reads(
            "/tickets/{number}/articles", "list_articles", articles, "List what was written on a ticket",
            scope=seen, action="tickets.show", answer=shapes.Articles, query=ArticlesAsked,
            description="The oldest first, automatic letters to the client among it.",
        ),
        changes(
            "POST", "/tickets", "open_ticket", new, as_it_is, "Open a ticket",
            scope=works, action="tickets.new", answer=shapes.Ticket, body=New, status=201, located="/tickets/{number}", may_match=True,
            description="For a client who came by another channel. The same letters go out as of one that came by mail.",
        ),
        changes(
            "PATCH", "/tickets/{number}", "change_ticket", set_fields, as_it_is, "Change a ticket",
            scope=works, action="tickets.set", answer=shapes.Ticket, body=Set, may_match=True,
            description="Status, assignee and the like, tags and Cc, with the letters that this brings about.",
        ),
        changes(
            "POST", "/tickets/{number}/replies", "reply_to_ticket", reply, as_it_is, "Answer",
            scope=works, action="tickets.reply", answer=shapes.Ticket, body=Reply, status=201, located="/tickets/{number}",
            largest=WITH_FILES, may_match=True,
            description="The letter is in the outbox when this is answered. Its article is among those of the ticket that is shown.",
        ),
        changes(
            "POST", "/tickets/{number}/notes", "note_on_ticket", note, as_it_is, "Leave a note",
            scope=works, action="tickets.note", answer=shapes.Ticket, body=NewNote, status=201, located="/tickets/{number}",
            largest=WITH_FILES, may_match=True,
        ),
        changes(
            "POST", "/tickets/{number}/merge", "merge_ticket", merge, as_it_is, "Merge a ticket into another",
            scope=works, action="tickets.merge", answer=shapes.Ticket, body=Merge,
            description="What hangs on it moves to the other one, which is shown. Both are of one client unless the desk allows otherwise.",
        ),
    ]  # fmt: skip
