"""Connecting to PostgreSQL, and telling "the database is away" and "do it again" from true faults."""

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from storage.hosts import DatabaseAwayError, Hosts, LoginRefusedError, without_hosts

__all__ = [
    "DatabaseAwayError",
    "LoginRefusedError",
    "asyncpg_url",
    "connect",
    "database_away",
    "engine_behind",
    "held_up",
    "serialization_conflict",
    "sessions",
    "single_statements",
]

EXPECTED = "postgresql://USER:PASSWORD@HOST:PORT/NAME, or several HOST:PORT with commas between them"

CONNECT_SECONDS = 5.0
POOL_SECONDS = 10.0
RECYCLE_SECONDS = 1800

# Bounds on the server's side hold even where this process hangs; a statement of ours takes milliseconds.
SESSION = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}

LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"

# Conditions that pass without anybody changing the statement (PostgreSQL's appendix A).
AWAY_CLASSES = (
    "08",  # connection exceptions
    "53",  # insufficient resources: disk_full and too_many_connections among them
    "58",  # system errors, such as io_error: the disk's fault, not the statement's
)
AWAY_STATES = frozenset(
    {
        "25006",  # read_only_sql_transaction: we still talk to yesterday's primary
        "25P03",  # idle_in_transaction_session_timeout
        LOCK_NOT_AVAILABLE,
        QUERY_CANCELED,  # by statement_timeout
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "57P05",  # idle_session_timeout
    }
)


def connect(url: str, *, pool_size: int = 10, application_name: str = "deskgate") -> AsyncEngine:
    """An engine on at most `pool_size` connections, in UTC, with bounded waits. Nothing is connected yet.

    A connection that died while it lay in the pool is noticed without a round trip and replaced. Raises `ValueError` for what
    is no URL of PostgreSQL.
    """
    engine = create_async_engine(
        asyncpg_url(url),
        # An error's text goes into logs: the statement is enough there, a message's words and tokens are not for them.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "server_settings": {**SESSION, "application_name": application_name},
            "prepared_statement_cache_size": 256,
        },
    )
    event.listen(engine.sync_engine, "do_connect", Hosts(CONNECT_SECONDS, database_away).connect)
    event.listen(engine.sync_engine, "checkout", _refuse_dead)
    return engine


def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


def engine_behind(sessions: async_sessionmaker[AsyncSession]) -> AsyncEngine:
    engine = sessions.kw["bind"]
    assert isinstance(engine, AsyncEngine)
    return engine


@asynccontextmanager
async def single_statements(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """A session whose every statement is a transaction of its own: one round trip where BEGIN and COMMIT would make it three."""
    async with sessions() as session:
        await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session


def asyncpg_url(url: str) -> URL:
    """The URL as SQLAlchemy's asyncpg dialect takes it; libpq's `sslmode` and several hosts are understood. Raises `ValueError` for what
    cannot work."""
    try:
        rest, hosts = without_hosts(url)
        parsed = make_url(rest)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"no URL of a database; expected {EXPECTED}") from error
    if parsed.drivername not in ("postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError(f"a URL of {parsed.drivername}; expected {EXPECTED}")
    query = {**hosts, **parsed.query}
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    if unknown := sorted(set(query) - set(inspect.signature(asyncpg.connect).parameters)):
        raise ValueError(f"unknown parameters in the database URL: {', '.join(unknown)}")
    return parsed.set(drivername="postgresql+asyncpg", query=query)


def _refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """asyncpg has seen the socket's end by now; the pool then takes another connection."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def database_away(error: BaseException) -> bool:
    """Whether the database is away, or too busy to answer: the same may well succeed later, unchanged.

    For exceptions of database work. Of OSErrors only connections and time-outs count: a missing file is no missing database.
    """
    return any(_is_away(cause) for cause in _causes(error))


def _is_away(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError | PoolTimeout | DisconnectionError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, asyncpg.InternalClientError):
        return True  # the server ended the connection between two statements, and asyncpg was still reading what it said of that
    if isinstance(error, asyncpg.InterfaceError) and "closed" in str(error):
        return True  # its other meaning is misuse; there is no code to tell them apart
    state = _sqlstate(error)
    return state is not None and (state.startswith(AWAY_CLASSES) or state in AWAY_STATES)


def held_up(error: BaseException) -> bool:
    """Whether a statement ran out of time: the database is there, and what was in the way of this one need not be in the way of another."""
    return any(_sqlstate(cause) in (LOCK_NOT_AVAILABLE, QUERY_CANCELED) for cause in _causes(error))


def serialization_conflict(error: BaseException) -> bool:
    """Whether another transaction was in the way: repeat this one from its beginning, and it counts as no attempt."""
    return any(_sqlstate(cause) in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED) for cause in _causes(error))


def _sqlstate(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from: SQLAlchemy wraps its adapter's error, which wraps asyncpg's."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__
