"""Tickets for programs: those that match, in an order that pages can follow, merged ones among them: whoever keeps a copy of the desk's
tickets learns by the feed that one has gone into another."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.ticket_lists import TicketFilter
from storage.ticket_lists import planned_anew, where
from storage.ticket_views import COLUMNS, Document, ticket

Order = Literal["number", "-number", "updated_at", "-updated_at"]
"""What comes first: the lowest number, the highest, what was changed longest ago, what was changed last."""


@dataclass(frozen=True, slots=True)
class Place:
    """The ticket to go on after; `updated_at` of orders by it."""

    number: int
    updated_at: datetime | None = None


async def feed(
    session: AsyncSession,
    wanted: TicketFilter,
    order: Order,
    limit: int,
    after: Place | None = None,
    created_since: datetime | None = None,
) -> list[Document]:
    """Without articles and events."""
    await planned_anew(session)
    conditions, given = where(wanted, merged=True)
    if created_since is not None:
        conditions.append("t.created_at >= :created_since")
        given["created_since"] = created_since
    if after is not None:
        conditions.append(_AFTER[order])
        given |= {"after": after.number} | ({"place": after.updated_at} if after.updated_at is not None else {})
    statement = text(
        f"SELECT {COLUMNS} FROM tickets t JOIN clients c ON c.id = t.client_id "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY {_ORDERS[order]} LIMIT :limit"
    )
    return [ticket(row) for row in await session.execute(statement, given | {"limit": limit})]


_ORDERS: Final[dict[Order, str]] = {
    "number": "t.number",
    "-number": "t.number DESC",
    "updated_at": "t.updated_at, t.number",
    "-updated_at": "t.updated_at DESC, t.number DESC",
}
_AFTER: Final[dict[Order, str]] = {
    "number": "t.number > :after",
    "-number": "t.number < :after",
    "updated_at": "(t.updated_at, t.number) > (:place, :after)",
    "-updated_at": "(t.updated_at, t.number) < (:place, :after)",
}
