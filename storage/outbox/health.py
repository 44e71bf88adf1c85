"""Which destinations senders cannot reach at the moment: for operators, and so that a sender knows whom it has to take off the list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from storage.outbox.writing import clean


@dataclass(frozen=True, slots=True)
class Destination:
    """One that letters wait for, or that is down (`down_since`, else None)."""

    name: str
    queued: int
    down_since: datetime | None
    last_error: str | None


async def note_down(session: AsyncSession, destination: str, error: str | None) -> None:
    """It could not be spoken to, and why; None: it can be again."""
    if error is None:
        await session.execute(_BACK, {"name": destination})
    else:
        await session.execute(_DOWN, {"name": destination, "error": clean(error)})


async def known_down(session: AsyncSession, destinations: Collection[str]) -> set[str]:
    """Those of these that are down; what else the list has is forgotten, for nobody sends there any more."""
    await session.execute(_FORGET, {"names": list(destinations)})
    return set((await session.execute(_KNOWN)).scalars())


async def standings(session: AsyncSession) -> list[Destination]:
    """By name. Reads the queue's index, and nothing of what was sent."""
    return [Destination(row.name, row.queued, row.down_since, row.last_error) for row in await session.execute(_STANDINGS)]


_DOWN: Final = text("""
    INSERT INTO destinations_down (name, last_error) VALUES (:name, :error)
    ON CONFLICT (name) DO UPDATE SET last_error = excluded.last_error
""")

_BACK: Final = text("DELETE FROM destinations_down WHERE name = :name")

_FORGET: Final = text("DELETE FROM destinations_down WHERE name <> ALL (:names)").bindparams(bindparam("names", type_=ARRAY(Text)))

_KNOWN: Final = text("SELECT name FROM destinations_down")

_STANDINGS: Final = text("""
    WITH waiting AS (SELECT destination, count(*) AS queued FROM outbox_messages WHERE state = 'queued' GROUP BY destination)
    SELECT coalesce(down.name, waiting.destination) AS name, coalesce(waiting.queued, 0) AS queued, down.down_since, down.last_error
    FROM destinations_down AS down FULL JOIN waiting ON waiting.destination = down.name ORDER BY 1
""")
