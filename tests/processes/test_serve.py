"""`deskgate serve` as a whole: real processes, real SMTP, real PostgreSQL."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import memory, plain
from tests.ingress.smtp_client import Client
from tests.processes.gateway import Gateway, gateway, served, write_config
from tests.processes.harness import alive, children_of, until

pytestmark = pytest.mark.timeout(240)

PATIENCE = 60.0
"""Seconds; for machines that do much else meanwhile."""


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    return write_config(tmp_path / "config.toml", database_url, processes=2)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """In memory, and where the user that the embedded server runs as can reach it."""
    path = Path(tempfile.mkdtemp(prefix="deskgate-tests-serve-", dir=memory()))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


async def rows(url: str, statement: str) -> list[str]:
    connection = await asyncpg.connect(plain(url))
    try:
        return [str(row[0]) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def until_tickets(url: str, wanted: set[str], running: Gateway) -> None:
    """Each of these subjects has its ticket, and exactly one."""
    found: list[str] = []
    for _ in range(int(PATIENCE / 0.2)):
        found = await rows(url, "SELECT subject FROM tickets ORDER BY subject")
        if set(found) >= wanted:
            break
        await asyncio.sleep(0.2)
    assert found == sorted(wanted), running.served.told()


async def until_status(running: Gateway, path: str, wanted: int) -> str:
    for _ in range(int(PATIENCE / 0.2)):
        status, told = await running.get(path)
        if status == wanted:
            return told
        await asyncio.sleep(0.2)
    raise AssertionError(f"{path} says {status} {told!r}\n{running.served.told()}")


async def test_mail_becomes_a_ticket_whose_letters_go_out_and_all_pages_tell_of_it(config: Path, database_url: str) -> None:
    async with gateway(config) as running:
        assert await until_status(running, "/readyz", 200) == "accepting mail\n"
        assert await running.get("/healthz") == (200, "alive\n")
        await until(lambda: len(running.served.children()) == 7, PATIENCE, running.served.told)
        for number in range(10):
            await running.send(f"mail-{number}")
        await until_tickets(database_url, {f"mail-{number}" for number in range(10)}, running)
        outgoing = config.parent / "outgoing"
        await until(lambda: len(list(outgoing.glob("*klara@client.test.eml"))) >= 5, PATIENCE, running.served.told)
        await until_metric(running, 'deskgate_messages_total{outcome="accepted"}', 10.0)
        await until_metric(running, 'deskgate_inbound_messages{state="done"}', 10.0)
        await until_metric(running, 'deskgate_children_ready{role="listener"}', 2.0)


async def until_metric(running: Gateway, name: str, wanted: float) -> None:
    found: list[float] = []
    for _ in range(int(PATIENCE / 0.5)):
        _, told = await running.get("/metrics")
        found = [float(line.split()[-1]) for line in told.splitlines() if line.startswith(f"{name} ")]
        if found == [wanted]:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"{name} is {found}\n{running.served.told()}")


async def test_whoever_is_killed_is_replaced_and_no_mail_is_lost(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path / "config.toml", database_url)
    async with gateway(config) as running:
        await until(lambda: len(running.served.children()) == 4, PATIENCE, running.served.told)
        await running.send("before")
        killed = running.served.children()
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        # Waits in the socket, which is the parent's, for the next listener.
        await running.send("after")
        await until_tickets(database_url, {"before", "after"}, running)
        for slot in killed:
            assert "SIGKILL" in await running.served.logged("child_died", slot)
        assert await until_status(running, "/readyz", 200)
        await until(lambda: running.served.children().keys() == killed.keys(), PATIENCE, running.served.told)
        assert not set(running.served.children().values()) & set(killed.values())


async def test_a_reload_is_applied_by_all_or_rejected_fault_by_fault(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path / "config.toml", database_url)
    async with gateway(config) as running, running.session() as session:
        await session.hello()
        assert await refused(session, "sales@example.com")
        write_config(config, database_url, more='default = true\n[[gateway]]\naddress = "sales@example.com"')
        await running.served.reload()
        assert not await refused(session, "sales@example.com")
        config.write_text(config.read_text().replace('"token"', '"nothing"').replace("processes = 1", "processes = 0"))
        running.served.signal(signal.SIGHUP)
        await running.served.logged("configuration_fault", "trust.agent_authentication")
        await running.served.logged("configuration_fault", "server.processes")
        await running.served.logged("old_configuration_stays", "number=2")
        assert not await refused(session, "sales@example.com")


async def refused(session: Client, address: str) -> bool:
    await session.say("RSET")
    await session.say("MAIL FROM:<klara@client.test>")
    reply = await session.say(f"RCPT TO:<{address}>")
    assert reply.startswith(("250", "550 5.1.1")), reply
    return not reply.startswith("250")


async def test_a_changed_relay_is_taken_up_by_a_new_sender(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path / "config.toml", database_url)
    async with gateway(config) as running:
        await until(lambda: "sender-0" in running.served.children(), PATIENCE)
        await until_status(running, "/readyz", 200)
        config.write_text(config.read_text().replace("/outgoing", "/elsewhere"))
        running.served.signal(signal.SIGHUP)
        await running.served.logged("child_left", "sender-0", seconds=PATIENCE)
        await running.send("moved")
        await until(lambda: any((tmp_path / "elsewhere").glob("*klara@client.test.eml")), PATIENCE, running.served.told)


async def test_stopping_says_421_to_idle_sessions_and_finishes_the_transaction_in_hand(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path / "config.toml", database_url)
    async with gateway(config) as running, running.session() as idle, running.session() as busy:
        await idle.hello()
        await busy.hello()
        await busy.envelope()
        assert (await busy.say("DATA")).startswith("354")
        busy.send(b"Subject: in hand\r\n\r\n")
        running.served.signal(signal.SIGTERM)
        assert (await idle.reply()).startswith("421")
        with pytest.raises(ConnectionRefusedError):
            await running.send("too late")
        assert (await busy.say(b"text\r\n.\r\n")).startswith("250")
        assert await running.served.ends(PATIENCE) == 0
        assert not [line for line in running.served.log if "killed_for_lateness" in line]
    assert await rows(database_url, "SELECT count(*) FROM inbound_messages") == ["1"]


async def test_nothing_of_a_killed_parent_stays_and_its_mail_does(data_dir: Path) -> None:
    """With the embedded database, whose server ends as well; the next start finds the mail."""
    config = write_config(data_dir / "config.toml")
    async with gateway(config, "--role", "listener") as running:
        await running.send("kept")
        processes = [running.served.pid, *running.served.children().values(), *postmasters(data_dir)]
        assert len(processes) == 3
        os.kill(running.served.pid, signal.SIGKILL)
        await until(lambda: not any(map(alive, processes)), PATIENCE, lambda: str(list(filter(alive, processes))))
    async with gateway(config) as running:
        await until(lambda: any((data_dir / "outgoing").glob("*klara@client.test.eml")), PATIENCE, running.served.told)
        running.served.signal(signal.SIGTERM)
        assert await running.served.ends(PATIENCE) == 0
    assert postmasters(data_dir) == []


def postmasters(data_dir: Path) -> list[int]:
    """Pids of servers on this data."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if arguments[0].endswith("postgres") and any(each.startswith(str(data_dir)) for each in arguments):
            found.append(int(path.parent.name))
    return found


async def test_a_killed_embedded_server_comes_back_and_mail_is_taken_again(data_dir: Path) -> None:
    config = write_config(data_dir / "config.toml")
    async with gateway(config, "--role", "listener", "--role", "web") as running:
        await running.send("before")
        [server] = postmasters(data_dir)
        os.kill(server, signal.SIGKILL)
        await until(lambda: postmasters(data_dir) not in ([], [server]), PATIENCE, running.served.told)
        await until_status(running, "/healthz", 200)
        await running.send("after")


async def test_an_old_schema_is_refused_with_the_way_out(tmp_path: Path, database_url: str) -> None:
    await execute(database_url, "DELETE FROM alembic_version")
    async with served(write_config(tmp_path / "config.toml", database_url)) as begun:
        assert await begun.ends(PATIENCE) == 1
        assert begun.stdout == []
        assert "deskgate migrate" in begun.told()
        assert children_of(begun.pid) == {}


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_in_the_shadow_tickets_are_made_and_nothing_is_sent(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path / "config.toml", database_url)
    async with gateway(config, "--shadow") as running:
        await running.send("shadow")
        await until_tickets(database_url, {"shadow"}, running)
        await until(lambda: len(running.served.children()) == 3, PATIENCE, running.served.told)
        assert sorted(running.served.children()) == ["intake-0", "listener-0", "web-0"]
    assert not (tmp_path / "outgoing").exists()


async def test_a_role_alone_runs_alone(tmp_path: Path, database_url: str) -> None:
    config = write_config(tmp_path / "config.toml", database_url)
    async with gateway(config, "--role", "web") as running:
        assert running.smtp == ""
        assert list(running.served.children()) == ["web-0"]
        assert await until_status(running, "/readyz", 200)
