"""Weekly partitions of the raw bytes. The default partition takes what no week takes, so a missing one never refuses mail."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.inbound.pieces import STORAGE

WEEK = timedelta(weeks=1)

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('deskgate inbound partitions', 0))")
_IMPATIENT = text("SET LOCAL lock_timeout = '2s'")
_NOW = text("SELECT now()")
_EXISTING = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'inbound_contents'::regclass")
_IN_DEFAULT = text("SELECT EXISTS (SELECT FROM inbound_contents_default WHERE received_at >= :first AND received_at < :last)")


async def ensure_partitions(session: AsyncSession, weeks_ahead: int) -> list[str]:
    """Makes the missing partitions of this week and the next `weeks_ahead`, and returns their names.

    A week of which the default partition already has rows stays there. Raises when it does not get its locks within 2 s: try later.
    """
    await session.execute(_LOCK)
    await session.execute(_IMPATIENT)
    now: datetime = (await session.execute(_NOW)).scalar_one()
    existing = set((await session.execute(_EXISTING)).scalars())
    made = []
    for monday in (_monday(now) + number * WEEK for number in range(weeks_ahead + 1)):
        name = f"inbound_contents_{monday:%G_w%V}"
        if name not in existing and await _make(session, name, monday):
            made.append(name)
    return made


async def _make(session: AsyncSession, name: str, monday: datetime) -> bool:
    if await session.scalar(_IN_DEFAULT, {"first": monday, "last": monday + WEEK}):
        return False
    # Attached rather than created in place: that locks out neither accepts nor reads of the other weeks.
    await session.execute(text(f"CREATE TABLE {name} (LIKE inbound_contents INCLUDING ALL) WITH ({STORAGE})"))
    bounds = f"FROM ('{monday.isoformat()}') TO ('{(monday + WEEK).isoformat()}')"
    await session.execute(text(f"ALTER TABLE inbound_contents ATTACH PARTITION {name} FOR VALUES {bounds}"))
    return True


def _monday(now: datetime) -> datetime:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())
