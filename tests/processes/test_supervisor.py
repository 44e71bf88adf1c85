"""The supervisor with small roles in real processes: it keeps them, tells them and stops them. The whole gateway is in test_serve.py."""

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from tests.processes.harness import Parent, alive, parent, until
from tests.waiting import PATIENCE

ROLES = "tests.processes.roles_for_tests"
ECHO = {"name": "echo", "entry": f"{ROLES}:echo", "sockets": ["smtp"], "takes_mail": True}
STANDING = {"name": "standing", "entry": f"{ROLES}:standing"}
LINGER = {"name": "linger", "entry": f"{ROLES}:linger", "takes_mail": True}
SLOW = {"name": "slow", "entry": f"{ROLES}:slow"}
CRASH = {"name": "crash", "entry": f"{ROLES}:crash"}

Start = Callable[..., AbstractAsyncContextManager[Parent]]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings"
    path.write_text("first")
    return path


@pytest.fixture
def start(tmp_path: Path, settings: Path) -> Start:
    @asynccontextmanager
    async def started(*roles: dict[str, Any], **more: Any) -> AsyncIterator[Parent]:
        plan = {"settings": str(settings), "metrics": str(tmp_path), "sockets": {"smtp": ["127.0.0.1:0"]}, "roles": roles} | more
        async with parent(["-m", "tests.processes.run_parent", json.dumps(plan)]) as begun:
            yield begun

    return started


class Line:
    """A connection to an echo child."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, address: str) -> "Line":
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def ask(self, words: str = "hello") -> list[str]:
        self.writer.write(f"{words}\n".encode())
        async with asyncio.timeout(PATIENCE):
            return (await self.reader.readline()).decode().split()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def ask_once(address: str) -> list[str]:
    line = await Line.to(address)
    try:
        return await line.ask()
    finally:
        await line.close()


async def all_children_answer(address: str, wanted: int) -> dict[str, int]:
    """Asks until so many different children have answered; their pids by slot."""
    seen: dict[str, int] = {}
    async with asyncio.timeout(PATIENCE):
        while len(seen) < wanted:
            lines = [await Line.to(address) for _ in range(8)]
            for line in lines:
                slot, pid, *_ = await line.ask()
                seen[slot] = int(pid)
            for line in lines:
                await line.close()
    return seen


async def test_two_children_serve_one_socket_whose_port_the_kernel_chose(start: Start) -> None:
    async with start(ECHO | {"processes": 2}) as served:
        address = (await served.ready())["smtp"]
        assert await all_children_answer(address, 2) == served.children()
        assert served.stdout == [f"ready smtp={address}"]


async def test_a_killed_child_is_replaced_and_its_connections_are_served_again(start: Start) -> None:
    async with start(ECHO) as served:
        address = (await served.ready())["smtp"]
        killed = served.children()["echo-0"]
        os.kill(killed, signal.SIGKILL)
        slot, pid, *_ = await ask_once(address)
        assert slot == "echo-0"
        assert int(pid) != killed
        assert "SIGKILL" in await served.logged("child_died", "echo-0")


async def test_no_child_survives_a_killed_parent(start: Start) -> None:
    async with start(ECHO | {"processes": 2}, LINGER) as served:
        await served.ready()
        await until(lambda: len(served.children()) == 3)
        children = served.children().values()
        os.kill(served.pid, signal.SIGKILL)
        await until(lambda: not any(map(alive, children)))


async def test_a_child_that_always_dies_is_started_again_ever_more_slowly(start: Start) -> None:
    async with start(ECHO, CRASH) as served:
        await served.ready()
        for pause in ("0.1", "0.2", "0.4"):
            assert "status 3" in await served.logged("child_died", "crash-0", f"restart_in={pause}")
        assert await ask_once((await served.ready())["smtp"])


async def test_a_hang_up_hands_the_new_configuration_to_children_of_now_and_later(start: Start, settings: Path) -> None:
    async with start(ECHO) as served:
        address = (await served.ready())["smtp"]
        line = await Line.to(address)
        assert (await line.ask())[2] == "first"
        settings.write_text("second url")
        served.signal(signal.SIGHUP)
        await served.logged("configuration_handed_on", "number=2")
        await until_answered(line, "second")
        await served.logged("restart_needed", "database.url")
        await line.close()
        os.kill(served.children()["echo-0"], signal.SIGKILL)
        assert (await ask_once(address))[2] == "second"


async def until_answered(line: Line, settings: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await line.ask())[2] != settings:
            await asyncio.sleep(0.01)


async def test_a_faulty_configuration_is_named_fault_by_fault_and_the_old_one_stays(start: Start, settings: Path) -> None:
    async with start(ECHO) as served:
        address = (await served.ready())["smtp"]
        settings.write_text("bad")
        served.signal(signal.SIGHUP)
        await served.logged("configuration_fault", "desk.name: expected a name")
        await served.logged("configuration_fault", "server.listen[0]: expected an address")
        await served.logged("old_configuration_stays", "number=1")
        assert (await ask_once(address))[2] == "first"


async def test_a_child_that_cannot_apply_a_configuration_goes_on_and_says_so(start: Start, settings: Path) -> None:
    async with start(ECHO) as served:
        address = (await served.ready())["smtp"]
        pid = served.children()["echo-0"]
        settings.write_text("cannot be applied")
        served.signal(signal.SIGHUP)
        await served.logged("configuration_not_applied", "number=2")
        assert int((await ask_once(address))[1]) == pid


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_stopping_refuses_new_connections_and_finishes_those_in_hand(start: Start, ending: signal.Signals) -> None:
    async with start(ECHO, STANDING) as served:
        address = (await served.ready())["smtp"]
        line = await Line.to(address)
        await line.ask()
        served.signal(ending)
        await served.logged("stopping", ending.name)
        await until_refused(address)
        assert (await line.ask("last words"))[-1] == "words"
        assert "standing-0" in served.children()
        await line.close()
        assert await served.ends() == 0
        assert served.stdout[-1] == "database closed"


async def until_refused(address: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await (await Line.to(address)).close()
            except ConnectionRefusedError:
                return
            except ConnectionError:
                continue


async def test_nobody_is_replaced_when_a_process_manager_signals_all_processes_at_once(start: Start) -> None:
    async with start(ECHO, STANDING) as served:
        address = (await served.ready())["smtp"]
        await until(lambda: len(served.children()) == 2)
        line = await Line.to(address)
        await line.ask()
        for pid in (served.pid, *served.children().values()):
            os.kill(pid, signal.SIGTERM)
        await until(lambda: "standing-0" not in served.children())
        await asyncio.sleep(0.5)
        assert list(served.children()) == ["echo-0"]
        await line.close()
        assert await served.ends() == 0
        assert not [each for each in served.log if "restart_in" in each]


async def test_who_does_not_finish_in_time_is_killed(start: Start) -> None:
    async with start(ECHO, LINGER, draining_seconds=0.5) as served:
        await served.ready()
        served.signal(signal.SIGTERM)
        assert await served.ends() == 0
        assert "linger-0" in await served.logged("killed_for_lateness")


async def test_nobody_waits_for_a_child_that_has_not_started_yet(start: Start) -> None:
    async with start(ECHO, SLOW, draining_seconds=3600.0) as served:
        await served.ready()
        await until(lambda: "slow-0" in served.children())
        served.signal(signal.SIGTERM)
        assert await served.ends() == 0


async def test_a_second_signal_hurries(start: Start, settings: Path, tmp_path: Path) -> None:
    settings.write_text(str(tmp_path / "left"))
    async with start(LINGER, draining_seconds=3600.0) as served:
        await served.ready()
        served.signal(signal.SIGTERM)
        await served.logged("stopping")
        served.signal(signal.SIGTERM)
        assert await served.ends() == 0
        assert (tmp_path / "left").read_text() == "cancelled"


async def test_children_ignore_the_terminals_interrupt(start: Start) -> None:
    async with start(ECHO) as served:
        address = (await served.ready())["smtp"]
        pid = served.children()["echo-0"]
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(pid, number)
        assert int((await ask_once(address))[1]) == pid


async def test_a_child_told_to_end_is_replaced_after_it_finished(start: Start) -> None:
    async with start(ECHO) as served:
        address = (await served.ready())["smtp"]
        line = await Line.to(address)
        _, old, *_ = await line.ask()
        os.kill(int(old), signal.SIGTERM)
        await asyncio.sleep(0.05)
        assert (await line.ask())[1] == old
        await line.close()
        assert "exit status 0" in await served.logged("child_left", "echo-0")
        assert (await ask_once(address))[1] != old


async def test_it_is_ready_only_when_the_database_is(start: Start, tmp_path: Path) -> None:
    async with start(ECHO, database_marker=str(tmp_path / "there")) as served:
        await until(lambda: "echo-0" in served.children())
        await asyncio.sleep(1.0)
        assert served.stdout == []
        (tmp_path / "there").touch()
        assert "smtp" in await served.ready()


async def test_a_signal_while_the_database_comes_up_ends_it_without_a_ready_line(start: Start, tmp_path: Path) -> None:
    async with start(ECHO, database_marker=str(tmp_path / "never")) as served:
        await until(lambda: "echo-0" in served.children())
        served.signal(signal.SIGTERM)
        assert await served.ends() == 0
        assert served.stdout == ["database closed"]


async def test_children_hear_how_the_others_stand(start: Start, settings: Path, tmp_path: Path) -> None:
    settings.write_text(str(tmp_path / "standing"))
    async with start(ECHO, STANDING) as served:
        await served.ready()
        heard = tmp_path / "standing"
        await until(lambda: heard.exists() and "role='echo', wanted=1, ready=1, restarts=0," in heard.read_text(), told=served.told)
        os.kill(served.children()["echo-0"], signal.SIGKILL)
        await until(lambda: "role='echo', wanted=1, ready=1, restarts=1," in heard.read_text())


async def test_counters_outlive_a_killed_child_and_its_gauges_do_not(start: Start, tmp_path: Path) -> None:
    async with start(ECHO | {"processes": 2}) as served:
        address = (await served.ready())["smtp"]
        [shared] = tmp_path.glob("deskgate-metrics-*")
        line = await Line.to(address)
        slot, pid, *_ = await line.ask()
        await line.ask()
        assert 'deskgate_messages_total{outcome="accepted"} 2.0' in exposed(shared)
        assert "deskgate_connections 1.0" in exposed(shared)
        os.kill(int(pid), signal.SIGKILL)
        await served.logged("child_died", slot)
        await until(lambda: served.children().get(slot) not in (None, int(pid)))
        await all_children_answer(address, 2)
        text = exposed(shared)
        counted = next(float(each.split()[-1]) for each in text.splitlines() if each.startswith("deskgate_messages_total{"))
        assert counted >= 4.0
        await until(lambda: "deskgate_connections 0.0" in exposed(shared))
        served.signal(signal.SIGTERM)
        await served.ends()
    assert not list(tmp_path.glob("deskgate-metrics-*"))


def exposed(shared: Path) -> str:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(shared))  # type: ignore[no-untyped-call]
    return generate_latest(registry).decode()


SYSTEMD = """
import os, sys
from gateway.supervisor.sockets import describe, inherit

for place, descriptor in enumerate(map(int, sys.argv[1:]), 3):
    os.dup2(descriptor, place)
environ = os.environ | {"LISTEN_PID": str(os.getpid())}
found = inherit(environ, web=os.environ["WEB"])
print(*(f"{name}={describe(each)}" for name, all in sorted(found.items()) for each in all))
print([name for name in environ if name.startswith("LISTEN_")])
"""


@pytest.mark.parametrize("named", [True, False])
def test_sockets_handed_over_by_systemd_are_used(named: bool) -> None:
    """In a process of its own, where descriptors 3 and 4 and LISTEN_PID can be what sd_listen_fds(3) says."""
    with socket.create_server(("127.0.0.1", 0)) as smtp, socket.create_server(("127.0.0.1", 0)) as web:
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (smtp, web)]
        variables = {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp:web" if named else "", "WEB": "" if named else addresses[1]}
        # Duplicates well above 3 and 4, so that putting one in its place does not overwrite the other.
        high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 100) for each in (smtp, web)]
        told = subprocess.run(
            [sys.executable, "-c", SYSTEMD, *map(str, high)],
            env=os.environ | variables,
            pass_fds=high,
            capture_output=True,
            text=True,
            check=True,
        )
        for each in high:
            os.close(each)
    assert told.stdout.splitlines() == [f"smtp={addresses[0]} web={addresses[1]}", "[]"]
