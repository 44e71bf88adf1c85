"""Who knocked before, and who came back. By the database's clock, for all nodes alike."""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Double, Integer, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

Knock = Literal["known", "trusted", "passed", "waits"]


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds, but for `passes`."""

    delay: float
    window: float
    remembered: float
    passes: int


async def knock(session: AsyncSession, triplet: bytes, source_key: bytes, source: str, author: str, patience: Patience) -> Knock:
    """Counts the knock, and says how it is met: by the address of a client (`author` is normalised), a source that came through often
    enough, a triplet that waited long enough, or not yet. Two at the same time are counted one after the other."""
    values = {
        "triplet": triplet,
        "source_key": source_key,
        "source": source,
        "author": author,
        "delay": patience.delay,
        "window": patience.window,
        "remembered": patience.remembered,
        "passes": patience.passes,
    }
    row = (await session.execute(_KNOCK, values)).one()
    return "known" if row.known else "trusted" if row.trusted else "passed" if row.passed else "waits"


async def forget(session: AsyncSession, window: float, remembered: float, most: int, limit: int = 50_000) -> int:
    """Deletes what has served its time, and the oldest of those who wait beyond `most`, for whoever knocks makes a row. How many."""
    values = {"window": window, "remembered": remembered, "most": most, "limit": limit}
    return int(await session.scalar(_FORGET, values) or 0)


# The triplet's row is always locked before the source's. A source is counted once an hour: a hundred recipients prove no more than one.
_KNOCK: Final = text("""
    WITH met AS (
        SELECT EXISTS (SELECT FROM client_addresses WHERE key = :author) AS known,
            EXISTS (
                SELECT FROM greylist
                WHERE key = :source_key AND passes >= :passes AND last_seen > now() - make_interval(secs => :remembered)
            ) AS trusted
    ), triplet AS (
        INSERT INTO greylist AS row (key, source, kind)
        SELECT :triplet, :source, 'triplet' FROM met WHERE NOT known AND NOT trusted
        ON CONFLICT (key) DO UPDATE SET
            last_seen = now(),
            first_seen = CASE
                WHEN row.passes = 0 AND row.first_seen < now() - make_interval(secs => :window) THEN now()
                WHEN row.passes > 0 AND row.last_seen < now() - make_interval(secs => :remembered) THEN now()
                ELSE row.first_seen
            END,
            passes = CASE
                WHEN row.passes > 0 AND row.last_seen >= now() - make_interval(secs => :remembered) THEN row.passes + 1
                WHEN row.passes = 0 AND row.first_seen >= now() - make_interval(secs => :window)
                    AND row.first_seen <= now() - make_interval(secs => :delay) THEN 1
                ELSE 0
            END
        RETURNING passes > 0 AS passed
    ), counted AS (
        INSERT INTO greylist AS row (key, source, kind, passes)
        SELECT :source_key, :source, 'source', 1 FROM met WHERE trusted OR (SELECT passed FROM triplet)
        ON CONFLICT (key) DO UPDATE SET
            last_seen = now(),
            passes = CASE WHEN row.last_seen < now() - make_interval(secs => :remembered) THEN 1 ELSE row.passes + 1 END
        WHERE row.last_seen < now() - interval '1 hour'
    )
    SELECT known, trusted, coalesce((SELECT passed FROM triplet), false) AS passed FROM met
""").bindparams(
    bindparam("triplet", type_=BYTEA),
    bindparam("source_key", type_=BYTEA),
    bindparam("delay", type_=Double),
    bindparam("window", type_=Double),
    bindparam("remembered", type_=Double),
    bindparam("passes", type_=Integer),
)

_FORGET: Final = text("""
    WITH gone AS (
        DELETE FROM greylist WHERE key IN (
            SELECT key FROM greylist
            WHERE last_seen < now() - make_interval(secs => :remembered)
                OR (passes = 0 AND last_seen < now() - make_interval(secs => :window))
                OR (passes = 0 AND last_seen <= (
                    SELECT last_seen FROM greylist WHERE passes = 0 ORDER BY last_seen DESC OFFSET :most LIMIT 1
                ))
            ORDER BY last_seen LIMIT :limit FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    ) SELECT count(*) FROM gone
""").bindparams(bindparam("window", type_=Double), bindparam("remembered", type_=Double))
