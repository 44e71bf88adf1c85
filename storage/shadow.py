"""Whether the desk works in the shadow of another: `serve --shadow` says so here, that commands beside it send nothing either."""

import json
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def stand(session: AsyncSession, *, shadow: bool) -> None:
    """As the service that starts now has it. Nothing is written where that is how it stood."""
    await session.execute(_STAND, {"shadow": shadow, "value": json.dumps({"shadow": shadow})})


async def stands(session: AsyncSession) -> bool:
    """As the latest start of a service had it."""
    return bool(await session.scalar(_STANDS))


_STAND: Final = text("""
    INSERT INTO controls (name, value) SELECT 'shadow', CAST(:value AS jsonb)
    WHERE CAST(:shadow AS boolean) <> coalesce((SELECT (value ->> 'shadow')::boolean FROM controls WHERE name = 'shadow'), false)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()
""")

_STANDS: Final = text("SELECT coalesce((value ->> 'shadow')::boolean, false) FROM controls WHERE name = 'shadow'")
