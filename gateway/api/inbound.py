"""What arrived, and what a person decides of it who sorts it elsewhere."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from gateway.api import shapes
from gateway.api.call import LARGEST, Call
from gateway.api.operation import Document, Input, Made, Operation, Paged, changes, page, reads
from gateway.api.problems import Problem
from gateway.api.texts import Address
from gateway.deeds import inbound as deeds
from gateway.deeds.deed import Deed, ids_of
from gateway.deeds.documents import inbound_brief, inbound_document
from gateway.domain.api import Scope
from gateway.domain.facts import Assignment
from gateway.domain.states import InboundState
from gateway.mail.address import address_key
from gateway.web.download import HEADERS, disposition
from storage import clients, inbound

Ids = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]], Field(min_length=1, max_length=500)]


class Asked(Paged):
    state: InboundState | None = None
    author: Address | None = None
    """Whom it counts as written from: an address, or `@domain`."""


class Assigned(Input):
    """To a client who is known, by number or address, or as a new one: exactly one of the three."""

    ids: Ids
    client: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    client_address: Address | None = None
    new: bool = False
    """Whoever wrote it becomes a client."""
    department: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """Its key; the gateway's own where there is none."""


class Discarded(Input):
    ids: Ids


async def listed(call: Call, asked: Asked) -> Document:
    place = call.place(asked.cursor, asked.of)
    writer = asked.author if asked.author is None or asked.author.startswith("@") else address_key(asked.author) or asked.author
    async with call.reading("inbound.list") as (session, deed):
        rows = await inbound.list_inbound(
            session,
            state=asked.state,
            limit=asked.limit + 1,
            before=place[0] if place else None,
            writer=writer.lower() if writer is not None else None,
            sees=call.sees,
        )
        shown = page(call, asked, [inbound_brief(each) for each in rows], lambda each: (each["id"],))
        deed.note(state=asked.state)
        deed.about("inbound", *ids_of(shown["items"], "id"))
    return shown


async def show(call: Call, _asked: Input) -> Document:
    number = call.number("inbound message")
    async with call.reading("inbound.show") as (session, deed):
        found = await deeds.seen(session, number, call.sees)
        deed.about("inbound", number)
        deed.about("ticket", found.ticket)
    return inbound_document(found)


async def raw(call: Call, _asked: Input) -> Response:
    number = call.number("inbound message")
    async with call.reading("inbound.show") as (session, deed):
        await deeds.seen(session, number, call.sees)
        content = await inbound.content_of(session, number)
        deed.about("inbound", number)
        deed.note(raw=True)
    if content is None:
        raise Problem("not-found", f"the bytes of inbound message {number} are no longer kept")
    return Response(content, headers=HEADERS | {"Content-Disposition": disposition(f"{number}.eml"), "Accept-Ranges": "none"})


async def assign(call: Call, session: AsyncSession, deed: Deed, wish: Assigned) -> Made:
    assignment = Assignment(await client_meant(call, session, wish), wish.department)
    done = await deeds.assign(session, deed, call.organisation, wish.ids, assignment, sees=call.sees)
    return Made(asdict(done), ("inbound",))


async def client_meant(call: Call, session: AsyncSession, wish: Assigned) -> int | None:
    if [wish.client is not None, wish.client_address is not None, wish.new].count(True) != 1:
        raise Problem("invalid", "whose is it? give one of client, client_address and new")
    if wish.new:
        return None
    key = None if wish.client_address is None else address_key(wish.client_address) or wish.client_address
    found = await clients.seen_clients(session, call.departments, limit=1, number=wish.client, key=key)
    if not found:
        raise Problem("invalid", f"there is no client {wish.client or wish.client_address}, or it is not this token's to see")
    return found[0].id


async def discard(call: Call, session: AsyncSession, deed: Deed, wish: Discarded) -> Made:
    return Made(asdict(await deeds.discard(session, deed, wish.ids, sees=call.sees)))


async def replay(call: Call, session: AsyncSession, deed: Deed, _nothing: Input) -> Made:
    number = call.number("inbound message")
    done = await deeds.replay(session, deed, number, sees=call.sees)
    return Made({"id": number}, ("inbound",) if done.again else ())


async def sorted_ids(_call: Call, ids: Mapping[str, Any]) -> Document:
    return {"now": ids["now"], "before": ids["before"]}


async def as_it_is(call: Call, ids: Mapping[str, Any]) -> Document:
    async with call.sessions() as session:
        return inbound_document(await deeds.seen(session, ids["id"], call.sees))


def operations() -> list[Operation]:
    seen, sorts = Scope.INBOUND_READ, Scope.INBOUND_WRITE
    return [
        reads(
            "/inbound", "list_inbound", listed, "List what arrived",
            scope=seen, action="inbound.list", answer=shapes.InboundMessages, query=Asked,
            description="The latest first. `state=held` is what waits for a person.",
        ),
        reads(
            "/inbound/{number}", "show_inbound", show, "Show a message that arrived, and what was decided on it",
            scope=seen, action="inbound.show", answer=shapes.Inbound,
        ),
        reads(
            "/inbound/{number}/raw", "download_inbound", raw, "Download a message as it came",
            scope=seen, action="inbound.show", answer=None,
            description="Its very octets (`message/rfc822`), as a file of no type, for they are a stranger's.",
        ),
        changes(
            "POST", "/inbound/assign", "assign_inbound", assign, sorted_ids, "Give messages to a client",
            scope=sorts, action="inbound.assign", answer=shapes.Sorted, body=Assigned,
            description="All or none. Decided on once more as mail of this client, they become tickets a moment later.",
        ),
        changes(
            "POST", "/inbound/discard", "discard_inbound", discard, sorted_ids, "Let nothing come of messages",
            scope=sorts, action="inbound.discard", answer=shapes.Sorted, body=Discarded,
            description="All of them or none. Their bytes stay as long as retention keeps them.",
        ),
        changes(
            "POST", "/inbound/{number}/replay", "replay_inbound", replay, as_it_is, "Have a message decided on once more",
            scope=sorts, action="inbound.replay", answer=shapes.Inbound,
            description="What is held, ignored or buried is queued; what is done has no second effect.",
        ),
    ]  # fmt: skip
