"""Whether a database's schema is one that this release works with, and bringing the embedded one up to it."""

import asyncio
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from migrations import run as migrations


class SchemaError(Exception):
    """The database's schema is too old, or there is none; the text says what to do."""


def fault(revision: str | None) -> str | None:
    """What is wrong with a schema of this revision. One that we do not know is a later release's, and those keep us running."""
    if revision is None:
        return "the database has no schema of Deskgate's; `deskgate migrate` makes it"
    if migrations.known(revision) and revision != migrations.head():
        return f"the database's schema is {revision}, this release needs {migrations.head()}; `deskgate migrate` brings it there"
    return None


async def check(engine: AsyncEngine) -> None:
    """Raises SchemaError; and whatever a database raises that is away."""
    wrong = fault(await migrations.current(engine))
    if wrong is not None:
        raise SchemaError(wrong)


async def bring_up(engine: AsyncEngine, url: str) -> None:
    """Migrate if need be; of several who call it at once, one does and the others wait."""
    if fault(await migrations.current(engine)) is None:
        return
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        # Asked again and again: a statement that waited would be one that the building of an index beside traffic waits for in its turn.
        while not await autocommit.scalar(text("SELECT pg_try_advisory_lock(hashtext('deskgate schema'))")):  # noqa: ASYNC110  another process gives it up
            await asyncio.sleep(AGAIN_SECONDS)
        try:
            if fault(await migrations.current(engine)) is not None:
                # alembic's environment runs an event loop of its own.
                await asyncio.to_thread(migrations.upgrade, url)
        finally:
            # Closing the connection gives up the lock.
            await autocommit.invalidate()


AGAIN_SECONDS: Final = 0.2
