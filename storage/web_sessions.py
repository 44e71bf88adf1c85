"""Sessions of the console, and passwords that were tried. The time is the caller's; what is past its own counts as if it were not there."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.operators import Way
from storage.statements import lock

MOST_OF_ONE: Final = 50
"""Sessions of an operator. Of more, the one that lay idle longest ends."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that is to be; `token` is the digest of what the browser gets."""

    token: bytes
    operator: str
    fingerprint: bytes
    way: Way
    network: str
    browser: str


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    operator: str
    fingerprint: bytes
    way: Way
    network: str
    browser: str
    created_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """For how long a session lasts, seen from `at`."""

    at: datetime
    idle: timedelta
    longest: timedelta

    @property
    def values(self) -> dict[str, Any]:
        return {"used_after": self.at - self.idle, "created_after": self.at - self.longest}


async def open_session(session: AsyncSession, opened: Opened, at: datetime) -> int:
    """Its id."""
    await lock(session, (_key(b"o" + opened.operator.encode()),))
    values = {name: getattr(opened, name) for name in Opened.__dataclass_fields__}
    made = int((await session.execute(_OPEN, values | {"at": at})).scalar_one())
    await session.execute(_END_SURPLUS, {"operator": opened.operator, "most": MOST_OF_ONE})
    return made


async def by_token(session: AsyncSession, token: bytes, span: Span) -> Session | None:
    row = (await session.execute(_BY_TOKEN, {"token": token, **span.values})).one_or_none()
    return None if row is None else _session(row)


async def use(session: AsyncSession, id: int, at: datetime) -> None:
    """It was used now."""
    await session.execute(_USE, {"id": id, "at": at})


async def listed(session: AsyncSession, span: Span, operator: str | None = None) -> Sequence[Session]:
    """Of everybody, or of one operator; the last used first."""
    return [_session(row) for row in await session.execute(_LISTED, {"operator": operator, **span.values})]


async def end(session: AsyncSession, *, ids: Sequence[int] | None = None, operator: str | None = None, but: int | None = None) -> list[int]:
    """Those of `ids`, of the operator, or both; `but` stays. The ids of those that were there."""
    if ids is None and operator is None:
        raise TypeError("say which sessions")
    rows = await session.execute(_END, {"ids": None if ids is None else list(ids), "operator": operator, "but": but})
    return sorted(row.id for row in rows)


async def end_all(session: AsyncSession) -> list[int]:
    """Everybody's. Their ids."""
    return sorted(row.id for row in await session.execute(_END_ALL))


async def forget(session: AsyncSession) -> int:
    """What is over under any configuration, and old tries. How many sessions."""
    await session.execute(_FORGET_ATTEMPTS)
    return len((await session.execute(_FORGET)).all())


@dataclass(frozen=True, slots=True)
class Tries:
    """How many passwords may be tried in vain within the window: for one name from one network, from one network, for one name."""

    window: timedelta = timedelta(minutes=15)
    of_both: int = 5
    of_network: int = 30
    of_name: int = 100


async def attempt(session: AsyncSession, name: bytes, network: str, tries: Tries, at: datetime) -> timedelta | None:
    """Counts a try before it is made, so that many at once are no more than many in turn: None where it may be made, else what is left of
    the wait. One that has to wait counts for nothing. To be committed before the password is looked at."""
    await lock(session, (_key(b"n" + name), _key(b"w" + network.encode())))
    await session.execute(_FORGET_ATTEMPTS_BEFORE, {"before": at - tries.window})
    row = (await session.execute(_COUNT, {"name": name, "network": network, "after": at - tries.window})).one()
    full = [
        since
        for most, count, since in (
            (tries.of_both, row.of_both, row.since_both),
            (tries.of_network, row.of_network, row.since_network),
            (tries.of_name, row.of_name, row.since_name),
        )
        if count >= most
    ]
    if full:
        wait: timedelta = max(full) + tries.window - at
        return wait
    await session.execute(_ATTEMPT, {"name": name, "network": network, "at": at})
    return None


async def right(session: AsyncSession, name: bytes, network: str) -> None:
    """The password was right: what was tried before for this name from this network is forgiven."""
    await session.execute(_RIGHT, {"name": name, "network": network})


def _key(text: bytes) -> bytes:
    return hashlib.sha256(b"login " + text).digest()


def _session(row: Any) -> Session:
    return Session(row.id, row.operator, row.fingerprint, Way(row.way), row.network, row.browser, row.created_at, row.used_at)


_COLUMNS: Final = "id, operator, fingerprint, way, network, browser, created_at, used_at"
_IN_TIME: Final = "used_at > CAST(:used_after AS timestamptz) AND created_at > CAST(:created_after AS timestamptz)"

_OPEN: Final = text("""
    INSERT INTO web_sessions (token, operator, fingerprint, way, network, browser, created_at, used_at)
    VALUES (:token, :operator, :fingerprint, :way, :network, :browser, CAST(:at AS timestamptz), CAST(:at AS timestamptz)) RETURNING id
""")
_END_SURPLUS: Final = text("""
    DELETE FROM web_sessions WHERE id IN (
        SELECT id FROM web_sessions WHERE operator = :operator ORDER BY used_at DESC, id DESC OFFSET :most
    )
""")
_BY_TOKEN: Final = text(f"SELECT {_COLUMNS} FROM web_sessions WHERE token = :token AND {_IN_TIME}")  # noqa: S608
# To the minute, so that reading pages writes next to nothing.
_USE: Final = text("""
    UPDATE web_sessions SET used_at = CAST(:at AS timestamptz) WHERE id = :id AND used_at < CAST(:at AS timestamptz) - interval '1 minute'
""")
_LISTED: Final = text(f"""
    SELECT {_COLUMNS} FROM web_sessions WHERE {_IN_TIME} AND (CAST(:operator AS text) IS NULL OR operator = CAST(:operator AS text))
    ORDER BY used_at DESC, id DESC
""")  # noqa: S608
_END: Final = text("""
    DELETE FROM web_sessions WHERE (CAST(:ids AS bigint[]) IS NULL OR id = ANY (CAST(:ids AS bigint[])))
        AND (CAST(:operator AS text) IS NULL OR operator = CAST(:operator AS text))
        AND (CAST(:but AS bigint) IS NULL OR id <> CAST(:but AS bigint))
    RETURNING id
""")
_END_ALL: Final = text("DELETE FROM web_sessions RETURNING id")
# The longest that `web.session_idle_minutes` and `web.session_hours` can say, and a day.
_FORGET: Final = text("""
    DELETE FROM web_sessions WHERE used_at < now() - interval '8 days' OR created_at < now() - interval '91 days' RETURNING id
""")
_FORGET_ATTEMPTS: Final = text("DELETE FROM login_attempts WHERE at < now() - interval '1 day'")

_FORGET_ATTEMPTS_BEFORE: Final = text("""
    DELETE FROM login_attempts WHERE id IN (
        SELECT id FROM login_attempts WHERE at < CAST(:before AS timestamptz) ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED
    )
""")
# The oldest of the last so many would do; the oldest of the window says when the first of them is forgotten.
_COUNT: Final = text("""
    WITH tried AS (
        SELECT at, name = :name AS same_name, network = :network AS same_network FROM login_attempts
        WHERE (name = :name OR network = :network) AND at > CAST(:after AS timestamptz)
    )
    SELECT count(*) FILTER (WHERE same_name AND same_network) AS of_both, min(at) FILTER (WHERE same_name AND same_network) AS since_both,
        count(*) FILTER (WHERE same_network) AS of_network, min(at) FILTER (WHERE same_network) AS since_network,
        count(*) FILTER (WHERE same_name) AS of_name, min(at) FILTER (WHERE same_name) AS since_name
    FROM tried
""")
_ATTEMPT: Final = text("INSERT INTO login_attempts (at, name, network) VALUES (CAST(:at AS timestamptz), :name, :network)")
_RIGHT: Final = text("DELETE FROM login_attempts WHERE name = :name AND network = :network")
