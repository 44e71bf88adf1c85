"""Data directories for servers of a test's own, and other processes that use them."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.embedded.layout import Layout
from storage.embedded.locks import is_free
from tests.conftest import memory

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).parents[2]

# Joins, says so, and leaves when its input ends.
USER = """
import sys
from pathlib import Path
from storage.embedded import EmbeddedServer
server = EmbeddedServer.start(Path(sys.argv[1]), settings={"fsync": "off"})
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


class OtherProcess:
    """Another process that uses the server on `data_dir`; `prefix` runs it as somebody else."""

    def __init__(self, data_dir: Path, prefix: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, f"the other process ended with {self.process.wait()}"

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Empty, short and passable; a test that leaves a server running in it fails."""
    directory = Path(tempfile.mkdtemp(prefix="deskgate-embedded-", dir=memory()))
    directory.chmod(0o711)
    yield directory
    layout = Layout.of(directory)
    ended = not layout.home.exists() or eventually(lambda: is_free(layout.server_lock))
    shutil.rmtree(directory)
    assert ended, "the test left its server running"


@pytest.fixture
def other_process() -> Iterator[Callable[..., OtherProcess]]:
    started: list[OtherProcess] = []

    def start(data_dir: Path, prefix: tuple[str, ...] = ()) -> OtherProcess:
        started.append(OtherProcess(data_dir, prefix))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def server_pid(data_dir: Path) -> int:
    return int((Layout.of(data_dir).cluster / "postmaster.pid").read_text().split("\n", 1)[0])


def guardian_pid(data_dir: Path) -> int:
    """The server's parent."""
    status = Path(f"/proc/{server_pid(data_dir)}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:"))


def is_alive(pid: int) -> bool:
    """Zombies, which nobody has waited for, do not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
