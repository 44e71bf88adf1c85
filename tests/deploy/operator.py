"""What the tests of runbooks do beside them: set a machine up, write mail to it, and look at what became of it. Not a test."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import asyncpg
from sqlalchemy.engine import make_url

from tests.conftest import named, plain
from tests.deploy.runbook import Machine
from tests.journeys.in_process import run_here
from tests.journeys.running import CONFIG
from tests.peers.smtp_peer import Received, SmtpPeer

SECONDS = 90.0


def configure(machine: Machine, url: str, relay: SmtpPeer, *, rules: str = "", trust: str = "") -> None:
    """As the runbooks presume it: secrets in files beside it."""
    secrets = machine.etc / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "database_url").write_text(f"{for_programs(url)}\n")
    (secrets / "desk_secret").write_text("a secret of the runbooks, long enough\n")
    (secrets / "relay_password").write_text("a password\n")
    lines = dict.fromkeys(("server", "web", "desk", "outbound"), "")
    lines |= {"database": f'data_dir = "{machine.home}/data"', "trust": f'agent_authentication = "token"\n{trust}', "tables": rules}
    text = CONFIG.format(url="URL", relay=relay.url, dns=machine.dns, **lines)
    text = text.replace('url = "URL"', 'url = "embedded"' if url == "embedded" else 'url = "file:secrets/database_url"')
    secret = "" if url == "embedded" else 'secret = "file:secrets/desk_secret"'
    # No pages: they are a sixth of what it costs to start, and no runbook opens one.
    (machine.etc / "roles").write_text("DESKGATE_ROLES=--role listener --role intake --role sender\n")
    machine.config.write_text(re.sub(r"(?m)^secret = .*$", secret, text))


def for_programs(url: str) -> str:
    return url if url == "embedded" else plain(url)


async def deskgate(machine: Machine, *arguments: str) -> Any:
    """What the command says as JSON; `sending` and the like are asked for in this way, beside the runbook's own words."""
    status, out, err = await run_here(*arguments, "--json", "--config", str(machine.config))
    assert status == 0, err
    return json.loads(out)


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(plain(url))
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def send(machine: Machine, mail: EmailMessage) -> None:
    host, port = machine.address()
    await aiosmtplib.send(mail, hostname=host, port=port, start_tls=False, timeout=60)


async def received(relay: SmtpPeer, recipient: str, *words: str) -> Received:
    """The first letter to this address with all these words."""
    deadline = time.monotonic() + SECONDS
    while True:
        for each in relay.to(recipient):
            if all(word in each.subject or word in each.text for word in words):
                return each
        assert time.monotonic() < deadline, f"no letter to {recipient} with {words}"
        await asyncio.sleep(0.05)


async def until_rows(url: str, query: str, wanted: list[tuple[Any, ...]]) -> None:
    deadline = time.monotonic() + SECONDS
    connection = await asyncpg.connect(plain(url))
    try:
        while (found := [tuple(row) for row in await connection.fetch(query)]) != wanted:
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


def superuser(url: str) -> str:
    """The same database as somebody who may make roles: on the tests' own server everybody may, another one's is told by TEST_ADMIN_URL."""
    admin = os.environ.get("TEST_ADMIN_URL")
    return plain(url) if admin is None else plain(named(admin, make_url(url).database or ""))


@asynccontextmanager
async def asked_for_a_password(url: str, login: str) -> AsyncIterator[None]:
    """The tests' own server lets everybody in; of this login it wants a password meanwhile. Another one is presumed to want it anyway."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield
        return
    [(place,)] = await rows(url, "SHOW hba_file")
    hba = Path(place)
    before = hba.read_text()
    hba.write_text(f"local all {login} scram-sha-256\nhost all {login} all scram-sha-256\n{before}")
    try:
        await rows(url, "SELECT pg_reload_conf()")
        yield
    finally:
        hba.write_text(before)
        await rows(url, "SELECT pg_reload_conf()")


async def refused_without_it(url: str, login: str) -> None:
    wrong = make_url(plain(url)).set(username=login, password="wrong").render_as_string(hide_password=False)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            await (await asyncpg.connect(wrong)).close()
        except asyncpg.InvalidPasswordError:
            return
        assert time.monotonic() < deadline, "the password was never asked for"
        await asyncio.sleep(0.05)


async def by_hand(machine: Machine, *arguments: str) -> None:
    status, _, error = await run_here(*arguments, "--config", str(machine.config))
    assert status == 0, error


async def book_start(machine: Machine, *on: str) -> None:
    """The service, as it ran before anybody opened the runbook."""
    process = await asyncio.create_subprocess_exec(
        *on, "systemctl", "start", "deskgate", cwd=machine.home, env=machine.environment, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode() + machine.log()[-3000:]


async def stop(machine: Machine) -> None:
    process = await asyncio.create_subprocess_exec("systemctl", "stop", "deskgate", cwd=machine.home, env=machine.environment)
    assert await process.wait() == 0
