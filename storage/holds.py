"""Legal holds: whose data and which tickets neither retention nor erasure may touch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Hold:
    """On the person with this normalised address, or on one ticket."""

    id: int
    address: str | None
    ticket: int | None
    reason: str
    set_by: str
    set_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held at a moment: numbers of tickets, and normalised addresses."""

    tickets: tuple[int, ...]
    addresses: tuple[str, ...]


async def set_hold(session: AsyncSession, *, address: str | None = None, ticket: int | None = None, reason: str, by: str) -> Hold:
    """The hold that is in force, which may be an earlier one. Waits until nobody removes anything: from the commit on nothing goes."""
    await session.execute(_ALONE)
    values = {"address": address, "ticket": ticket, "reason": reason, "by": by}
    await session.execute(_SET, values)
    return _hold((await session.execute(_IN_FORCE, {"address": address, "ticket": ticket})).one())


async def lift(session: AsyncSession, by: str, *, address: str | None = None, ticket: int | None = None) -> Hold | None:
    """None where there is none in force. What was kept for its sake alone goes with the next look of retention."""
    row = (await session.execute(_LIFT, {"address": address, "ticket": ticket, "by": by})).one_or_none()
    if row is None:
        return None
    await session.execute(_LOOK_ANEW)
    return _hold(row)


async def listed(session: AsyncSession, *, lifted: bool = False) -> list[Hold]:
    """The newest first; with `lifted` also those that are over."""
    return [_hold(row) for row in await session.execute(_LISTED, {"lifted": lifted})]


async def while_none_is_set(session: AsyncSession) -> Held:
    """What is held, which stays so until the transaction ends."""
    await session.execute(_TOGETHER)
    return await held(session)


async def held(session: AsyncSession) -> Held:
    row = (await session.execute(_HELD)).one()
    return Held(tuple(row.tickets or ()), tuple(row.addresses or ()))


async def on(session: AsyncSession, addresses: Collection[str], tickets: Collection[int]) -> list[Hold]:
    """The holds in force on any of these people, who may be held by another of their addresses, and on any of these tickets."""
    given = {"addresses": list(addresses), "tickets": list(tickets)}
    return [_hold(row) for row in await session.execute(_ON, given)]


async def covering(session: AsyncSession, tickets: Collection[int]) -> list[Hold]:
    """The holds in force by which any of these tickets is held: on itself, on one it was merged with, or on somebody who takes part."""
    return [_hold(row) for row in await session.execute(_COVERING, {"tickets": list(tickets)})] if tickets else []


def _hold(row: Any) -> Hold:
    return Hold(row.id, row.address, row.ticket, row.reason, row.set_by, row.set_at, row.lifted_by, row.lifted_at)


_FIELDS: Final = "id, address, ticket, reason, set_by, set_at, lifted_by, lifted_at"
_THIS: Final = "lifted_at IS NULL AND (address = CAST(:address AS text) OR ticket = CAST(:ticket AS bigint))"

LOCK: Final = "hashtextextended('deskgate legal holds', 0)"
_ALONE: Final = text(f"SELECT pg_advisory_xact_lock({LOCK})")
_TOGETHER: Final = text(f"SELECT pg_advisory_xact_lock_shared({LOCK})")

_SET: Final = text("""
    INSERT INTO legal_holds (address, ticket, reason, set_by)
    SELECT CAST(:address AS text), CAST(:ticket AS bigint), :reason, :by
    WHERE NOT EXISTS (
        SELECT FROM legal_holds
        WHERE lifted_at IS NULL AND (address = CAST(:address AS text) OR ticket = CAST(:ticket AS bigint)))
""")
_IN_FORCE: Final = text(f"SELECT {_FIELDS} FROM legal_holds WHERE {_THIS}")  # noqa: S608
_LIFT: Final = text(f"UPDATE legal_holds SET lifted_at = now(), lifted_by = :by WHERE {_THIS} RETURNING {_FIELDS}")  # noqa: S608
# Retention remembers how far it got among the letters; what was held lies behind.
_LOOK_ANEW: Final = text("DELETE FROM controls WHERE name = 'retention'")
_LISTED: Final = text(f"SELECT {_FIELDS} FROM legal_holds WHERE lifted_at IS NULL OR :lifted ORDER BY id DESC")  # noqa: S608

# A person is held with all their addresses and with every ticket that is theirs or that they take part in; a ticket with what it was merged
# with.
_HELD: Final = text("""
    WITH named AS (SELECT address, ticket FROM legal_holds WHERE lifted_at IS NULL), people AS (
        SELECT DISTINCT client_id FROM client_addresses WHERE key IN (SELECT address FROM named)
    ), addresses AS (
        SELECT address FROM named WHERE address IS NOT NULL
        UNION SELECT key FROM client_addresses WHERE client_id IN (SELECT client_id FROM people)
    ), numbers AS (
        SELECT ticket AS number FROM named WHERE ticket IS NOT NULL
        UNION SELECT number FROM tickets WHERE client_id IN (SELECT client_id FROM people)
        UNION SELECT ticket FROM ticket_participants WHERE key IN (SELECT address FROM addresses)
    ), merged AS (
        SELECT number FROM numbers
        UNION SELECT merged_into FROM tickets WHERE number IN (SELECT number FROM numbers) AND merged_into IS NOT NULL
        UNION SELECT number FROM tickets WHERE merged_into IN (SELECT number FROM numbers)
    )
    SELECT (SELECT array_agg(number) FROM merged) AS tickets, (SELECT array_agg(address) FROM addresses) AS addresses
""")

_COVERING: Final = text(f"""
    WITH these AS (
        SELECT number, merged_into, client_id FROM tickets
        WHERE number = ANY(CAST(:tickets AS bigint[])) OR merged_into = ANY(CAST(:tickets AS bigint[]))
            OR number IN (SELECT merged_into FROM tickets WHERE number = ANY(CAST(:tickets AS bigint[])))
    ), people AS (
        SELECT client_id FROM these
        UNION SELECT a.client_id FROM ticket_participants p JOIN client_addresses a ON a.key = p.key
        WHERE p.ticket IN (SELECT number FROM these)
    )
    SELECT {_FIELDS} FROM legal_holds h WHERE lifted_at IS NULL AND (
        ticket IN (SELECT number FROM these)
        OR address IN (SELECT key FROM client_addresses WHERE client_id IN (SELECT client_id FROM people))
        OR address IN (SELECT key FROM ticket_participants p WHERE p.ticket IN (SELECT number FROM these)))
    ORDER BY id
""")  # noqa: S608

_ON: Final = text(f"""
    SELECT {_FIELDS} FROM legal_holds h WHERE lifted_at IS NULL AND (
        ticket = ANY(CAST(:tickets AS bigint[])) OR address = ANY(CAST(:addresses AS text[]))
        OR address IN (SELECT o.key FROM client_addresses o JOIN client_addresses a ON a.client_id = o.client_id
                       WHERE a.key = ANY(CAST(:addresses AS text[]))))
    ORDER BY id
""")  # noqa: S608
