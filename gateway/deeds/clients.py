"""Clients made known before they write, and put right: whoever does it, the same addresses are nobody's account (U4)."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds.deed import Deed
from gateway.deeds.refused import Missing, Refused
from gateway.desk.audience import can_be_written_to
from gateway.desk.identify import is_ours
from gateway.desk.remembered import author_lock
from gateway.domain.letter import one_line
from gateway.domain.organisation import Organisation
from gateway.mail.address import address_key
from storage import clients
from storage.statements import lock

LONGEST_NAME: Final = 200


def readable(name: str, addresses: Iterable[str], desk: Organisation) -> clients.NewClient | str:
    """The new client, or what is wrong with it."""
    keyed = [(address_key(each), each) for each in addresses]
    for key, address in keyed:
        if not key or not can_be_written_to(address):
            return f"{address!r} is not an address"
        if is_ours(key, desk):
            return f"{address} is an address of our own, which is nobody's account"
    if not keyed:
        return "no address"
    return clients.NewClient(one_line(name), tuple({key: (key, address) for key, address in keyed}.values()))


async def added(session: AsyncSession, new: clients.NewClient, owner: int | None) -> int | clients.Taken:
    """Under the authors' locks: mail of theirs may be making them at this moment. `owner` is whose the addresses become, if not a new
    client's."""
    await lock(session, [author_lock(key) for key, _ in new.addresses])
    if owner is None:
        return await clients.add_client(session, new)
    others = (each for each in (await clients.owners(session, [key for key, _ in new.addresses])).values() if each.client_id != owner)
    if (taken := next(others, None)) is not None:
        return taken
    for key, address in new.addresses:
        await clients.add_address(session, owner, key, address)
    return owner


async def add(session: AsyncSession, deed: Deed, desk: Organisation, name: str, addresses: Sequence[str], *, tell_whose: bool) -> int:
    """The new client's number. `tell_whose`: whether whoever asks may know whose an address is already. Raises Refused."""
    new = readable(name, addresses, desk)
    if isinstance(new, str):
        raise Refused(new)
    found = await added(session, new, None)
    if isinstance(found, clients.Taken):
        raise taken(found, tell_whose=tell_whose)
    deed.about("client", found)
    return found


async def put_right(
    session: AsyncSession,
    deed: Deed,
    desk: Organisation,
    number: int,
    *,
    name: str | None,
    more: Sequence[str],
    gone: Sequence[str],
    tell_whose: bool,
) -> None:
    """Another name, more addresses, some no longer theirs; the last one stays. Raises Refused, or Missing where there is no such client."""
    if not await clients.lock_client(session, number):
        raise Missing(f"there is no client {number}")
    deed.about("client", number)
    if name is not None:
        await clients.rename(session, number, one_line(name))
        # That it was, and not to what: it is theirs.
        deed.note(name="set")
    if more:
        new = readable("", more, desk)
        if isinstance(new, str):
            raise Refused(new)
        found = await added(session, new, number)
        if isinstance(found, clients.Taken):
            raise taken(found, tell_whose=tell_whose)
    if gone and not await clients.drop_addresses(session, number, [address_key(each) for each in gone]):
        raise Refused(f"client {number} would have no address left; give another one first")
    deed.note(addresses_added=len(more) or None, addresses_removed=len(gone) or None)


def taken(found: clients.Taken, *, tell_whose: bool) -> Refused:
    whose = f"client {found.client_id}" if tell_whose else "another client"
    return Refused(f"{found.address} belongs to {whose} already")


def document(found: clients.Client) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "addresses": list(found.addresses),
        "tickets": found.tickets,
        "created_at": found.created_at,
    }
