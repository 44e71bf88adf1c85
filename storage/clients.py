"""Clients: who they are, by which addresses they write, and making them known before they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.facts import KnownClient
from storage.knowledge import known_client
from storage.models import client_addresses, clients

LISTED = """
    SELECT c.id, c.name, c.created_at,
        (SELECT coalesce(array_agg(address ORDER BY created_at, key), '{}') FROM client_addresses WHERE client_id = c.id) AS addresses,
        (SELECT count(*) FROM tickets WHERE client_id = c.id) AS tickets
    FROM (SELECT id, name, created_at FROM clients WHERE NOT nobody) c
"""
LIST = text(LISTED + " ORDER BY c.id LIMIT :limit")
SHOW = text(LISTED + " WHERE c.id = :id")
BY_ADDRESS = text(LISTED + " WHERE c.id = (SELECT client_id FROM client_addresses WHERE key = :key)")  # noqa: S608

SEEN = text(
    """
    SELECT c.id, c.name, c.created_at,
        (SELECT coalesce(array_agg(address ORDER BY created_at, key), '{}') FROM client_addresses WHERE client_id = c.id) AS addresses,
        (SELECT count(*) FROM tickets WHERE client_id = c.id
            AND (CAST(:departments AS text[]) IS NULL OR department = ANY(CAST(:departments AS text[])))) AS tickets
    FROM clients c
    WHERE NOT c.nobody AND c.id > :after
        AND (CAST(:number AS bigint) IS NULL OR c.id = :number)
        AND (CAST(:name AS text) IS NULL OR strpos(lower(c.name), lower(:name)) > 0)
        AND (CAST(:key AS text) IS NULL OR c.id = (SELECT client_id FROM client_addresses WHERE key = :key))
        AND (CAST(:departments AS text[]) IS NULL
            OR EXISTS (SELECT FROM tickets WHERE client_id = c.id AND department = ANY(CAST(:departments AS text[])))
            OR NOT EXISTS (SELECT FROM tickets WHERE client_id = c.id))
    ORDER BY c.id LIMIT :limit
    """
)
LOCK = text("SELECT 1 FROM clients WHERE id = :id AND NOT nobody FOR UPDATE")
RENAME = text("UPDATE clients SET name = :name WHERE id = :id")
DROP = text("DELETE FROM client_addresses WHERE client_id = :id AND key = ANY(CAST(:keys AS text[]))")
HAS_ANY = text("SELECT EXISTS (SELECT FROM client_addresses WHERE client_id = :id)")


@dataclass(frozen=True, slots=True)
class Client:
    """`addresses` as their owner writes them, the oldest first; `tickets` is how many there are."""

    id: int
    name: str
    created_at: datetime
    addresses: tuple[str, ...]
    tickets: int


@dataclass(frozen=True, slots=True)
class NewClient:
    """`addresses` are (key, address as written), at least one."""

    name: str
    addresses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """An address that belongs to another client already."""

    address: str
    client_id: int


async def client_of(session: AsyncSession, key: str) -> KnownClient | None:
    return await known(session, await show_by_address(session, key))


async def client_numbered(session: AsyncSession, number: int) -> KnownClient | None:
    return await known(session, await show_client(session, number))


async def known(session: AsyncSession, found: Client | None) -> KnownClient | None:
    if found is None:
        return None
    columns = client_addresses.c
    query = select(columns.key, columns.address).where(columns.client_id == found.id).order_by(columns.created_at, columns.key)
    rows = await session.execute(query)
    return known_client(found.id, found.name, [(each.key, each.address) for each in rows])


async def owners(session: AsyncSession, keys: Sequence[str]) -> dict[str, Taken]:
    """Whose these normalised addresses are, of those that are somebody's."""
    columns = client_addresses.c
    query = select(columns.key, columns.address, columns.client_id).where(columns.key.in_(keys)).order_by(columns.key)
    return {row.key: Taken(row.address, row.client_id) for row in await session.execute(query)}


async def list_clients(session: AsyncSession, limit: int | None = None) -> list[Client]:
    return [client(row) for row in await session.execute(LIST, {"limit": limit})]


async def show_client(session: AsyncSession, number: int) -> Client | None:
    row = (await session.execute(SHOW, {"id": number})).first()
    return client(row) if row is not None else None


async def show_by_address(session: AsyncSession, key: str) -> Client | None:
    row = (await session.execute(BY_ADDRESS, {"key": key})).first()
    return client(row) if row is not None else None


async def seen_clients(
    session: AsyncSession,
    departments: Sequence[str] | None,
    *,
    limit: int,
    after: int = 0,
    number: int | None = None,
    name: str | None = None,
    key: str | None = None,
) -> list[Client]:
    """In the order of their numbers, those that people of these departments see: who has a ticket there, and who has none anywhere. None:
    all. `name` is a part of it, `key` one of their addresses, normalised."""
    given = {"departments": None if departments is None else list(departments), "after": after, "number": number, "name": name, "key": key}
    return [client(row) for row in await session.execute(SEEN, given | {"limit": limit})]


async def lock_client(session: AsyncSession, number: int) -> bool:
    """Until the transaction ends; False where there is none."""
    return (await session.execute(LOCK, {"id": number})).first() is not None


async def rename(session: AsyncSession, number: int, name: str) -> None:
    await session.execute(RENAME, {"id": number, "name": name})


async def drop_addresses(session: AsyncSession, number: int, keys: Sequence[str]) -> bool:
    """Of a client under lock; False where they have none left."""
    await session.execute(DROP, {"id": number, "keys": list(keys)})
    return bool(await session.scalar(HAS_ANY, {"id": number}))


async def add_client(session: AsyncSession, new: NewClient) -> int | Taken:
    """The new client's id; an address of somebody else's changes nothing."""
    keys = [key for key, _ in new.addresses]
    query = select(client_addresses.c.address, client_addresses.c.client_id).where(client_addresses.c.key.in_(keys)).limit(1)
    taken = (await session.execute(query)).first()
    if taken is not None:
        return Taken(taken.address, taken.client_id)
    number: int = (await session.execute(clients.insert().values(name=new.name).returning(clients.c.id))).scalar_one()
    # Told apart by a microsecond each, for they stay in this order and the transaction has but one time.
    rows = [
        {"key": key, "address": address, "client_id": number, "created_at": func.now() + timedelta(microseconds=place)}
        for place, (key, address) in enumerate(new.addresses)
    ]
    await session.execute(client_addresses.insert().values(rows))
    return number


async def add_address(session: AsyncSession, client_id: int, key: str, address: str) -> bool:
    """One more address of a client; False where it is somebody's already."""
    # Later than those that this very transaction added, whose time is its beginning.
    values = {"key": key, "address": address, "client_id": client_id, "created_at": func.clock_timestamp()}
    statement = insert(client_addresses).values(values).on_conflict_do_nothing().returning(client_addresses.c.key)
    return (await session.execute(statement)).first() is not None


def client(row: Sequence[object]) -> Client:
    number, name, created_at, addresses, tickets = row
    return Client(number, name, created_at, tuple(addresses), tickets)  # type: ignore[arg-type]
