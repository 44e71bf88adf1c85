"""The restore drill of docs/operations.md, command by command, between two servers."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from migrations import run as migrations
from storage import engine as storage_engine
from storage import instance, outbox
from storage.embedded import EmbeddedServer, binaries
from tests.conftest import UNSAFE_BUT_QUICK, memory, plain
from tests.packaging.tree import ROOT

SOCKETS = '-h "$PWD/data/database/run"'


def told(program: str) -> str:
    """The line of the handbook that calls this program."""
    lines = re.findall(rf"(?m)^ *({program} .*)$", (ROOT / "docs" / "operations.md").read_text())
    assert len(lines) == 1
    return str(lines[0])


@pytest.fixture
def places() -> Iterator[tuple[Path, Path]]:
    """Two directories to install in, where the user that the embedded server runs as can reach them."""
    folder = Path(tempfile.mkdtemp(prefix="deskgate-tests-drill-", dir=memory()))
    folder.chmod(0o711)
    for name in ("old", "new"):
        (folder / name).mkdir(mode=0o711)
    yield folder / "old", folder / "new"
    shutil.rmtree(folder, ignore_errors=True)


def run(program: str, place: Path) -> None:
    """As the handbook has it, standing in `place`."""
    command = told(program)
    assert SOCKETS in command
    words = shlex.split(command.replace("$PWD", str(place)))
    environment = os.environ | {"PATH": f"{binaries().prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def execute(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(plain(url))
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def begun(url: str) -> instance.Foreign | None:
    """What a start finds out about the database."""
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with storage_engine.sessions(engine).begin() as session:
            return await instance.verify(session)
    finally:
        await engine.dispose()


async def sending(url: str, *, adopted: bool) -> outbox.Hold | None:
    engine = storage_engine.connect(url, pool_size=1)
    try:
        async with storage_engine.sessions(engine).begin() as session:
            return await instance.adopt(session) if adopted else await outbox.held(session)
    finally:
        await engine.dispose()


@pytest.mark.timeout(180)
async def test_a_dump_restored_elsewhere_has_everything_and_sends_nothing_until_it_is_adopted(places: tuple[Path, Path]) -> None:
    old, new = places
    with EmbeddedServer.start(old / "data", settings=UNSAFE_BUT_QUICK) as server:
        await migrated(server.url)
        assert await begun(server.url) is None
        await execute(server.url, "INSERT INTO clients (name) VALUES ('Klara')")
        run("pg_dump", old)
    (old / "deskgate.dump").rename(new / "deskgate.dump")
    with EmbeddedServer.start(new / "data", settings=UNSAFE_BUT_QUICK) as server:
        await migrated(server.url)
        assert await begun(server.url) is None
        run("psql", new)
        run("pg_restore", new)
        assert [row["name"] for row in await execute(server.url, "SELECT name FROM clients")] == ["Klara"]
        assert await begun(server.url) is not None
        held = await sending(server.url, adopted=False)
        assert held is not None
        assert held.foreign
        assert await sending(server.url, adopted=True) is None
        assert await begun(server.url) is None


async def migrated(url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, url)
