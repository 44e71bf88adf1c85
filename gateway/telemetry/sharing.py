"""Metrics of several processes as one: each child writes its values into mapped files of a directory that they share.

A child writes under the name of its slot, not its pid: who replaces a dead child goes on with its counters, and however often children
die, the files stay few. A value is in the file the moment it changes, so that a kill -9 loses nothing.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "deskgate-metrics-"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def directory(within: Path | None = None) -> Iterator[str]:
    """A fresh shared directory, in memory where there is one; those of parents that were killed are removed."""
    place = within or _fastest_place()
    sweep(place)
    path, lock = _locked(place)
    try:
        yield str(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _fastest_place() -> Path:
    memory = Path("/dev/shm")  # noqa: S108 - tmpfs; the directory in it is private
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _locked(place: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Between making and locking it, somebody else's sweep may have taken it for an orphan.
        if path.exists():
            return path, lock
        os.close(lock)


def sweep(place: Path) -> None:
    """Remove directories whose parent is gone: its lock went with it."""
    for path in place.glob(f"{PREFIX}*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_uid == os.geteuid():
                shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


def prepare(shared: str) -> None:
    """For a process that is forked before it is known what each child's slot will be: metrics may be imported, and belong to nobody until
    `join`. To be called before that."""
    nobodys = Path(shared) / "unborn"  # below, where nobody looks for values
    nobodys.mkdir(exist_ok=True)
    _keep(str(nobodys), nobodys.name)


def join(shared: str, slot: str) -> None:
    """Keep this process's metrics in the shared directory. To be called before `telemetry.metrics` is imported, or after `prepare`."""
    _keep(shared, slot)


def _keep(place: str, slot: str) -> None:
    os.environ[VARIABLE] = place
    prepared = bool(_names)
    _names[:] = [slot]
    if not prepared:
        from prometheus_client import values

        # The library asks before each use, and begins new files for another name: so a fork needs no more than that.
        values.ValueClass = values.MultiProcessValue(lambda: _names[0])  # type: ignore[no-untyped-call]


_names: list[str] = []
"""Ours, once there is one."""


def bury(shared: str, slot: str) -> None:
    """Forget the gauges of a child that died: its connections died with it, its counters stay."""
    for path in Path(shared).glob(f"gauge_live*_{slot}.db"):
        path.unlink(missing_ok=True)
