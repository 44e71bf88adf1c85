"""What the parent process writes down of its configurations: beside everything else, once, and whatever the database does meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.app import engine, history
from gateway.app.history import History
from gateway.config.load import Loaded, load
from gateway.domain.configurations import Occasion
from storage import configurations
from storage.configurations import Happened
from tests.config.reading import SECRET, SMALLEST

Sessions = async_sessionmaker[AsyncSession]
DATABASE = 'url = "postgresql://desk:hunter2@db.test/desk"'
BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Loaded]:
    def reading(name: str) -> Loaded:
        path = tmp_path / "config.toml"
        path.write_text(
            f'{SMALLEST}[desk]\nname = "{name}"\nsecret = "{SECRET}"\nreply_address = "r@example.com"\n[database]\n{DATABASE}\n'
        )
        return load(path)

    return reading


def ticking() -> Callable[[], datetime]:
    """A second later each time."""
    times = iter(range(1000))
    return lambda: BEGAN + timedelta(seconds=next(times))


@asynccontextmanager
async def keeping(kept: History, url: str) -> AsyncIterator[None]:
    task = asyncio.create_task(kept.keep(url))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def events(sessions: Sessions) -> list[Happened]:
    async with sessions() as session:
        return list(reversed(await configurations.history(session, 100)))


async def until(sessions: Sessions, count: int) -> list[Happened]:
    async with asyncio.timeout(60):
        while len(found := await events(sessions)) < count:
            await asyncio.sleep(0.01)
    return found


async def test_start_reload_and_refusal_are_told_in_order(sessions: Sessions, database_url: str, read: Callable[[str], Loaded]) -> None:
    one, two = read("One"), read("Two")
    kept = History(one, "config.toml", ticking())
    async with keeping(kept, database_url):
        kept.ready()
        await until(sessions, 1)
        kept.reloaded(two, ("server.listen",))
        kept.refused(["line 3: desk.name: expected a line of text"])
        kept.reloaded(one, ())
        found = await until(sessions, 4)
    assert [(each.kind, each.fingerprint) for each in found] == [
        (Occasion.START, one.fingerprint),
        (Occasion.RELOAD, two.fingerprint),
        (Occasion.REFUSED, two.fingerprint),
        (Occasion.RELOAD, one.fingerprint),
    ]
    assert [each.at for each in found] == [BEGAN + timedelta(seconds=number) for number in range(4)]
    assert (found[1].needs_restart, found[2].faults) == (("server.listen",), ("line 3: desk.name: expected a line of text",))
    async with sessions() as session:
        assert await configurations.last_two(session) == [one.fingerprint, two.fingerprint]
        [first] = await configurations.beginning_with(session, one.fingerprint[:6])
    assert (first.first_at, first.configuration.document["desk"]["name"]) == (BEGAN, "One")
    assert list(first.configuration.document)[:3] == ["server", "tls", "limits"], "in the order of the file"
    assert "hunter2" not in str(first)


async def test_nothing_is_written_before_the_gateway_is_ready(sessions: Sessions, database_url: str, read: Callable[[str], Loaded]) -> None:
    kept = History(read("One"), "config.toml")
    async with keeping(kept, database_url):
        kept.refused(["a fault"])
        for _ in range(50):
            await asyncio.sleep(0)
        assert await events(sessions) == []
        kept.ready()
        assert [each.kind for each in await until(sessions, 2)] == [Occasion.START, Occasion.REFUSED]


async def test_a_start_without_a_ready_line_is_told_in_the_end(
    sessions: Sessions, database_url: str, read: Callable[[str], Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "AFTER_START", 0.01)
    async with keeping(History(read("One"), "config.toml"), database_url):
        assert [each.kind for each in await until(sessions, 1)] == [Occasion.START]


async def test_what_a_database_that_is_away_did_not_take_is_written_when_it_is_back(
    sessions: Sessions, database_url: str, read: Callable[[str], Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "AGAIN", 0.01)
    tries = 0
    real = configurations.record

    async def record(session: AsyncSession, event: object) -> None:
        """The first answer is lost after the commit, the second try finds nobody."""
        nonlocal tries
        tries += 1
        if tries == 2:
            raise ConnectionRefusedError
        await real(session, event)  # type: ignore[arg-type]
        if tries == 1:
            await session.commit()
            raise ConnectionResetError

    monkeypatch.setattr(configurations, "record", record)
    kept = History(read("One"), "config.toml")
    async with keeping(kept, database_url):
        kept.ready()
        kept.refused(["a fault"])
        found = await until(sessions, 2)
    assert [each.kind for each in found] == [Occasion.START, Occasion.REFUSED]
    assert tries == 4


async def test_what_happens_while_the_connection_is_closed_is_not_forgotten(
    sessions: Sessions, database_url: str, read: Callable[[str], Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = History(read("One"), "config.toml")
    real = engine.engine_of

    @asynccontextmanager
    async def engine_of(*arguments: Any) -> AsyncIterator[AsyncEngine]:
        async with real(*arguments) as opened:
            yield opened
        if len(told) == 1:
            kept.refused(["a fault"])
        told.append("closed")

    told = ["opened"]
    monkeypatch.setattr(engine, "engine_of", engine_of)
    async with keeping(kept, database_url):
        kept.ready()
        assert [each.kind for each in await until(sessions, 2)] == [Occasion.START, Occasion.REFUSED]


async def test_a_gateway_that_stops_writes_what_is_left(sessions: Sessions, database_url: str, read: Callable[[str], Loaded]) -> None:
    kept = History(read("One"), "config.toml")
    await kept.finish(database_url)
    assert [each.kind for each in await events(sessions)] == [Occasion.START]
    await kept.finish(database_url)
    assert len(await events(sessions)) == 1


async def test_a_gateway_stops_without_its_database(read: Callable[[str], Loaded]) -> None:
    await History(read("One"), "config.toml").finish("postgresql://desk@127.0.0.1:1/desk")
