"""The budget of all automatic letters together: how far it is spent, by whom, and whether that was told lately; and what is remembered of
the alarms that operators are told of."""

from dataclasses import asdict
from typing import Final

from sqlalchemy import Double, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.alarms import Known


async def letters_of_hour(session: AsyncSession) -> int:
    """Automatic letters that outside mail caused within the hour."""
    return int(await session.scalar(_LETTERS_OF_HOUR) or 0)


async def busiest_domains(session: AsyncSession, most: int) -> list[tuple[str, int]]:
    """Whose authors' mail caused most of them, the busiest first."""
    rows = await session.execute(_BUSIEST, {"most": most})
    return [(row.domain, row.letters) for row in rows]


async def ring(session: AsyncSession, alarm: str, every_seconds: float) -> bool:
    """Whether nobody, on any node, rang this alarm within the time."""
    rung = await session.execute(_RING, {"alarm": f"alarm:{alarm}", "every": every_seconds})
    return rung.scalar_one_or_none() is not None


_LETTERS_OF_HOUR: Final = text("SELECT count(*) FROM automatic_letters WHERE at > now() - interval '1 hour'")

_BUSIEST: Final = text("""
    SELECT domain, count(*) AS letters FROM automatic_letters WHERE at > now() - interval '1 hour'
    GROUP BY domain ORDER BY letters DESC, domain LIMIT :most
""")

_RING: Final = text("""
    INSERT INTO controls (name, value) VALUES (:alarm, 'true') ON CONFLICT (name) DO UPDATE SET changed_at = now()
    WHERE controls.changed_at <= now() - make_interval(secs => :every) RETURNING name
""").bindparams(bindparam("every", type_=Double))


async def known(session: AsyncSession) -> dict[str, Known]:
    """What is remembered of alarms, by name."""
    return {row.name: Known(**row._asdict()) for row in await session.execute(_KNOWN)}


async def remember(session: AsyncSession, alarm: Known) -> None:
    await session.execute(_REMEMBER, asdict(alarm))


async def up(session: AsyncSession) -> dict[str, str]:
    """The alarms that are up, by name: why."""
    return {row.name: row.why for row in await session.execute(_UP)}


_COLUMNS: Final = "name, about, since, up, why, logged_at, told_at, told"
_KNOWN: Final = text(f"SELECT {_COLUMNS} FROM alarms ORDER BY name")  # noqa: S608
_UP: Final = text("SELECT name, why FROM alarms WHERE up ORDER BY name")
_REMEMBER: Final = text("""
    INSERT INTO alarms (name, about, since, up, why, logged_at, told_at, told)
    VALUES (:name, :about, :since, :up, :why, CAST(:logged_at AS timestamptz), CAST(:told_at AS timestamptz), :told)
    ON CONFLICT (name) DO UPDATE SET about = excluded.about, since = excluded.since, up = excluded.up, why = excluded.why,
        logged_at = excluded.logged_at, told_at = excluded.told_at, told = excluded.told
""")
