"""The console of the whole gateway: nobody may come in until the configuration names somebody, and a reload lets in and out."""

import re
import signal
import sys
from asyncio import create_subprocess_exec, subprocess, timeout
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.journeys.running import Running
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.journeys.lending import Lender

PASSWORD = "correct horse battery staple"
OTHERS = {"/healthz": 200, "/readyz": 200, "/livez": 200, "/metrics": 200, "/rate/x": 404, "/file/x": 404, "/preview/x": 404}


async def made_hash(password: str) -> tuple[int, str, str]:
    made = await create_subprocess_exec(
        sys.executable, "-m", "gateway", "web", "password", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await made.communicate(password.encode())
    assert made.returncode is not None
    return made.returncode, out.decode(), err.decode()


async def reloaded(gateway: Running, text: str, client: httpx.AsyncClient, path: str, status: int) -> None:
    gateway.config.write_text(text, "utf-8")
    gateway.process.signal(signal.SIGHUP)
    async with timeout(PATIENCE):
        while (await client.get(path)).status_code != status:
            pass


async def log_in(client: httpx.AsyncClient) -> httpx.Response:
    page = (await client.get("/login")).text
    [proof] = re.findall(r'name="csrf" value="([^"]+)"', page)[:1]
    return await client.post("/login", data={"csrf": proof, "name": "anna", "password": PASSWORD, "next": "me"})


async def statuses(client: httpx.AsyncClient) -> dict[str, int]:
    return {path: (await client.get(path)).status_code for path in OTHERS}


@pytest.mark.parametrize(
    ("password", "status", "told"),
    [
        ("7 chars", 2, "7 characters; 8 are expected"),
        ("8 chars!", 0, "warning: the password has 8 characters"),
        (PASSWORD, 0, "put it into"),
    ],
)
async def test_a_short_password_is_refused_and_one_that_could_be_longer_is_taken_with_a_warning(
    password: str, status: int, told: str
) -> None:
    found, made, said = await made_hash(password)
    assert (found, made.startswith("$argon2id$"), told in said) == (status, status == 0, True)
    assert ("warning" in said) == (status == 0 and len(password) < 12)


async def test_operators_come_with_the_configuration_and_go_with_it(lend: "Lender") -> None:
    status, made, told = await made_hash(PASSWORD)
    assert (status, "[[web.operator]]" in told) == (0, True)
    async with lend() as gateway, httpx.AsyncClient(base_url=f"http://{gateway.web}", trust_env=False, verify=False, timeout=60) as client:
        closed = await client.get("/", headers={"Accept-Language": "pl"})
        assert closed.status_code == 200
        assert "deskgate web password" in closed.text
        assert "Na razie nikt nie może wejść" in closed.text
        assert [(await client.get(each)).status_code for each in ("/login", "/inbound", "/events", "/nothing")] == [404] * 4
        assert await statuses(client) == OTHERS
        without = gateway.config.read_text("utf-8")
        operator = f'[[web.operator]]\nname = "Anna"\nrole = "admin"\npassword = "{made.strip()}"\n'
        await reloaded(gateway, f"{without}\n{operator}", client, "/login", 200)
        assert await statuses(client) == OTHERS
        came = await log_in(client)
        assert (came.status_code, came.headers["location"]) == (303, "./me")
        assert (await client.get("/me")).status_code == 200
        await sessions_are_listed_and_ended_by_commands(gateway, client)
        await log_in(client)
        await reloaded(gateway, without, client, "/login", 404)
        await reloaded(gateway, f"{without}\n{operator.replace('admin', 'viewer')}", client, "/login", 200)
        assert (await client.get("/me")).status_code == 303


async def sessions_are_listed_and_ended_by_commands(gateway: Running, client: httpx.AsyncClient) -> None:
    [session] = await gateway.json("web", "sessions", "list")
    assert (session["operator"], session["by"], session["from"]) == ("Anna", "password", "127.0.0.1")
    status, out, _ = await gateway.command("web", "sessions", "list", "--operator", "anna")
    assert (status, "127.0.0.1" in out) == (0, True)
    status, _, err = await gateway.command("web", "sessions", "list", "--operator", "bert")
    assert (status, err) == (1, "deskgate: --operator bert: no such operator; the configuration has Anna\n")
    status, _, err = await gateway.command("web", "sessions", "revoke")
    assert (status, "say which sessions" in err) == (2, True)
    status, _, err = await gateway.command("web", "sessions", "revoke", "99")
    assert (status, "there are no such sessions" in err) == (1, True)
    status, out, _ = await gateway.command("web", "sessions", "revoke", str(session["id"]))
    assert (status, out) == (0, "1 session ended\n")
    assert (await client.get("/me")).status_code == 303
    entries = await gateway.json("audit", "list", "--action", "web")
    assert [(each["action"], each["result"], each["origin"]) for each in entries] == [
        ("web.sessions.revoke", "done", "cli"),
        ("web.sessions.revoke", "refused", "cli"),
        ("web.sessions.list", "refused", "cli"),
        ("web.sessions.list", "done", "cli"),
        ("web.sessions.list", "done", "cli"),
        ("web.login", "done", "console"),
    ]


async def test_a_password_that_is_soon_guessed_is_not_hashed() -> None:
    for weak in ("short", "aaaaaaaaaaaaaaaa", "x" * 2000):
        status, out, err = await made_hash(weak)
        assert (status, out) == (2, "")
        assert err.startswith("deskgate: the password")
