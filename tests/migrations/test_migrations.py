"""The schema from empty to head and back, and that a migration never waits for ever."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.app.schema import bring_up
from migrations import run as migrations
from migrations.run import include_object
from storage.engine import database_away
from storage.models import metadata
from tests.conftest import named, plain
from tests.journeys.in_process import run_here
from tests.processes.gateway import write_config


@pytest_asyncio.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database without any schema."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(plain(server_url))
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield named(server_url, name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def differences(engine: AsyncEngine) -> list[Any]:
    """What autogenerate would write into the next revision."""

    def compare(connection: Connection) -> list[Any]:
        options = {"include_object": include_object, "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with engine.connect() as connection:
        return await connection.run_sync(compare)


async def test_autogenerate_finds_no_difference_between_the_tables_and_the_migrated_schema(engine: AsyncEngine) -> None:
    assert await differences(engine) == []


@pytest.mark.parametrize(
    "drift",
    [
        "ALTER TABLE tickets ADD COLUMN colour text",
        "ALTER TABLE tickets ALTER COLUMN category TYPE varchar(10)",
        "ALTER TABLE outbox_messages ALTER COLUMN attempts SET DEFAULT 7",
        "ALTER TABLE clients ALTER COLUMN name DROP NOT NULL",
        "DROP INDEX ix_tickets_status",
        "CREATE TABLE stray (id bigint)",
    ],
)
async def test_the_comparison_sees_a_schema_that_drifted(engine: AsyncEngine, drift: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(drift))
    assert await differences(engine) != []


SCHEMA = """
    SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT format('%s.%s storage %s', attrelid::regclass, attname, attstorage) FROM pg_attribute
      JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0
    ORDER BY 1
"""


async def rows(url: str, query: str) -> list[str]:
    connection = await asyncpg.connect(plain(url))
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_down_to_nothing_and_up_again_gives_the_same_schema(database_url: str) -> None:
    before = await rows(database_url, SCHEMA)
    assert len(before) > 100
    await asyncio.to_thread(migrations.downgrade, database_url, "base")
    assert await rows(database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == ["alembic_version"]
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await rows(database_url, SCHEMA) == before


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    before = await rows(database_url, SCHEMA)
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await rows(database_url, SCHEMA) == before


async def test_the_revision_of_a_database_is_told(empty_url: str, engine: AsyncEngine) -> None:
    empty = create_async_engine(empty_url, poolclass=pool.NullPool)
    assert await migrations.current(empty) is None
    assert await migrations.current(engine) == migrations.head()
    assert migrations.known(migrations.head())
    assert not migrations.known("9999")


def test_revisions_are_read_off_the_files_as_alembic_reads_them() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    assert migrations.revisions() == {each.revision: each.down_revision for each in scripts.walk_revisions()}
    assert migrations.head() == scripts.get_current_head()


CONSTRAINTS = """
    SELECT contype::text || ' ' || conrelid::regclass || ' ' || conname FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid::regclass::text <> 'alembic_version'
       AND NOT (SELECT relispartition FROM pg_class WHERE pg_class.oid = conrelid)
"""
PREFIX = {"p": "pk", "f": "fk", "u": "uq", "c": "ck"}


async def test_every_constraints_name_follows_the_convention(database_url: str) -> None:
    found = await rows(database_url, CONSTRAINTS)
    kinds = {each.split()[0] for each in found}
    assert kinds == set(PREFIX)
    strange = []
    for each in found:
        kind, table, name = each.split()
        shape = f"pk_{table}" if kind == "p" else f"{PREFIX[kind]}_{table}_[a-z_0-9]+"
        if not re.fullmatch(shape, name):
            strange.append(each)
    assert strange == []


async def test_the_migrated_constraints_are_those_of_the_tables(database_url: str, empty_url: str) -> None:
    """Autogenerate does not compare checks: a new status without a migration would pass it."""
    query = CONSTRAINTS.replace("|| conname", "|| conname || ' ' || pg_get_constraintdef(oid)") + " ORDER BY 1"
    made = create_async_engine(empty_url, poolclass=pool.NullPool)
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
    assert await rows(database_url, query) == await rows(empty_url, query)


async def test_every_index_is_named_after_its_table(database_url: str) -> None:
    query = """
        SELECT tablename || ' ' || indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
           AND tablename NOT LIKE 'inbound_contents_%'
    """
    names = [each.split() for each in await rows(database_url, query)]
    assert [(table, name) for table, name in names if not re.fullmatch(rf"(ix|uq)_{table}_[a-z_0-9]+|pk_{table}", name)] == []


PASSWORDS = ["p%40ss", "%(here)s", "a@b:c/d?e#f", "100%", "пароль"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_of_odd_signs_reaches_the_database_as_it_is(password: str) -> None:
    url = make_url("postgresql://desk@db.test:5433/name").set(password=password)
    configured = migrations.configuration(url.render_as_string(hide_password=False)).get_main_option("sqlalchemy.url")
    assert configured is not None
    read = make_url(configured)
    assert (read.drivername, read.username, read.password, read.host, read.port) == (
        "postgresql+asyncpg",
        "desk",
        password,
        "db.test",
        5433,
    )


@pytest.mark.parametrize("password", PASSWORDS)
async def test_a_migration_runs_for_a_user_whose_password_has_odd_signs(empty_url: str, password: str) -> None:
    role = f"odd_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(plain(empty_url))
    try:
        quoted = await admin.fetchval("SELECT quote_literal($1::text)", password)
        await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD {quoted}")
        await admin.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        url = make_url(empty_url).set(username=role, password=password).render_as_string(hide_password=False)
        await asyncio.to_thread(migrations.upgrade, url)
        assert await admin.fetchval("SELECT version_num FROM alembic_version") == migrations.head()
        assert await admin.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'tickets'") == role
    finally:
        await admin.execute(f"DROP OWNED BY {role}")
        await admin.execute(f"DROP ROLE {role}")
        await admin.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [("mysql://h/d", "a URL of mysql"), ("postgresql://h/d?colour=red", "unknown parameters"), ("nonsense", "no URL of a database")],
)
def test_what_is_no_url_of_postgresql_is_refused_in_words(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        migrations.upgrade(url)


async def test_libpqs_sslmode_is_understood(empty_url: str) -> None:
    url = make_url(empty_url).set(drivername="postgresql").update_query_dict({"sslmode": "disable"})
    await asyncio.to_thread(migrations.upgrade, url.render_as_string(hide_password=False))
    assert await rows(empty_url, "SELECT version_num FROM alembic_version") == [migrations.head()]


async def test_a_migration_gives_up_where_somebody_holds_a_table_and_leaves_everything_as_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "200ms")
    whole = await rows(database_url, SCHEMA)
    # Each revision is a transaction of its own; this one's way back needs the table.
    await asyncio.to_thread(migrations.downgrade, database_url, "0002")
    before = await rows(database_url, SCHEMA)
    holder = await asyncpg.connect(plain(database_url))
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE tickets IN ACCESS SHARE MODE")
            with pytest.raises(DBAPIError, match="lock timeout") as failure:
                await asyncio.wait_for(asyncio.to_thread(migrations.downgrade, database_url, "base"), 60)
            assert database_away(failure.value), "to be tried again later"
        assert await rows(database_url, SCHEMA) == before
        await asyncio.to_thread(migrations.downgrade, database_url, "base")
        async with holder.transaction():
            await holder.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(DBAPIError, match="lock timeout"):
                await asyncio.wait_for(asyncio.to_thread(migrations.upgrade, database_url), 60)
    finally:
        await holder.close()
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await rows(database_url, SCHEMA) == whole


async def test_a_statement_that_takes_too_long_is_given_up(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "STATEMENT_TIMEOUT", "200ms")
    holder = await asyncpg.connect(plain(database_url))
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE tickets IN ACCESS SHARE MODE")
            with pytest.raises(DBAPIError, match="statement timeout"):
                await asyncio.wait_for(asyncio.to_thread(migrations.downgrade, database_url, "base"), 60)
    finally:
        await holder.close()


async def test_of_several_who_migrate_at_once_one_does_and_the_others_wait(empty_url: str) -> None:
    """An index that is built beside traffic waits for every statement under way: none of those who wait may be one."""
    engines = [create_async_engine(empty_url, poolclass=pool.NullPool) for _ in range(4)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(bring_up(each, empty_url) for each in engines))
    assert await migrations.current(engines[0]) == migrations.head()


async def test_an_index_whose_building_was_interrupted_is_built_anew_while_others_write(database_url: str) -> None:
    index = "ix_outbox_recipients_address"
    await asyncio.to_thread(migrations.downgrade, database_url, "0010")
    writer = await asyncpg.connect(plain(database_url))
    try:
        await writer.execute(f"CREATE INDEX {index} ON outbox_recipients (address)")
        await writer.execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass")
        under_way = writer.transaction()
        await under_way.start()
        await writer.execute("LOCK TABLE outbox_recipients IN ROW EXCLUSIVE MODE")
        upgrade = asyncio.create_task(asyncio.to_thread(migrations.upgrade, database_url))
        waiting = f"SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%{index}%'"
        async with asyncio.timeout(60):
            while not await rows(database_url, waiting):
                await asyncio.sleep(0.02)
            # Another one is not kept waiting behind it.
            await rows(database_url, "DELETE FROM outbox_recipients")
            await under_way.commit()
            await upgrade
    finally:
        await writer.close()
    assert await rows(database_url, f"SELECT indisvalid::text FROM pg_index WHERE indexrelid = '{index}'::regclass") == ["true"]
    [definition] = await rows(database_url, f"SELECT indexdef FROM pg_indexes WHERE indexname = '{index}'")
    assert "(lower(address), outbox_id)" in definition


# What the release before 0002 writes, by the columns that it knows.
AS_BEFORE = (
    "INSERT INTO clients (name) VALUES ('Anna')",
    "INSERT INTO tickets (subject, department, language, client_id) SELECT 'Printer', 'support', 'en', max(id) FROM clients",
    """INSERT INTO outbox_messages (kind, ticket, expires_at, message_id, subject, headers, text, effect)
       SELECT 'registered', max(number), now(), '<a@b>', '', '[]', '', uuid_send(gen_random_uuid()) FROM tickets""",
)


async def test_what_was_there_survives_the_second_schema_on_which_the_release_before_goes_on(empty_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_url, "0001")
    for statement in AS_BEFORE:
        await rows(empty_url, statement)
    await asyncio.to_thread(migrations.upgrade, empty_url, "0002")
    for statement in AS_BEFORE:
        await rows(empty_url, statement)
    told = """
        SELECT format('%s %s %s', o.kind, o.while_status, t.client_waiting_since)
          FROM outbox_messages o JOIN tickets t ON t.number = o.ticket
    """
    assert await rows(empty_url, told) == ["registered  "] * 2


async def test_going_back_to_the_first_schema_leaves_out_what_it_cannot_hold(empty_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_url, "0002")
    for statement in (*AS_BEFORE, AS_BEFORE[-1].replace("registered", "digest")):
        await rows(empty_url, statement)
    await asyncio.to_thread(migrations.downgrade, empty_url, "0001")
    assert await rows(empty_url, "SELECT kind FROM outbox_messages") == ["registered"]
    with pytest.raises(asyncpg.CheckViolationError):
        await rows(empty_url, AS_BEFORE[-1].replace("registered", "digest"))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT number FROM tickets WHERE client_waiting_since < now() - interval '4 hours'", "ix_tickets_client_waiting_since"),
        ("SELECT id FROM outbox_messages WHERE ticket = 1 AND state = 'scheduled'", "ix_outbox_messages_scheduled_ticket"),
        ("SELECT id FROM digest_items WHERE agent = 'a@b' ORDER BY at", "ix_digest_items_agent"),
        ("SELECT id FROM ratings WHERE replaced_at IS NULL AND created_at > now() - interval '1 day'", "ix_ratings_created_at"),
    ],
)
async def test_what_is_asked_often_is_found_by_an_index_of_its_own(database_url: str, query: str, index: str) -> None:
    connection = await asyncpg.connect(plain(database_url))
    try:
        await connection.execute("SET enable_seqscan = off")
        assert index in "".join(row[0] for row in await connection.fetch(f"EXPLAIN {query}"))
    finally:
        await connection.close()


async def test_an_operator_who_migrates_is_in_the_audit_log(database_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(migrations.downgrade, database_url, "0013")
    config = write_config(tmp_path / "config.toml", database_url)
    for _ in range(2):
        status, out, err = await run_here("migrate", "--config", str(config))
        assert (status, out) == (0, f"the schema is {migrations.head()}\n"), err
    told = "SELECT concat(action, ' ', result, ' ', changes) FROM audit_log"
    assert await rows(database_url, told) == [f'migrate done {{"schema": {{"to": "{migrations.head()}", "from": "0013"}}}}']
