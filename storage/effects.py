"""What was done once and shall have no second effect, by a key. Mail takes its keys with what it changes (`storage.changes`); this is for
what people and programs ask for."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

HOURS: Final = 48
"""For so long the same key has no second effect."""
NO_MAIL: Final = 0
"""In place of the message whose effect it is."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The key was taken before. `ticket` is what came of it, None where that is gone."""

    ticket: int | None


async def take(session: AsyncSession, key: bytes) -> Earlier | None:
    """Takes the key, in the session's transaction; waits for whoever takes it at this moment. None: it is ours."""
    values = {"key": key, "inbound": NO_MAIL, "hours": HOURS}
    if (await session.execute(_TAKE, values)).first() is not None:
        return None
    return Earlier((await session.execute(_EARLIER, {"key": key})).scalar_one_or_none())


async def came_of(session: AsyncSession, key: bytes, ticket: int | None) -> None:
    """Remembers the ticket with a key that is ours."""
    await session.execute(_CAME_OF, {"key": key, "ticket": ticket})


_TAKE: Final = text("""
    INSERT INTO effects (key, inbound_id, expires_at) VALUES (:key, :inbound, now() + make_interval(hours => :hours))
    ON CONFLICT (key) DO UPDATE SET ticket = NULL, expires_at = excluded.expires_at WHERE effects.expires_at <= now()
    RETURNING key
""")
_EARLIER: Final = text("SELECT ticket FROM effects WHERE key = :key")
_CAME_OF: Final = text("UPDATE effects SET ticket = :ticket WHERE key = :key")
