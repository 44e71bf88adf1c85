"""Where children come from: one process that has imported what they need, and nothing else."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.app.roles import roles
from gateway.supervisor.forker import Birth
from gateway.supervisor.nursery import Nursery, surroundings
from tests.processes.harness import Parent, alive, children_of, parent, until

ECHO = {"name": "echo", "entry": "tests.processes.roles_for_tests:echo", "sockets": ["smtp"], "takes_mail": True, "processes": 2}


@pytest.fixture
def plan(tmp_path: Path) -> str:
    (tmp_path / "settings").write_text("first")
    told = {"settings": str(tmp_path / "settings"), "metrics": str(tmp_path), "sockets": {"smtp": ["127.0.0.1:0"]}, "roles": [ECHO]}
    return json.dumps(told)


def forker_of(begun: Parent) -> int:
    [pid] = [pid for pid, slot in children_of(begun.pid).items() if slot == "forker"]
    return pid


async def test_children_are_forked_and_bear_their_slots_as_names(plan: str) -> None:
    async with parent(["-m", "tests.processes.run_parent", plan]) as begun:
        await begun.ready()
        assert set(begun.children()) == {"echo-0", "echo-1"}
        names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in begun.children().values()}
        assert names == {"echo-0", "echo-1"}


async def test_a_killed_forker_takes_its_children_along_and_all_are_born_again(plan: str) -> None:
    async with parent(["-m", "tests.processes.run_parent", plan]) as begun:
        await begun.ready()
        forker, before = forker_of(begun), begun.children()
        os.kill(forker, signal.SIGKILL)
        await begun.logged("forker_died")
        await until(lambda: not any(map(alive, before.values())))
        await until(lambda: set(begun.children()) == set(before), 30.0, begun.told)
        assert forker_of(begun) != forker


async def test_a_stopped_service_leaves_no_forker(plan: str) -> None:
    async with parent(["-m", "tests.processes.run_parent", plan]) as begun:
        await begun.ready()
        left = [forker_of(begun), *begun.children().values()]
        begun.signal(signal.SIGTERM)
        assert await begun.ends() == 0
        assert not any(map(alive, left))


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    with Nursery() as begun:
        yield begun


async def test_what_a_child_ended_with_is_told(nursery: Nursery) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = await nursery.bear(Birth("odd-0", "no.such.module:run"), [theirs.fileno()])
        assert await child.wait() == 1, "as a child that fails, with its traceback in the log"
        child.kill()  # whoever has gone is not there to be killed


async def test_a_child_that_is_killed_is_told_as_subprocess_has_it(nursery: Nursery) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = await nursery.bear(Birth("echo-0", ECHO["entry"]), [theirs.fileno()])  # type: ignore[arg-type]
        child.kill()
        assert await child.wait() == -signal.SIGKILL


def test_what_systemd_tells_the_parent_is_told_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET", "WATCHDOG_USEC"):
        monkeypatch.setenv(name, "1")
    assert not [name for name in surroundings() if name.startswith(("LISTEN_", "NOTIFY_", "WATCHDOG_"))]


def test_what_the_roles_import_starts_no_thread() -> None:
    """Else forking were not safe: a lock that another thread holds stays locked in the child."""
    entries = [role.entry.partition(":")[0] for role in roles(1, polls=True)]
    lines = [f"import {', '.join(entries)}", "from pathlib import Path", "print(Path('/proc/self/status').read_text())"]
    told = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True).stdout
    assert "Threads:\t1\n" in told
