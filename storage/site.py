"""Where the web pages are, as the process that serves them said: commands need it where the configuration leaves the port open."""

import json
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def remember(session: AsyncSession, url: str) -> None:
    await session.execute(_REMEMBER, {"value": json.dumps({"url": url})})


async def remembered(session: AsyncSession) -> str | None:
    """As the latest start had it; None where no pages were ever served."""
    found: str | None = (await session.execute(_REMEMBERED)).scalar_one_or_none()
    return found


_REMEMBER: Final = text("""
    INSERT INTO controls (name, value) VALUES ('site', CAST(:value AS jsonb))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()
""")

_REMEMBERED: Final = text("SELECT value ->> 'url' FROM controls WHERE name = 'site'")
