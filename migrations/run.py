"""Bring a database to a revision, and say which one it has. Call from outside an event loop: alembic's environment runs its own.

Every process and every command asks which schema this release needs, and few migrate: alembic is imported by those alone.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.engine import asyncpg_url

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent
STATED = re.compile(r'^(revision|down_revision)\b[^=\n]*= (?:"([^"]+)"|None)$', re.MULTILINE)

# A migration never queues behind traffic for long.
LOCK_TIMEOUT = "10s"
STATEMENT_TIMEOUT = "15min"


def configuration(url: str | None = None) -> "Config":
    """Without `url` it can read revisions and run none. Raises `ValueError` for what is no URL of PostgreSQL."""
    from alembic.config import Config

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
    from alembic import command

    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    from alembic import command

    command.downgrade(configuration(url), revision)


@cache
def revisions() -> Mapping[str, str | None]:
    """Each revision of this release with the one below it, as the files state them."""
    stated = (dict(STATED.findall(path.read_text("utf-8"))) for path in sorted((HERE / "versions").glob("*.py")))
    return {each["revision"]: each["down_revision"] or None for each in stated}


def head() -> str:
    """The newest revision of this release."""
    [newest] = revisions().keys() - revisions().values()
    return newest


def known(revision: str) -> bool:
    """Whether this release knows the revision: a schema of a later release is not ours to touch."""
    return revision in revisions()


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
