"""Rows that name departments, agents or gateways which the configuration no longer has."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FIND = text(
    """
    SELECT 'department' AS what, department AS name, count(*) AS tickets FROM tickets
     WHERE department <> ALL(CAST(:departments AS text[])) GROUP BY department
    UNION ALL
    SELECT 'assignee', assignee, count(*) FROM tickets
     WHERE assignee IS NOT NULL AND assignee <> ALL(CAST(:agents AS text[])) GROUP BY assignee
    UNION ALL
    SELECT 'gateway', gateway, count(*) FROM tickets
     WHERE gateway IS NOT NULL AND gateway <> ALL(CAST(:gateways AS text[]))
       AND NOT ('*@' || split_part(gateway, '@', 2)) = ANY(CAST(:gateways AS text[])) GROUP BY gateway
    ORDER BY 1, 2
    """
)
REMEDY = {
    "department": "shown under the default department; `tickets set N --department KEY` moves one",
    "assignee": "its department is told instead; `tickets set N --assignee ADDR` gives it to somebody",
    "gateway": "answered from that address still; put it back, switched off, or expect bounces",
}


@dataclass(frozen=True, slots=True)
class Orphan:
    what: str
    name: str
    tickets: int
    remedy: str


async def find_orphans(session: AsyncSession, departments: Sequence[str], agents: Sequence[str], gateways: Sequence[str]) -> list[Orphan]:
    values = {"departments": list(departments), "agents": list(agents), "gateways": list(gateways)}
    return [Orphan(row.what, row.name, row.tickets, REMEDY[row.what]) for row in await session.execute(FIND, values)]
