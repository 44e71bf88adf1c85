"""What is to be sent, and holding or mending it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api import shapes
from gateway.api.call import LARGEST, Call
from gateway.api.inbound import Ids
from gateway.api.operation import Document, Input, Made, Operation, Paged, changes, page, reads
from gateway.api.problems import Problem
from gateway.api.texts import Address, Line
from gateway.deeds import outbox as deeds
from gateway.deeds.deed import Deed, ids_of
from gateway.deeds.refused import NotYet, Refused
from gateway.domain.api import Scope
from gateway.domain.states import LetterKind, OutboxState
from storage import outbox


class Asked(Paged):
    state: OutboxState | None = None
    ticket: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    kind: LetterKind | None = None
    to: Address | None = None
    """One recipient's address."""


class Meant(Input):
    ids: Ids


class Why(Input):
    why: Annotated[Line, StringConstraints(min_length=1, max_length=500)]
    """For whoever wonders why nothing goes out."""


async def listed(call: Call, asked: Asked) -> Document:
    place = call.place(asked.cursor, asked.of)
    wanted = outbox.Filter(asked.state, asked.ticket, asked.kind, asked.to)
    async with call.reading("outbox.list") as (session, deed):
        rows = await outbox.list_outbox(session, wanted, limit=asked.limit + 1, before=place[0] if place else None, sees=call.sees)
        shown = page(call, asked, [asdict(each) for each in rows], lambda each: (each["id"],))
        deed.note(state=asked.state, kind=asked.kind)
        deed.about("ticket", asked.ticket)
        deed.about("outbox", *ids_of(shown["items"], "id"))
    return shown


async def show(call: Call, _asked: Input) -> Document:
    number = call.number("letter")
    async with call.reading("outbox.show") as (session, deed):
        found = await deeds.seen(session, number, call.sees)
        deed.about("outbox", number)
        deed.about("ticket", found.ticket)
    return asdict(found)


Acting = Callable[..., Awaitable[deeds.Acted]]


def on_one(act: Acting) -> Callable[[Call, AsyncSession, Deed, Input], Awaitable[Made]]:
    async def done(call: Call, session: AsyncSession, deed: Deed, _nothing: Input) -> Made:
        number = call.number("letter")
        await deeds.seen(session, number, call.sees)
        found = await act(session, deed, [number], sees=call.sees)
        if found.refused:
            raise (NotYet if found.may_come else Refused)(found.why)
        return Made({"id": number}, ("outbox",))

    return done


def on_many(act: Acting) -> Callable[[Call, AsyncSession, Deed, Meant], Awaitable[Made]]:
    """What can be done is done."""

    async def done(call: Call, session: AsyncSession, deed: Deed, meant: Meant) -> Made:
        found = await act(session, deed, meant.ids, sees=call.sees)
        refused = [{"id": number, "why": why} for number, why in found.reasons.items()]
        return Made({"done": list(found.done), "refused": refused}, ("outbox",) if found.done else ())

    return done


async def hold(call: Call, session: AsyncSession, deed: Deed, wish: Why) -> Made:
    of_the_whole_desk(call)
    deed.note(why=wish.why)
    await deeds.hold(session, deed, wish.why)
    return Made({}, ("outbox", deeds.CONTROL))


async def release(call: Call, session: AsyncSession, deed: Deed, _nothing: Input) -> Made:
    of_the_whole_desk(call)
    await deeds.release(session, deed)
    return Made({}, ("outbox", deeds.CONTROL))


def of_the_whole_desk(call: Call) -> None:
    if not call.operator.all_departments:
        raise Problem("insufficient-scope", "this holds the letters of the whole desk, and the token is of some departments")


async def sending(call: Call, _asked: Input) -> Document:
    async with call.sessions() as session:
        return await held(session)


async def held(session: AsyncSession) -> Document:
    found = await outbox.held(session)
    return {
        "held": found is not None,
        "why": found.why if found is not None else None,
        "since": found.since if found is not None else None,
    }


async def sending_now(call: Call, _ids: Mapping[str, Any]) -> Document:
    async with call.sessions() as session:
        return await held(session)


async def as_it_is(call: Call, ids: Mapping[str, Any]) -> Document:
    async with call.sessions() as session:
        return asdict(await deeds.seen(session, ids["id"], call.sees))


async def as_acted(_call: Call, ids: Mapping[str, Any]) -> Document:
    return {"done": ids["done"], "refused": ids["refused"]}


def operations() -> list[Operation]:
    seen, mends, holds = Scope.OUTBOX_READ, Scope.OUTBOX_WRITE, Scope.OUTBOX_HOLD
    return [
        reads(
            "/outbox", "list_outbox", listed, "List letters",
            scope=seen, action="outbox.list", answer=shapes.Letters, query=Asked,
            description="The latest first. Letters that are on no ticket are for tokens of all departments alone.",
        ),
        reads(
            "/outbox/sending", "show_sending", sending, "Whether letters go",
            scope=seen, action="outbox.sending", answer=shapes.Sending,
        ),
        reads(
            "/outbox/{number}", "show_letter", show, "Show a letter",
            scope=seen, action="outbox.show", answer=shapes.Letter,
        ),
        changes(
            "POST", "/outbox/{number}/retry", "retry_letter", on_one(deeds.retry), as_it_is, "Try a letter now",
            scope=mends, action="outbox.retry", answer=shapes.Letter,
            description="Even while sending is held or its server rests. What had expired lives once more; what was sent is refused.",
        ),
        changes(
            "POST", "/outbox/{number}/cancel", "cancel_letter", on_one(deeds.cancel), as_it_is, "Cancel a letter",
            scope=mends, action="outbox.cancel", answer=shapes.Letter,
            description="Recipients that have not got it will not.",
        ),
        changes(
            "POST", "/outbox/retry", "retry_letters", on_many(deeds.retry), as_acted, "Try letters now",
            scope=mends, action="outbox.retry", answer=shapes.Acted, body=Meant,
            description="Those that can be; of the others it says why.",
        ),
        changes(
            "POST", "/outbox/cancel", "cancel_letters", on_many(deeds.cancel), as_acted, "Cancel letters",
            scope=mends, action="outbox.cancel", answer=shapes.Acted, body=Meant,
            description="Those that can be; of the others it says why.",
        ),
        changes(
            "POST", "/outbox/hold", "hold_sending", hold, sending_now, "Hold all letters",
            scope=holds, action="outbox.hold", answer=shapes.Sending, body=Why,
            description="Nothing goes out, on any node, until it is released. For tokens of all departments.",
        ),
        changes(
            "POST", "/outbox/release", "release_sending", release, sending_now, "Let letters go",
            scope=holds, action="outbox.release", answer=shapes.Sending,
            description="A database that came from elsewhere stays held until somebody adopts it by `deskgate outbox adopt`.",
        ),
    ]  # fmt: skip
