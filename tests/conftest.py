"""Fixtures that every room's tests share: a migrated database of its own for each test that asks.

The server is our own embedded one, without fsync, in memory where /dev/shm is; all xdist workers share it as any processes
do. With TEST_DATABASE_URL that server is used instead (its user needs CREATEDB; where it is no superuser, TEST_ADMIN_URL is one).
"""

import asyncio
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio
import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from migrations import run as migrations
from storage import engine as storage_engine
from storage.embedded import EmbeddedServer

if TYPE_CHECKING:
    from tests.journeys.lending import Lender

# A traceback with the values of all its variables, as is drawn where rich is installed, takes seconds of processor time.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

SHARED_MEMORY = Path("/dev/shm")
ENOUGH = 1 << 30
PREFIX = "deskgate-tests-"

# What a crash could lose is of no worth here; and there is a gateway or two to each processor.
UNSAFE_BUT_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
    "autovacuum": "off",
    "max_connections": "600",
}


RUN = "DESKGATE_TEST_RUN"


def run_name() -> str:
    """The same in all workers of one run of pytest, which inherit it from the controller."""
    return os.environ[RUN]


def memory() -> Path:
    """Where tests keep databases; another user than ours can pass through it. Containers often have a mere 64 MiB of /dev/shm."""
    if os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free > ENOUGH:
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


def run_directory() -> Path:
    return memory() / f"{PREFIX}{run_name()}"


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def pytest_configure() -> None:
    if not is_worker():
        os.environ[RUN] = uuid.uuid4().hex[:12]
        sweep()


def pytest_sessionfinish() -> None:
    """The controller ends after its workers; they have left the server by now."""
    if is_worker():
        return
    shutil.rmtree(run_directory(), ignore_errors=True)
    if url := os.environ.get("TEST_DATABASE_URL"):
        asyncio.run(drop_database(url, template_name()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Where output is cut to its end, as continuous integration shows it, the names are there."""
    failed = [each.nodeid for kind in ("failed", "error") for each in terminalreporter.getreports(kind)]
    if failed:
        config.add_cleanup(lambda: print("", "failed:", *failed, sep="\n  "))


def sweep() -> None:
    """Removes what a killed run left: a directory whose users' lock nobody holds."""
    for left in memory().glob(f"{PREFIX}*"):
        try:
            with (left / "database" / "users.lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL that may be filled with databases, shared by all tests of the run."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    directory = run_directory()
    directory.mkdir(mode=0o711, exist_ok=True)
    with EmbeddedServer.start(directory, settings=UNSAFE_BUT_QUICK) as server:
        yield server.url


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a migrated database that nobody connects to: made once a run, by the worker that comes first."""
    asyncio.run(make_template(server_url))
    return template_name()


def template_name() -> str:
    return f"template_{run_name()}"


def plain(url: str) -> str:
    """As asyncpg itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def make_template(url: str) -> None:
    name = template_name()
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtext($1))", name)
        if await connection.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", name):
            return
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await connection.execute(f'CREATE DATABASE "{name}"')
        await asyncio.to_thread(migrations.upgrade, named(url, name))
        await connection.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE true')
    finally:
        await connection.close()


async def drop_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(plain(url))
    try:
        if await connection.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@asynccontextmanager
async def fresh_database(server_url: str, template: str) -> AsyncIterator[str]:
    """The URL of a migrated database, dropped afterwards with whoever is still connected."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    # Copying files costs checkpoints: nothing on ours (8 ms instead of 90), much on a server with fsync.
    strategy = "wal_log" if os.environ.get("TEST_DATABASE_URL") else "file_copy"
    connection = await asyncpg.connect(plain(server_url))
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {strategy}')
        yield named(server_url, name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    async with fresh_database(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
def lend(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Lender]":
    """`async with lend(desk="…", tables="…") as gateway`: a gateway that serves, with an empty database and this configuration."""
    from tests.journeys.lending import Lender

    lender = Lender(server_url, template, tmp_path_factory.mktemp("lent"))
    yield lender
    lender.end()


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = storage_engine.connect(database_url, pool_size=5)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return storage_engine.sessions(engine)
