"""Connections: how they are set up, that dead ones are replaced, and what counts as a database that is away, each made to happen."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.embedded import EmbeddedServer
from storage.engine import asyncpg_url, connect, database_away, serialization_conflict
from storage.engine import sessions as sessions_of
from tests.conftest import plain
from tests.storage.conftest import eventually, is_alive, server_pid
from tests.storage.test_embedded import QUICK
from tests.waiting import PATIENCE


@pytest_asyncio.fixture
async def own_server(data_dir: Path) -> AsyncIterator[EmbeddedServer]:
    """A server that the test may stop and kill; five connections wide, of which superusers may have two."""
    settings = {**QUICK, "max_connections": "5", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    server = EmbeddedServer.start(data_dir, settings=settings)
    yield server
    server.stop()


async def failure_of(work: Awaitable[object]) -> BaseException:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is, is judged by the test
        return error
    raise AssertionError("it did not fail")


async def until_it_fails(engine: AsyncEngine) -> BaseException:
    """The process behind a connection outlives its postmaster for a moment, and answers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await run(engine, "SELECT 1")
            except Exception as error:  # noqa: BLE001  as above
                return error


async def run(engine: AsyncEngine, statement: str) -> object:
    async with engine.begin() as connection:
        result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://u:p%40@h:1/d", "postgresql+asyncpg://u:p%40@h:1/d"),
        ("postgres://h/d", "postgresql+asyncpg://h/d"),
        ("postgresql+asyncpg://u@/d?host=/run/pg&port=5432", "postgresql+asyncpg://u@/d?host=%2Frun%2Fpg&port=5432"),
        ("postgresql://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
        ("postgresql://u:p@a:1,b/d", "postgresql+asyncpg://u:p@/d?host=a%2Cb&port=1%2C5432&target_session_attrs=read-write"),
        (
            "postgresql://[::1]:1,[::2]/d?target_session_attrs=any",
            "postgresql+asyncpg:///d?host=%3A%3A1%2C%3A%3A2&port=1%2C5432&target_session_attrs=any",
        ),
    ],
)
def test_urls_are_understood(given: str, expected: str) -> None:
    assert asyncpg_url(given).render_as_string(hide_password=False) == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "embedded",
        "mysql://h/d",
        "postgresql+psycopg2://h/d",
        "postgresql://h:port/d",
        "postgresql://u:secret@h/d?what=1",
        "postgresql://u:secret@a,b:x/d",
        "postgresql://u:secret@a,,b/d",
    ],
)
def test_other_urls_are_refused_without_repeating_the_password(given: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        asyncpg_url(given)
    assert "secret" not in str(caught.value)


async def test_a_session_is_in_utc_bounded_and_named(database_url: str) -> None:
    engine = connect(database_url, application_name="deskgate-intake")
    wanted = {
        "TimeZone": "UTC",
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "1min",
        "application_name": "deskgate-intake",
    }
    assert {name: await run(engine, f"SHOW {name}") for name in wanted} == wanted
    await engine.dispose()


async def test_sessions_commit_a_unit_of_work_or_nothing(engine: AsyncEngine) -> None:
    await counters(engine)
    make = sessions_of(engine)
    async with make.begin() as session:
        await session.execute(text("UPDATE counters SET n = 1"))

    async def fail() -> None:
        async with make.begin() as session:
            await session.execute(text("UPDATE counters SET n = 2"))
            raise LookupError

    assert isinstance(await failure_of(fail()), LookupError)
    assert await run(engine, "SELECT max(n) FROM counters") == 1


async def test_a_connection_that_died_in_the_pool_is_replaced_without_an_error(own_server: EmbeddedServer, data_dir: Path) -> None:
    engine = connect(own_server.url, pool_size=2)
    first = await run(engine, "SELECT pg_backend_pid()")
    await asyncio.to_thread(own_server.stop)
    with EmbeddedServer.start(data_dir, settings=QUICK):
        assert await run(engine, "SELECT pg_backend_pid()") != first
        await engine.dispose()


async def test_a_stopped_server_is_away_and_the_error_names_it(own_server: EmbeddedServer) -> None:
    engine = connect(own_server.url)
    own_server.stop()
    error = await failure_of(run(engine, "SELECT 1"))
    assert database_away(error)
    assert not serialization_conflict(error)
    assert str(own_server.log_file.parent) in str(error)


async def test_a_port_that_nobody_listens_on_is_away_and_the_password_stays_secret() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = await failure_of(run(connect(f"postgresql://u:secret@127.0.0.1:{port}/d"), "SELECT 1"))
    assert database_away(error)
    assert f"127.0.0.1:{port}" in str(error)
    assert "secret" not in str(error)


async def test_a_server_that_does_not_answer_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.engine.CONNECT_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = await failure_of(run(connect(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d?ssl=disable"), "SELECT 1"))
    assert database_away(error)
    assert "no answer within" in str(error)


async def test_a_first_host_that_is_silent_keeps_nobody_from_the_second_and_is_not_asked_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.engine.CONNECT_SECONDS", 8.0)
    there = make_url(database_url)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hosts, ports = f"127.0.0.1,{there.query['host']}", f"{silent.getsockname()[1]},{there.query['port']}"
        url = f"postgresql://deskgate@/{there.database}?host={hosts}&port={ports}&ssl=disable&target_session_attrs=read-write"
        engine = connect(url, pool_size=2)
        assert await run(engine, "SELECT 1") == 1
        async with engine.connect(), asyncio.timeout(3.5):
            assert await run(engine, "SELECT 2") == 2
        await engine.dispose()


async def test_hosts_of_which_none_takes_writes_are_away_and_all_are_named(database_url: str) -> None:
    engine = connect(database_url)
    await run(engine, f'ALTER DATABASE "{engine.url.database}" SET default_transaction_read_only = on')
    await engine.dispose()
    there = make_url(database_url)
    hosts = f"host={there.query['host']},127.0.0.1&port={there.query['port']},9&ssl=disable"
    error = await failure_of(run(connect(f"postgresql://deskgate@/{there.database}?{hosts}&target_session_attrs=read-write"), "SELECT 1"))
    assert database_away(error)
    assert "it takes no writes" in str(error)
    assert "127.0.0.1:9" in str(error)


async def interrupted(engine: AsyncEngine, interrupt: Callable[[], object]) -> BaseException:
    """What a statement that is at work meets when the server is interrupted."""
    work = asyncio.create_task(run(engine, "SELECT pg_sleep(20)"))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(interrupt)
    return await failure_of(work)


async def test_a_server_that_is_shut_down_under_a_statement_is_away(own_server: EmbeddedServer) -> None:
    engine = connect(own_server.url)
    assert database_away(await interrupted(engine, own_server.stop))
    await engine.dispose()


async def test_a_backend_that_is_killed_is_away_and_the_engine_recovers(own_server: EmbeddedServer) -> None:
    engine = connect(own_server.url, pool_size=2)
    # As `serve` does: the server ends when one of its processes does, and is started again.
    watching = asyncio.create_task(own_server.watch(0.1))
    backend = await run(engine, "SELECT pg_backend_pid()")
    assert isinstance(backend, int)
    assert database_away(await interrupted(engine, lambda: os.kill(backend, signal.SIGKILL)))

    async def answers() -> bool:
        try:
            return await run(engine, "SELECT 1") == 1
        except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
            assert database_away(error)  # in recovery: 57P03
            return False

    async with asyncio.timeout(60):
        while not await answers():
            await asyncio.sleep(0.02)
    watching.cancel()
    await engine.dispose()


async def test_a_killed_server_is_away_and_comes_back_under_the_same_url(own_server: EmbeddedServer, data_dir: Path) -> None:
    engine = connect(own_server.url)
    await run(engine, "SELECT 1")
    pid = server_pid(data_dir)
    os.kill(pid, signal.SIGKILL)
    assert await asyncio.to_thread(eventually, lambda: not is_alive(pid))
    assert database_away(await until_it_fails(engine))
    own_server.ensure_running()
    assert await run(engine, "SELECT 1") == 1
    await engine.dispose()


async def test_too_many_connections_are_a_database_away(own_server: EmbeddedServer) -> None:
    engine = connect(own_server.url)
    held = [await engine.connect() for _ in range(5)]
    error = await failure_of(run(engine, "SELECT 1"))
    assert database_away(error)
    assert "too many clients" in str(error)
    for connection in held:
        await connection.close()
    await engine.dispose()


async def test_an_exhausted_pool_is_a_database_away(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.engine.POOL_SECONDS", 0.1)
    engine = connect(database_url, pool_size=1)
    async with engine.connect():
        error = await failure_of(run(engine, "SELECT 1"))
    assert isinstance(error, PoolTimeout)
    assert database_away(error)
    await engine.dispose()


async def test_a_closed_connection_of_asyncpg_itself_is_away(database_url: str) -> None:
    connection = await asyncpg.connect(plain(database_url))
    await connection.close()
    assert database_away(await failure_of(connection.fetchval("SELECT 1")))


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
async def test_a_wait_that_was_cut_off_may_succeed_later(engine: AsyncEngine, setting: str) -> None:
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE clients"))

        async def wait() -> None:
            async with engine.begin() as waiting:
                await waiting.execute(text(f"SET LOCAL {setting} = '50ms'"))
                await waiting.execute(text("SELECT * FROM clients"))

        error = await failure_of(wait())
    assert database_away(error)
    assert not serialization_conflict(error)


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1/0", "SELEC", "SELECT * FROM nowhere", "INSERT INTO alembic_version VALUES (NULL)", "DO $$ BEGIN RAISE 'P0001'; END $$"],
)
async def test_a_fault_of_the_statement_is_not_the_databases_absence(engine: AsyncEngine, statement: str) -> None:
    error = await failure_of(run(engine, statement))
    assert not database_away(error)
    assert not serialization_conflict(error)


@pytest.mark.parametrize(
    "error", [FileNotFoundError("config.toml"), ValueError("no"), PermissionError("x"), asyncpg.InterfaceError("misused")]
)
def test_other_failures_are_not_the_databases_absence(error: Exception) -> None:
    assert not database_away(error)
    assert not serialization_conflict(error)


async def test_a_serialisation_failure_is_a_conflict(engine: AsyncEngine) -> None:
    await counters(engine)

    async def overtaken() -> None:
        async with engine.connect() as slow:
            await slow.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            await slow.execute(text("SELECT * FROM counters"))
            await run(engine, "UPDATE counters SET n = n + 1")
            await slow.execute(text("UPDATE counters SET n = n + 1"))

    error = await failure_of(overtaken())
    assert serialization_conflict(error)
    assert not database_away(error)


async def test_a_deadlock_is_a_conflict_of_one_of_the_two(engine: AsyncEngine) -> None:
    await counters(engine)
    both_hold_one = asyncio.Barrier(2)

    async def add(*names: str) -> None:
        async with engine.begin() as connection:
            for name in names:
                await connection.execute(text("UPDATE counters SET n = n + 1 WHERE name = :name"), {"name": name})
                if name == names[0]:
                    await both_hold_one.wait()

    outcomes = await asyncio.gather(add("a", "b"), add("b", "a"), return_exceptions=True)
    (error,) = [outcome for outcome in outcomes if outcome is not None]
    assert serialization_conflict(error)
    assert not database_away(error)


async def counters(engine: AsyncEngine) -> None:
    await run(engine, "CREATE TABLE counters AS SELECT name, 0 AS n FROM unnest(ARRAY['a', 'b']) AS name")
