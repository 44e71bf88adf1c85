"""Statements that run for every letter, straight on asyncpg: SQLAlchemy's way around one of them, with its session, its rows and their
types, takes a sender more time than the statement itself.

Their texts are SQLAlchemy's all the same, so that they can be run in a session's transaction too; and its codec makes values of JSON.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeAlias

from asyncpg import Connection, InterfaceError, InternalClientError
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.util import greenlet_spawn

Executor: TypeAlias = "AsyncSession | Connection"


@asynccontextmanager
async def driver(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Connection]:
    """A connection of the sessions' pool outside any transaction: each statement is one of its own."""
    engine: AsyncEngine = sessions.kw["bind"]
    pooled = await engine.raw_connection()
    try:
        connection: Connection | None = pooled.driver_connection
        assert connection is not None
        yield connection
    except (InterfaceError, InternalClientError, OSError):
        # Nobody knows what state it is in: it shall not be the next one's.
        await greenlet_spawn(pooled.invalidate)
        raise
    finally:
        await greenlet_spawn(pooled.close)


async def rows(executor: Executor, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """With a session, in its transaction."""
    if isinstance(executor, AsyncSession):
        result = await executor.execute(statement, parameters)
        return [dict(zip(result.keys(), row, strict=True)) for row in result]
    sql, names = _prepared(statement)
    found: list[Mapping[str, Any]] = await executor.fetch(sql, *[parameters[name] for name in names])
    return found


@lru_cache(64)
def _prepared(statement: TextClause) -> tuple[str, tuple[str, ...]]:
    """asyncpg keeps the statement of a text prepared on each connection."""
    compiled = statement.compile(dialect=PGDialect_asyncpg())  # type: ignore[no-untyped-call]
    return str(compiled), tuple(compiled.positiontup or ())
