"""Automatic letters to the client as articles of their ticket: the outbox keeps them, and a ticket shows them among what was written.

One that still waits for its time, or was cancelled, has told nobody anything and is none.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# A link that rates a ticket is its client's alone, and whoever reads the ticket at the desk could follow it.
UNLINKED = r"regexp_replace({column}, '(/rate/)[a-z2-7]{{20,}}', '\1…', 'g')"

NOTICES = text(
    f"""
    SELECT o.notice_id AS id, 'notice' AS kind, trim(both '<>' FROM o.message_id) AS message_id,
        {UNLINKED.format(column="o.text")} AS text, {UNLINKED.format(column="o.html")} AS html,
        '' AS quoted_text, '' AS signature, false AS private, true AS verified,
        coalesce(o.released_at, o.created_at) AS created_at, 'system' AS author_role,
        o.author -> 0 ->> 0 AS author_name, o.author -> 0 ->> 1 AS author_address,
        (SELECT jsonb_agg(jsonb_build_object('name', name, 'address', address) ORDER BY position)
           FROM outbox_recipients WHERE outbox_id = o.id) AS "to",
        '[]'::jsonb AS cc, o.attachments
    FROM (
        SELECT *, (SELECT header -> 1 FROM jsonb_array_elements(headers) AS header WHERE header ->> 0 = 'From' LIMIT 1) AS author
          FROM outbox_messages
         WHERE ticket = ANY(CAST(:numbers AS bigint[])) AND notice_id IS NOT NULL AND state NOT IN ('scheduled', 'cancelled')
    ) AS o
    ORDER BY o.notice_id
    """  # noqa: S608
)


async def notices(session: AsyncSession, numbers: list[int]) -> list[Any]:
    """Of a ticket and of those that were merged into it: rows like those of `articles`."""
    return list(await session.execute(NOTICES, {"numbers": numbers}))
