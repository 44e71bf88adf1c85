"""Files that nothing names any more."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncSession


async def let_go(session: AsyncSession, named: Iterable[bytes]) -> list[bytes]:
    """One reference less for each of these SHA-256; returns which contents are gone for it. One that others name stays."""
    times: dict[bytes, int] = {}
    for each in named:
        times[each] = times.get(each, 0) + 1
    if not times:
        return []
    keys = sorted(times)
    # In one order, whoever lets go of several at the same time.
    await session.execute(_LOCK, {"keys": keys})
    await session.execute(_FEWER, {"keys": keys, "times": [times[each] for each in keys]})
    return list((await session.execute(_DROP, {"keys": keys})).scalars())


_KEYS: Final = bindparam("keys", type_=ARRAY(BYTEA))
_LOCK: Final = text("SELECT sha256 FROM blobs WHERE sha256 = ANY(:keys) ORDER BY sha256 FOR UPDATE").bindparams(_KEYS)
_FEWER: Final = text("""
    UPDATE blobs SET refs = greatest(refs - less.times, 0) FROM unnest(:keys, :times) AS less (sha256, times)
    WHERE blobs.sha256 = less.sha256
""").bindparams(_KEYS, bindparam("times", type_=ARRAY(Integer)))
_DROP: Final = text("""
    DELETE FROM blobs b WHERE sha256 = ANY(:keys) AND refs = 0 AND NOT EXISTS (SELECT FROM attachments a WHERE a.sha256 = b.sha256)
    RETURNING sha256
""").bindparams(_KEYS)
