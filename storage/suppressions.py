"""Addresses that automatic letters do not go to. All are normalised; what is lifted or past its time counts as if it were not there."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.suppressions import Cause, Suppression
from gateway.domain.visible import Visible
from storage.company import Turn, together
from storage.visible import of_ticket, ticket_seen
from storage.webhooks.writing import EVENTS_RETURNED, QUEUED


async def suppressed(session: AsyncSession, addresses: Collection[str]) -> dict[str, Suppression]:
    """Those among these."""
    wanted = set(addresses)
    if not wanted:
        return {}
    found: dict[str, Suppression] = await together(session, Turn.SUPPRESSED, _suppressed_of_all, wanted)
    return found


async def _suppressed_of_all(session: AsyncSession, asked: Sequence[set[str]]) -> list[dict[str, Suppression]]:
    rows = await session.execute(_AMONG, {"addresses": sorted(set().union(*asked))})
    found = {row.address: _suppression(row) for row in rows}
    return [{address: each for address, each in found.items() if address in wanted} for wanted in asked]


async def suppress(
    session: AsyncSession, address: str, cause: Cause, why: str, days: int, *, ticket: int | None = None, outbox_id: int | None = None
) -> bool:
    """Whether it is suppressed now by this. `days` 0: for ever.

    What is there already stays where it is weightier; and a report of a letter from before the address was lifted brings nothing back.
    """
    values = {"address": address, "cause": cause, "why": why, "days": days, "ticket": ticket, "outbox_id": outbox_id}
    return (await session.execute(_SUPPRESS, values)).scalar_one_or_none() is not None


async def lift(session: AsyncSession, address: str, by: str, *, only: Cause | None = None) -> bool:
    """Whether it was suppressed (for the cause `only`). Letters go there from this transaction on."""
    lifted = await session.execute(_LIFT, {"address": address, "by": by, "only": only})
    return lifted.scalar_one_or_none() is not None


async def listed(session: AsyncSession, sees: Visible | None = None) -> Sequence[Suppression]:
    """The newest first."""
    statement = text(_LISTED.format(seen=ticket_seen(sees, "suppressions.ticket")))
    return [_suppression(row) for row in await session.execute(statement, of_ticket(sees))]


async def cancel_waiting(session: AsyncSession, address: str, spellings: Collection[str], why: str) -> None:
    """Automatic letters that wait for the address are cancelled for it, with an event on the ticket of each. Those that a sender holds at
    this moment are not. `spellings` are lower-case forms of the address as letters may have it."""
    wanted = sorted({address, *spellings})
    await session.execute(_CANCEL_WAITING, {"addresses": wanted, "why": why})


async def forget(session: AsyncSession) -> int:
    """What has been over for a month. How many rows."""
    return len((await session.execute(_FORGET)).all())


def _suppression(row: Any) -> Suppression:
    return Suppression(row.address, Cause(row.cause), row.why, row.created_at, row.expires_at, row.ticket, row.outbox_id)


_FIELDS: Final = "address, cause, why, created_at, expires_at, ticket, outbox_id"
_IN_FORCE: Final = "lifted_at IS NULL AND (expires_at IS NULL OR expires_at > now())"

_AMONG: Final = text(f"SELECT {_FIELDS} FROM suppressions WHERE address = ANY(CAST(:addresses AS text[])) AND {_IN_FORCE}")  # noqa: S608
_LISTED: Final = f"SELECT {_FIELDS} FROM suppressions WHERE {_IN_FORCE} AND {{seen}} ORDER BY created_at DESC, address"  # noqa: S608

# A person's word outweighs a complaint, and that a bounce. A bounce may tell no news: the address stays suppressed for longer.
_SUPPRESS: Final = text("""
    INSERT INTO suppressions AS old (address, cause, why, ticket, outbox_id, expires_at)
    VALUES (:address, :cause, :why, CAST(:ticket AS bigint), CAST(:outbox_id AS bigint),
            CASE WHEN :days > 0 THEN now() + make_interval(days => :days) END)
    ON CONFLICT (address) DO UPDATE SET cause = excluded.cause, why = excluded.why, ticket = excluded.ticket,
        outbox_id = excluded.outbox_id, created_at = now(), expires_at = excluded.expires_at, lifted_at = NULL, lifted_by = NULL
    WHERE CASE
        WHEN excluded.cause = 'person' THEN true
        WHEN old.lifted_at IS NOT NULL THEN old.lifted_at < coalesce(
            (SELECT coalesce(released_at, created_at) FROM outbox_messages WHERE id = excluded.outbox_id), now())
        WHEN old.expires_at <= now() THEN true
        ELSE array_position(ARRAY['bounce', 'complaint', 'person'], excluded.cause)
            >= array_position(ARRAY['bounce', 'complaint', 'person'], old.cause)
    END
    RETURNING address
""").bindparams(bindparam("days", type_=Integer))

_LIFT: Final = text("""
    UPDATE suppressions SET lifted_at = now(), lifted_by = :by
    WHERE address = :address AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        AND (CAST(:only AS text) IS NULL OR cause = :only)
    RETURNING address
""")

# Whoever holds one of these rows is a sender that has it in hand, or an operator: neither is waited for, so that two transactions that
# suppress each the other's address cannot lock each other out.
_CANCEL_WAITING: Final = text(f"""
    WITH waiting AS (
        SELECT r.id, r.outbox_id, r.address, o.ticket, o.kind FROM outbox_recipients r JOIN outbox_messages o ON o.id = r.outbox_id
        WHERE lower(r.address) = ANY(CAST(:addresses AS text[])) AND r.state = 'queued' AND o.state IN ('queued', 'scheduled')
            AND o.automatic AND NOT o.forced AND o.kind NOT IN ('probe', 'verification')
        FOR UPDATE SKIP LOCKED
    ), cancelled AS (
        UPDATE outbox_recipients r SET state = 'cancelled', finished_at = now(), reply = :why FROM waiting
        WHERE r.id = waiting.id RETURNING r.id
    ), ended AS (
        UPDATE outbox_messages o SET last_error = :why, state = coalesce((
            SELECT state FROM outbox_recipients r WHERE r.outbox_id = o.id AND r.id NOT IN (SELECT id FROM waiting) AND state <> 'cancelled'
            ORDER BY array_position(ARRAY['failed', 'bounced', 'sent'], state) LIMIT 1), 'cancelled')
        WHERE o.id IN (SELECT outbox_id FROM waiting) AND NOT EXISTS (
            SELECT FROM outbox_recipients r WHERE r.outbox_id = o.id AND r.state = 'queued' AND r.id NOT IN (SELECT id FROM waiting))
    ), events AS (
        INSERT INTO ticket_events (ticket, kind, actor_role, data)
        SELECT ticket, 'silenced', 'system', jsonb_build_object('kind', kind, 'why', CAST(:why AS text), 'to', jsonb_build_array(address),
            'outbox', outbox_id)
        FROM waiting WHERE ticket IS NOT NULL
        {EVENTS_RETURNED}
    ) {QUEUED}
""")  # noqa: S608

_FORGET: Final = text("""
    DELETE FROM suppressions WHERE least(expires_at, lifted_at + interval '60 days') < now() - interval '30 days' RETURNING address
""")
