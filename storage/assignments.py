"""What rules that hand tickets out go by: who has how many, and whose turn it was."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def loads(session: AsyncSession) -> dict[str, int]:
    """How many tickets that have not ended each assignee has."""
    return {row.assignee: row.tickets for row in await session.execute(_LOADS)}


async def last_assigned(session: AsyncSession) -> dict[str, str]:
    """By department, whose its newest ticket is of those that are somebody's. One with no such ticket among the latest is left out."""
    return {row.department: row.assignee for row in await session.execute(_LAST)}


_LOADS: Final = text("""
    SELECT assignee, count(*) AS tickets FROM tickets WHERE assignee IS NOT NULL AND status IN ('new', 'open', 'pending') GROUP BY assignee
""")

# The newest come off the end of the primary key; without a bound, a desk of years would be read whole for each mail.
_LAST: Final = text("""
    SELECT DISTINCT ON (department) department, assignee FROM (
        SELECT number, department, assignee FROM tickets WHERE assignee IS NOT NULL ORDER BY number DESC LIMIT 2000
    ) AS latest ORDER BY department, number DESC
""")
