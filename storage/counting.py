"""Counts by state that never scan the rows which are over, however many there are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

EXACT_BELOW = 64 * 1024 * 1024
"""Up to this many octets of table, finished rows are counted one by one in a few milliseconds; beyond, they are estimated."""

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Counts(Generic[State]):
    """Rows by state, with every state. Of `over` the count is exact while the table is small, else PostgreSQL's own estimate."""

    by_state: dict[State, int]
    over_is_estimate: bool


async def count_by_state(session: AsyncSession, table: str, states: type[State], over: State) -> Counts[State]:
    """`table` is one of ours, with partial indexes on the states other than `over`, the one that rows end in."""
    waiting = await session.execute(text(WAITING.format(table=table, over=over)))
    by_state = dict.fromkeys(states, 0) | {states(row.state): row.n for row in waiting}
    extent = (await session.execute(EXTENT, {"table": table})).one()
    if extent.octets <= EXACT_BELOW:
        exact = await session.scalar(text(f"SELECT count(*) FROM {table} WHERE state = '{over}'"))  # noqa: S608
        return Counts(by_state | {over: exact or 0}, over_is_estimate=False)
    # As the planner does it: the density of the last ANALYZE on today's size.
    rows = round(extent.tuples / extent.pages * extent.pages_now)
    return Counts(by_state | {over: max(0, rows - sum(by_state.values()))}, over_is_estimate=True)


# The state is written out for the partial index's sake.
WAITING = "SELECT state, count(*) AS n FROM {table} WHERE state <> '{over}' GROUP BY state"
EXTENT = text(
    """
    SELECT pg_relation_size(oid) AS octets, greatest(reltuples, 0) AS tuples, greatest(relpages, 1) AS pages,
           pg_relation_size(oid) / current_setting('block_size')::integer AS pages_now
    FROM pg_class WHERE oid = CAST(CAST(:table AS text) AS regclass)
    """
)
