"""Several processes on one embedded server, and each kind of process killed."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from storage.embedded import EmbeddedServer, guardian
from storage.embedded.layout import Layout
from storage.embedded.locks import is_free
from tests.storage.conftest import OtherProcess, eventually, guardian_pid, is_alive, server_pid
from tests.storage.test_embedded import QUICK, ask

StartOther = Callable[[Path], OtherProcess]

linux_alone = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's death signal and /proc")


def test_two_processes_share_a_server_and_the_second_to_leave_stops_it(data_dir: Path, other_process: StartOther) -> None:
    other = other_process(data_dir)
    pid = server_pid(data_dir)
    server = EmbeddedServer.start(data_dir, settings=QUICK)
    assert server.url == other.url
    assert server_pid(data_dir) == pid
    server.stop()
    assert ask(other.url, "SELECT 1") == 1
    other.leave()
    assert not is_alive(pid)


def test_the_server_outlives_its_starter_without_a_break(data_dir: Path, other_process: StartOther) -> None:
    other = other_process(data_dir)
    pid = server_pid(data_dir)
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        other.leave()
        assert server_pid(data_dir) == pid
        assert ask(server.url, "SELECT 1") == 1


def test_many_that_start_at_once_get_one_server(data_dir: Path, other_process: StartOther) -> None:
    with ThreadPoolExecutor(5) as pool:
        others = list(pool.map(lambda _: other_process(data_dir), range(5)))
    assert len({ask(other.url, "SELECT pg_postmaster_start_time()") for other in others}) == 1
    pid = server_pid(data_dir)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(OtherProcess.leave, others))
    assert not is_alive(pid)


def test_kill_9_of_the_only_user_stops_the_server_and_loses_nothing(data_dir: Path, other_process: StartOther) -> None:
    other = other_process(data_dir)
    ask(other.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server_pid(data_dir)
    other.kill()
    assert eventually(lambda: not is_alive(pid))
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_kill_9_of_the_starter_leaves_the_server_to_the_other(data_dir: Path, other_process: StartOther) -> None:
    other = other_process(data_dir)
    pid = server_pid(data_dir)
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        other.kill()
        assert not eventually(lambda: not is_alive(pid), seconds=0.5)
        assert ask(server.url, "SELECT 1") == 1


def test_a_start_right_after_kill_9_waits_for_the_old_server_to_end(data_dir: Path, other_process: StartOther) -> None:
    for _ in range(3):
        other = other_process(data_dir)
        other.kill()
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_kill_9_of_the_server_is_mended_and_loses_nothing(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        pid = server_pid(data_dir)
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not is_alive(pid))
        server.ensure_running()
        assert server_pid(data_dir) != pid
        assert ask(server.url, "SELECT answer FROM kept") == 42


@linux_alone
def test_kill_9_of_the_server_is_mended_though_one_of_its_processes_computes_for_ever(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK) as server, ThreadPoolExecutor(1) as pool:
        computing = pool.submit(ask, server.url, "DO 'BEGIN LOOP END LOOP; END'")
        assert eventually(lambda: ask(server.url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'") == 1)
        os.kill(server_pid(data_dir), signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InternalClientError)):
            computing.result(timeout=60)
        server.ensure_running()
        assert ask(server.url, "SELECT 1") == 1


def test_a_server_that_does_not_heed_is_killed(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "STOPS", ((signal.SIGINT, 0.2), (signal.SIGQUIT, 0.2), (signal.SIGKILL, 5.0)))
    server = EmbeddedServer.start(data_dir, settings=QUICK)
    ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server_pid(data_dir)
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    assert not is_alive(pid)
    with EmbeddedServer.start(data_dir, settings=QUICK) as again:
        assert ask(again.url, "SELECT answer FROM kept") == 42


@linux_alone
def test_kill_9_of_the_guardian_is_mended(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        pid = server_pid(data_dir)
        os.kill(guardian_pid(data_dir), signal.SIGKILL)
        assert eventually(lambda: not is_alive(pid))
        server.ensure_running()
        assert ask(server.url, "SELECT 1") == 1
        assert is_alive(guardian_pid(data_dir))


@linux_alone
def test_kill_9_of_everything_at_once_loses_nothing(data_dir: Path, other_process: StartOther) -> None:
    other = other_process(data_dir)
    ask(other.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in (guardian_pid(data_dir), server_pid(data_dir), other.process.pid):
        os.kill(pid, signal.SIGKILL)
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


async def test_a_watching_user_restarts_the_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        watching = asyncio.create_task(server.watch(every=0.05))
        pid = server_pid(data_dir)
        os.kill(pid, signal.SIGKILL)

        def is_back() -> bool:
            with contextlib.suppress(FileNotFoundError, ValueError):
                return server_pid(data_dir) != pid
            return False

        assert await asyncio.to_thread(eventually, is_back)
        await asyncio.to_thread(server.ensure_running)
        assert await asyncio.to_thread(ask, server.url, "SELECT 1") == 1
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


def test_two_watchers_make_one_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK) as one, EmbeddedServer.start(data_dir, settings=QUICK) as two:
        os.kill(server_pid(data_dir), signal.SIGKILL)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(EmbeddedServer.ensure_running, (one, two)))
        assert ask(one.url, "SELECT 1") == 1
    assert is_free(Layout.of(data_dir).server_lock)


def test_an_interrupt_from_the_terminal_does_not_reach_the_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK):
        ours = os.getsid(0)
        assert os.getsid(server_pid(data_dir)) != ours
        assert os.getpgid(server_pid(data_dir)) != os.getpgid(0)
