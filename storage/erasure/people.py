"""Rows that are one person's by their address, wherever they stand outside of the person's own tickets; and the client's own."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

from storage import blobs
from storage.erasure.removed import Removed


async def forget(session: AsyncSession, keys: Sequence[str], spellings: Sequence[str]) -> Removed:
    """`keys` are normalised, `spellings` lower-case forms as letters may have them."""
    removed, given = Removed(), {"keys": sorted({*keys, *spellings})}
    for table, statement in _GOING:
        rows = (await session.execute(statement, given)).all()
        removed.add(table, (row[0] if len(row) == 1 else tuple(row) for row in rows))
    return removed


async def leave(session: AsyncSession, keys: Sequence[str]) -> Removed:
    """All tickets of others in which they take part."""
    removed = Removed()
    removed.add("ticket_participants", (tuple(row) for row in await session.execute(_LEAVE, {"keys": list(keys)})))
    return removed


async def forget_knocks(session: AsyncSession, triplets: Sequence[bytes]) -> Removed:
    removed = Removed()
    removed.add("greylist", (await session.execute(_KNOCKS, {"keys": list(triplets)})).scalars())
    return removed


async def forget_ids(session: AsyncSession, keys: Sequence[bytes]) -> Removed:
    """Of messages, as they are remembered."""
    removed = Removed()
    removed.add("message_ids", (tuple(row) for row in await session.execute(_IDS, {"keys": list(keys)})))
    return removed


async def letters_to(session: AsyncSession, spellings: Sequence[str]) -> tuple[list[int], list[int]]:
    """Letters that go to the person: to nobody else, and to others as well."""
    rows = (await session.execute(_LETTERS, {"spellings": list(spellings)})).all()
    return [row.id for row in rows if row.alone], [row.id for row in rows if not row.alone]


async def letters_in_hand(session: AsyncSession, letters: Sequence[int]) -> list[int]:
    return list((await session.execute(_IN_HAND, {"letters": list(letters)})).scalars())


async def digests_of(session: AsyncSession, numbers: Sequence[int]) -> list[int]:
    """Letters to agents about several tickets that tell of these: they quote subjects."""
    if not numbers:
        return []
    return list((await session.execute(_DIGESTS, {"pattern": rf"#({'|'.join(map(str, numbers))})(?!\d)"})).scalars())


async def drop_letters(session: AsyncSession, letters: Sequence[int]) -> Removed:
    removed, given = Removed(), {"letters": sorted(letters)}
    if letters:
        await session.execute(_LOCK_LETTERS, given)
        named = list((await session.execute(_LETTER_FILES, given)).scalars())
        removed.add("outbox_recipients", (await session.execute(_DROP_ALL_RECIPIENTS, given)).scalars())
        removed.add("outbox_messages", (await session.execute(_DROP_LETTERS, given)).scalars())
        removed.add("blobs", await blobs.let_go(session, named))
    return removed


async def drop_recipient(session: AsyncSession, letters: Sequence[int], spellings: Sequence[str]) -> Removed:
    """Of letters that go to others as well; one that waited for this recipient alone has none left to wait for."""
    removed = Removed()
    if letters:
        given = {"letters": sorted(letters), "spellings": list(spellings)}
        await session.execute(_LOCK_LETTERS, {"letters": given["letters"]})
        removed.add("outbox_recipients", (await session.execute(_DROP_RECIPIENT, given)).scalars())
        await session.execute(_NOBODY_WAITS, {"letters": given["letters"]})
    return removed


async def names_of(session: AsyncSession, keys: Sequence[str], spellings: Sequence[str]) -> list[str]:
    """As whom the person is known."""
    given = {"keys": list(keys), "spellings": list(spellings)}
    return [name for name in (await session.execute(_NAMES, given)).scalars() if name]


async def nobody(session: AsyncSession) -> int:
    """The client that tickets of whoever was erased point at."""
    await session.execute(_MAKE_NOBODY)
    return int(await session.scalar(_NOBODY) or 0)


async def drop_client(session: AsyncSession, client_id: int) -> Removed:
    """With all addresses; no ticket is theirs any more."""
    removed, given = Removed(), {"client": client_id}
    removed.add("client_addresses", (await session.execute(_DROP_ADDRESSES, given)).scalars())
    removed.add("clients", (await session.execute(_DROP_CLIENT, given)).scalars())
    return removed


_GOING: Final = (
    ("suppressions", text("DELETE FROM suppressions WHERE address = ANY(CAST(:keys AS text[])) RETURNING address")),
    ("automatic_letters", text("DELETE FROM automatic_letters WHERE address = ANY(CAST(:keys AS text[])) RETURNING id")),
)
_LEAVE: Final = text("DELETE FROM ticket_participants WHERE key = ANY(CAST(:keys AS text[])) RETURNING ticket, key")
_KEYS: Final = bindparam("keys", type_=ARRAY(BYTEA))
_KNOCKS: Final = text("DELETE FROM greylist WHERE key = ANY(:keys) AND kind = 'triplet' RETURNING key").bindparams(_KEYS)
_IDS: Final = text("DELETE FROM message_ids WHERE key = ANY(:keys) RETURNING key, ticket, relation").bindparams(_KEYS)

_TO: Final = "lower(address) = ANY(CAST(:spellings AS text[]))"
_LETTERS: Final = text(f"""
    SELECT outbox_id AS id, bool_and({_TO}) AS alone FROM outbox_recipients
    WHERE outbox_id IN (SELECT outbox_id FROM outbox_recipients WHERE {_TO}) GROUP BY outbox_id ORDER BY outbox_id
""")  # noqa: S608
_THESE: Final = "ANY(CAST(:letters AS bigint[]))"
_IN_HAND: Final = text(f"SELECT id FROM outbox_messages WHERE id = {_THESE} AND state = 'leased' AND lease_until > now()")  # noqa: S608
_DIGESTS: Final = text("SELECT id FROM outbox_messages WHERE kind = 'digest' AND (text ~ :pattern OR subject ~ :pattern) ORDER BY id")
_LOCK_LETTERS: Final = text(f"SELECT id FROM outbox_messages WHERE id = {_THESE} ORDER BY id FOR UPDATE")  # noqa: S608
_LETTER_FILES: Final = text(f"""
    SELECT decode(file ->> 'sha256', 'hex') FROM outbox_messages, jsonb_array_elements(attachments) AS file WHERE id = {_THESE}
""")  # noqa: S608
_DROP_ALL_RECIPIENTS: Final = text(f"DELETE FROM outbox_recipients WHERE outbox_id = {_THESE} RETURNING id")  # noqa: S608
_DROP_LETTERS: Final = text(f"DELETE FROM outbox_messages WHERE id = {_THESE} RETURNING id")  # noqa: S608
_DROP_RECIPIENT: Final = text(f"DELETE FROM outbox_recipients WHERE outbox_id = {_THESE} AND {_TO} RETURNING id")  # noqa: S608
_NOBODY_WAITS: Final = text(f"""
    UPDATE outbox_messages m SET state = coalesce((
        SELECT state FROM outbox_recipients r WHERE r.outbox_id = m.id AND state <> 'cancelled'
        ORDER BY array_position(ARRAY['failed', 'bounced', 'sent'], state) LIMIT 1), 'cancelled')
    WHERE id = {_THESE} AND state IN ('queued', 'scheduled')
        AND NOT EXISTS (SELECT FROM outbox_recipients r WHERE r.outbox_id = m.id AND r.state = 'queued')
""")  # noqa: S608

_NAMES: Final = text("""
    SELECT c.name FROM client_addresses a JOIN clients c ON c.id = a.client_id WHERE a.key = ANY(CAST(:keys AS text[]))
    UNION SELECT name FROM ticket_participants WHERE key = ANY(CAST(:keys AS text[]))
    UNION SELECT name FROM outbox_recipients WHERE lower(address) = ANY(CAST(:spellings AS text[]))
    UNION SELECT author_name FROM articles WHERE lower(author_address) = ANY(CAST(:spellings AS text[])) AND ticket IN (
        SELECT ticket FROM ticket_participants WHERE key = ANY(CAST(:keys AS text[]))
        UNION SELECT t.number FROM tickets t JOIN client_addresses a USING (client_id) WHERE a.key = ANY(CAST(:keys AS text[])))
""")
_MAKE_NOBODY: Final = text("INSERT INTO clients (nobody) VALUES (true) ON CONFLICT (nobody) WHERE nobody DO NOTHING")
_NOBODY: Final = text("SELECT id FROM clients WHERE nobody")
_DROP_ADDRESSES: Final = text("DELETE FROM client_addresses WHERE client_id = :client RETURNING key")
_DROP_CLIENT: Final = text("DELETE FROM clients WHERE id = :client AND NOT nobody RETURNING id")
