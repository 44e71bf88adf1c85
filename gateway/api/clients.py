"""Clients: known by number and by each of their addresses, made known before they write, and put right."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api import shapes
from gateway.api.call import Call
from gateway.api.operation import Document, Input, Made, Operation, Paged, changes, page, reads
from gateway.api.problems import absent
from gateway.api.texts import Address, Line
from gateway.deeds import clients as deeds
from gateway.deeds.deed import Deed, ids_of
from gateway.domain.api import Scope
from gateway.mail.address import address_key
from storage import clients

Name = Annotated[Line, Field(max_length=deeds.LONGEST_NAME)]


class Asked(Paged):
    name: Name | None = Field(default=None, min_length=1)
    """A part of the name."""
    address: Address | None = None
    """One of the client's addresses."""


class New(Input):
    name: Name = ""
    addresses: list[Address] = Field(min_length=1, max_length=50)


class Changed(Input):
    """What is left out stays."""

    name: Name | None = None
    add_addresses: list[Address] = Field(default_factory=list, max_length=50)
    remove_addresses: list[Address] = Field(default_factory=list, max_length=50)


async def listed(call: Call, asked: Asked) -> Document:
    after = call.place(asked.cursor, asked.of)
    key = None if asked.address is None else address_key(asked.address) or asked.address
    async with call.reading("clients.list") as (session, deed):
        rows = await clients.seen_clients(
            session, call.departments, limit=asked.limit + 1, after=after[0] if after else 0, name=asked.name, key=key
        )
        shown = page(call, asked, [deeds.document(each) for each in rows], lambda each: (each["id"],))
        deed.about("client", *ids_of(shown["items"], "id"))
    return shown


async def show(call: Call, _asked: Input) -> Document:
    number = call.number("client")
    async with call.reading("clients.show") as (session, deed):
        found = await one(session, call, number)
        deed.about("client", number)
    return found


async def one(session: AsyncSession, call: Call, number: int) -> Document:
    found = await clients.seen_clients(session, call.departments, limit=1, number=number)
    if not found:
        raise absent(f"client {number}")
    return deeds.document(found[0])


async def add(call: Call, session: AsyncSession, deed: Deed, new: New) -> Made:
    whose = call.operator.all_departments
    return Made({"id": await deeds.add(session, deed, call.organisation, new.name, new.addresses, tell_whose=whose)})


async def put_right(call: Call, session: AsyncSession, deed: Deed, changed: Changed) -> Made:
    number = call.number("client")
    # Under lock from here on: whoever changes the same client waits, and sees by If-Match that they were late.
    await clients.lock_client(session, number)
    call.expect(await one(session, call, number), f"client {number}")
    await deeds.put_right(
        session,
        deed,
        call.organisation,
        number,
        name=changed.name,
        more=changed.add_addresses,
        gone=changed.remove_addresses,
        tell_whose=call.operator.all_departments,
    )
    return Made({"id": number})


async def as_it_is(call: Call, ids: Mapping[str, Any]) -> Document:
    async with call.sessions() as session:
        return await one(session, call, ids["id"])


def operations() -> list[Operation]:
    return [
        reads(
            "/clients",
            "list_clients",
            listed,
            "List clients",
            scope=Scope.CLIENTS_READ,
            action="clients.list",
            answer=shapes.Clients,
            query=Asked,
            description="In the order of their numbers. A token of some departments sees who has a ticket there, and who has none at all.",
        ),
        reads(
            "/clients/{number}",
            "show_client",
            show,
            "Show a client",
            scope=Scope.CLIENTS_READ,
            action="clients.show",
            answer=shapes.Client,
        ),
        changes(
            "POST",
            "/clients",
            "add_client",
            add,
            as_it_is,
            "Make a client known",
            scope=Scope.CLIENTS_WRITE,
            action="clients.add",
            answer=shapes.Client,
            body=New,
            status=201,
            located="/clients/{id}",
            may_match=True,
            description="Before they write: their mail is then theirs, from each of these addresses.",
        ),
        changes(
            "PATCH",
            "/clients/{number}",
            "change_client",
            put_right,
            as_it_is,
            "Put a client right",
            scope=Scope.CLIENTS_WRITE,
            action="clients.change",
            answer=shapes.Client,
            body=Changed,
            may_match=True,
            description="Mail from an address that is no longer a client's makes a new client. A client's last address stays.",
        ),
    ]
