"""Alembic's entry: runs revisions over asyncpg, as `migrations.run` configures it."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from migrations import run as settings
from storage.models import metadata


def run(connection: Connection) -> None:
    connection.execute(text(f"SET lock_timeout = '{settings.LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{settings.STATEMENT_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=settings.include_object,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


url = context.config.get_main_option("sqlalchemy.url")
if url is None:
    raise RuntimeError("migrations run through migrations.run, which names the database")
asyncio.run(run_on(url))
