"""Whose database this is. A copy on another server must not send the original's letters a second time.

PostgreSQL gives every server (not every database) a system identifier; a dump restored elsewhere shows another one. A copy of the
server's files keeps it, so that a drill on such a copy begins with `outbox hold`.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.outbox import control


@dataclass(frozen=True, slots=True)
class Foreign:
    """The database was made by the server `written_by` and is now on `found_on`."""

    written_by: str
    found_on: str


async def verify(session: AsyncSession) -> Foreign | None:
    """To be called at start, before anything is claimed: a new database is made ours, a foreign one pauses all sending until `adopt`."""
    row = (await session.execute(_VERIFY)).one()
    if row.written_by == row.found_on:
        return None
    why = "the database was restored or copied from another server: `deskgate outbox adopt` lets letters go"
    await control.set_switch(session, {"foreign": True, "why_foreign": why})
    return Foreign(row.written_by, row.found_on)


async def adopt(session: AsyncSession) -> control.Hold | None:
    """Makes the database this server's. Returns what still holds sending: an operator's `outbox hold`."""
    await session.execute(_ADOPT)
    await control.set_switch(session, {"foreign": False, "why_foreign": None})
    return await control.held(session)


# The row that another session inserts at this moment has the same identifier.
_VERIFY: Final = text("""
    WITH server AS (SELECT CAST(system_identifier AS text) AS id FROM pg_control_system()), first AS (
        INSERT INTO instance (one, system_identifier) SELECT true, id FROM server
        ON CONFLICT (one) DO NOTHING
    )
    SELECT coalesce((SELECT system_identifier FROM instance), server.id) AS written_by, server.id AS found_on FROM server
""")

_ADOPT: Final = text("""
    INSERT INTO instance (one, system_identifier)
    SELECT true, CAST(system_identifier AS text) FROM pg_control_system()
    ON CONFLICT (one) DO UPDATE SET system_identifier = excluded.system_identifier, adopted_at = now()
""")
