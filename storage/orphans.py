"""Rows that no longer fit the configuration: they name departments, agents, gateways or levels of satisfaction that it has not, tokens that
act for such, or clients under addresses that are gateways' by now (U4)."""

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
    UNION ALL
    -- A client from before the address became a gateway's; what it wrote with a subaddress is the gateway's too.
    SELECT 'client', key, (SELECT count(*) FROM tickets WHERE client_id = a.client_id) FROM client_addresses a
     WHERE (key = ANY(CAST(:gateways AS text[])) OR regexp_replace(key, '[+].*@', '@') = ANY(CAST(:gateways AS text[]))
        OR ('*@' || split_part(key, '@', 2)) = ANY(CAST(:gateways AS text[]))) AND key <> ALL(CAST(:agents AS text[]))
    UNION ALL
    -- By score: a level may be called otherwise today.
    SELECT 'rating', score || ' ' || (array_agg(level ORDER BY id DESC))[1], count(DISTINCT ticket) FROM ratings
     WHERE score <> ALL(CAST(:scores AS integer[])) GROUP BY score
    UNION ALL
    SELECT 'token', name, 0 FROM api_tokens
     WHERE revoked_at IS NULL AND coalesce(expires_at > now(), true)
       AND (agent <> ALL(CAST(:agents AS text[])) OR NOT departments <@ CAST(:departments AS text[]))
    ORDER BY 1, 2
    """
)
REMEDY = {
    "department": "shown under the default department; `tickets set N --department KEY` moves one",
    "assignee": "its department is told instead; `tickets set N --assignee ADDR` gives it to somebody",
    "rating": "still counted; a level that was used is switched off by `active = false`, not deleted: put it back",
    "client": "a gateway's address is nobody's account: its mail is ignored, and letters to it are not sent; give the gateway another one",
    "token": "acts for an agent or in a department that is no more; make another one, and end it by `web token revoke NAME`",
    "gateway": "answered from that address still; put it back, switched off, or expect bounces",
}


@dataclass(frozen=True, slots=True)
class Orphan:
    what: str
    name: str
    tickets: int
    remedy: str


async def find_orphans(
    session: AsyncSession, departments: Sequence[str], agents: Sequence[str], gateways: Sequence[str], scores: Sequence[int]
) -> list[Orphan]:
    """`scores` are those of the configured levels, offered or not."""
    values = {"departments": list(departments), "agents": list(agents), "gateways": list(gateways), "scores": list(scores)}
    return [Orphan(row.what, row.name, row.tickets, REMEDY[row.what]) for row in await session.execute(FIND, values)]
