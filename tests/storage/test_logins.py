"""A database that answers and lets nobody in: who is told what, and with which exit status. Every refusal is made to happen."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url

from gateway.app.database import Server
from storage.engine import DatabaseAwayError, LoginRefusedError, database_away
from tests.conftest import plain
from tests.deploy.operator import superuser
from tests.journeys.in_process import run_here
from tests.journeys.running import write_config

ROLES = """
    CREATE ROLE logins_none NOLOGIN;
    CREATE ROLE logins_elsewhere LOGIN;
    REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC;
"""


@pytest_asyncio.fixture
async def guarded(database_url: str) -> AsyncIterator[str]:
    connection = await asyncpg.connect(superuser(database_url))
    try:
        await connection.execute(ROLES.format(database=make_url(database_url).database))
        yield database_url
    finally:
        await connection.execute("DROP ROLE logins_none; DROP ROLE logins_elsewhere")
        await connection.close()


@pytest.mark.parametrize(
    ("user", "name", "said"),
    [
        ("logins_nobody", None, 'role "logins_nobody" does not exist'),
        ("logins_none", None, 'role "logins_none" is not permitted to log in'),
        ("logins_elsewhere", None, "permission denied for database"),
        (None, "logins_no_database", 'database "logins_no_database" does not exist'),
    ],
    ids=["no such role", "a role that may not log in", "not to this database", "no such database"],
)
async def test_a_command_that_is_not_let_in_names_the_key_and_says_why(
    guarded: str, user: str | None, name: str | None, said: str, tmp_path: Path
) -> None:
    there = make_url(guarded)
    url = there.set(username=user or there.username, password="hush", database=name or there.database).render_as_string(hide_password=False)
    config = write_config(tmp_path, url, "directory:out")
    for command in (("status",), ("trace", "1"), ("migrate",), ("audit", "verify")):
        status, out, err = await run_here(*command, "--config", str(config))
        assert (status, out) == (2, ""), f"{command}: {err}"
        assert err.startswith("deskgate: database.url: the database at "), err
        assert f"does not let us in: {said}" in err
        assert "Traceback" not in err
        assert "hush" not in err


async def test_a_service_waits_for_somebody_to_mend_it_and_is_to_be_started_again(guarded: str) -> None:
    refused = make_url(guarded).set(username="logins_none").render_as_string(hide_password=False)
    with pytest.raises(DatabaseAwayError, match="does not let us in") as raised:
        await Server(refused, patience=0.1).open()
    assert not isinstance(raised.value, LoginRefusedError), "75, upon which systemd starts it again; 2 would be its end"


async def test_a_running_service_takes_it_for_a_database_that_is_away(guarded: str) -> None:
    refused = make_url(guarded).set(username="logins_none").render_as_string(hide_password=False)
    with pytest.raises(LoginRefusedError) as raised:
        await Server(refused, patience=0.0).open()
    assert database_away(raised.value), "in a running service it costs no message an attempt"


async def test_a_database_that_takes_no_connections_is_away(database_url: str, server_url: str, tmp_path: Path) -> None:
    """As while somebody renames or copies it."""
    name = make_url(database_url).database
    connection = await asyncpg.connect(plain(server_url))
    try:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        status, out, err = await run_here("status", "--config", str(write_config(tmp_path, database_url, "directory:out")))
    finally:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await connection.close()
    assert (status, out) == (75, ""), err
    assert "is not currently accepting connections" in err
