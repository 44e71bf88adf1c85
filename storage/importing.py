"""Writing what another desk had: many tickets, clients and articles with a statement for each kind."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.changes import Row
from storage.statements import as_json


async def imported(session: AsyncSession, keys: Iterable[bytes]) -> dict[bytes, int | None]:
    """Of these keys those that had their effect, and the ticket; None where it has been erased since."""
    wanted = sorted(set(keys))
    return {bytes(row.key): row.ticket for row in await session.execute(_EFFECTS, {"keys": wanted})} if wanted else {}


async def ticket_numbers(session: AsyncSession, count: int) -> list[int]:
    """The next ones, in order."""
    return sorted((await session.execute(_NUMBERS, {"count": count})).scalars()) if count else []


async def owners(session: AsyncSession, keys: Iterable[str]) -> dict[str, int]:
    """Client ids by normalised address."""
    wanted = sorted(set(keys))
    return {row.key: row.client_id for row in await session.execute(_OWNERS, {"keys": wanted})} if wanted else {}


async def add_clients(session: AsyncSession, people: Sequence[Row]) -> dict[str, int]:
    """Each is `key`, `address` and `name`, and nobody's yet, under the locks of their authors."""
    if not people:
        return {}
    ids = sorted((await session.execute(_CLIENT_IDS, {"count": len(people)})).scalars())
    rows: list[Row] = [each | {"id": number} for each, number in zip(people, ids, strict=True)]
    await session.execute(_ADD_CLIENTS, {"rows": as_json(rows)})
    return {str(each["key"]): number for each, number in zip(people, ids, strict=True)}


async def add_tickets(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Columns of `tickets`, the numbers drawn before. Nobody waits for an answer there: what they wrote, they wrote to another desk."""
    if rows:
        await session.execute(_ADD_TICKETS, {"rows": as_json(rows)})


async def erased(session: AsyncSession, tickets: Iterable[int]) -> frozenset[int]:
    """Of these those that were emptied, which nothing is written onto again."""
    return frozenset((await session.execute(_ERASED, {"tickets": sorted(tickets)})).scalars())


async def descriptions(session: AsyncSession, tickets: Iterable[int]) -> dict[int, str]:
    """What came with the tables of tickets themselves, by number: it has no Message-ID and nobody's copy."""
    rows = await session.execute(_DESCRIPTIONS, {"tickets": sorted(set(tickets))})
    return {row.ticket: row.text for row in rows}


async def add_articles(session: AsyncSession, rows: Sequence[Row]) -> None:
    """In this order. `author_key` is the author's normalised address: of a client's words only those from an address of theirs are sure."""
    if rows:
        await session.execute(_ADD_ARTICLES, {"rows": as_json(rows)})


_EFFECTS: Final = text("SELECT key, ticket FROM effects WHERE key = ANY(CAST(:keys AS bytea[]))")
_NUMBERS: Final = text("SELECT nextval(pg_get_serial_sequence('tickets', 'number')) FROM generate_series(1, :count)")
_CLIENT_IDS: Final = text("SELECT nextval(pg_get_serial_sequence('clients', 'id')) FROM generate_series(1, :count)")
_OWNERS: Final = text("SELECT key, client_id FROM client_addresses WHERE key = ANY(CAST(:keys AS text[]))")

_ADD_CLIENTS: Final = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(id bigint, name text, key text, address text)
    ), added AS (
        INSERT INTO clients (id, name) SELECT id, name FROM given RETURNING id
    )
    INSERT INTO client_addresses (key, address, client_id) SELECT given.key, given.address, added.id FROM given JOIN added USING (id)
    """
)

_ADD_TICKETS: Final = text(
    """
    INSERT INTO tickets (number, subject, status, category, priority, department, gateway, language, client_id, assignee, created_at,
        updated_at, closed_at)
    SELECT number, subject, status, category, priority, department, gateway, language, client_id, assignee, coalesce(created_at, now()),
        coalesce(updated_at, created_at, now()),
        CASE WHEN status IN ('closed', 'cancelled', 'spam', 'trash') THEN coalesce(updated_at, created_at, now()) END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(number bigint, subject text, status text, category text, priority text,
        department text, gateway text, language text, client_id bigint, assignee text, created_at timestamptz, updated_at timestamptz)
    ORDER BY number
    """
)

_ERASED: Final = text("SELECT DISTINCT ticket FROM ticket_events WHERE ticket = ANY(CAST(:tickets AS bigint[])) AND kind = 'erased'")

_DESCRIPTIONS: Final = text(
    """
    SELECT DISTINCT ON (ticket) ticket, text FROM articles
    WHERE ticket = ANY(CAST(:tickets AS bigint[])) AND inbound_id IS NULL AND message_id IS NULL AND kind = 'client_message'
    ORDER BY ticket, id
    """
)

_ADD_ARTICLES: Final = text(
    """
    INSERT INTO articles (ticket, kind, author_role, author_name, author_address, message_id, text, html, private, verified, "to", cc,
        created_at)
    SELECT x.ticket, x.kind, x.author_role, x.author_name, x.author_address, x.message_id, x.text, x.html, x.kind = 'note',
        x.author_role <> 'client' OR x.author_key IS NULL
          OR EXISTS (SELECT FROM client_addresses a WHERE a.key = x.author_key AND a.client_id = t.client_id),
        x."to", x.cc, coalesce(x.created_at, t.created_at)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(place int, ticket bigint, kind text, author_role text, author_name text,
        author_address text, author_key text, message_id text, text text, html text, "to" jsonb, cc jsonb, created_at timestamptz)
    JOIN tickets t ON t.number = x.ticket ORDER BY x.place
    """
)
