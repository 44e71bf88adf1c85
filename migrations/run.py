"""Bring a database to a revision, and say which one it has. Call from outside an event loop: alembic's environment runs its own."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.engine import asyncpg_url

HERE = Path(__file__).parent

# A migration never queues behind traffic for long.
LOCK_TIMEOUT = "10s"
STATEMENT_TIMEOUT = "15min"


def configuration(url: str | None = None) -> Config:
    """Without `url` it can read revisions and run none. Raises `ValueError` for what is no URL of PostgreSQL."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if url is not None:
        complete = asyncpg_url(url).render_as_string(hide_password=False)
        # ConfigParser would read a per cent sign of the password as an interpolation.
        config.set_main_option("sqlalchemy.url", complete.replace("%", "%%"))
    return config


def include_object(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Weekly partitions come and go with retention; they are data, not schema."""
    return not (kind == "table" and name is not None and name.startswith("inbound_contents_"))


def upgrade(url: str, revision: str = "head") -> None:
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(configuration(url), revision)


def head() -> str:
    """The newest revision of this release."""
    found = ScriptDirectory.from_config(configuration()).get_current_head()
    assert found is not None
    return found


def known(revision: str) -> bool:
    """Whether this release knows the revision: a schema of a later release is not ours to touch."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


async def current(engine: AsyncEngine) -> str | None:
    """The revision that the database has; None where it is empty."""
    async with engine.connect() as connection:
        return await _current(connection)


async def _current(connection: AsyncConnection) -> str | None:
    try:
        return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except ProgrammingError:
        await connection.rollback()
        return None
