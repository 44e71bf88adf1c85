"""Advisory locks on files (flock): the kernel drops them with their last holder, however it died."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.embedded.errors import EmbeddedError

SHARED = fcntl.LOCK_SH
EXCLUSIVE = fcntl.LOCK_EX

_PAUSE = 0.02


def open_lock(path: Path) -> int:
    """A descriptor for the lock file, made when absent; exec'd children do not inherit it."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"{path}: no permission. The database under {path.parent} belongs to another user: run Deskgate as that user or as root"
        ) from error


def try_lock(descriptor: int, mode: int) -> bool:
    """Whether the lock was had at once. A failed change of mode may lose the lock held before (flock's conversions are not atomic)."""
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(descriptor: int, mode: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor, mode):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)
    return True


def unlock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock exclusively, by having it for a moment."""
    descriptor = open_lock(path)
    try:
        return try_lock(descriptor, SHARED)
    finally:
        os.close(descriptor)


@contextmanager
def alone(path: Path, seconds: float) -> Iterator[None]:
    """The block runs while no other process is in such a block."""
    descriptor = open_lock(path)
    try:
        if not lock_within(descriptor, EXCLUSIVE, seconds):
            raise EmbeddedError(
                f"{path}: another process has been starting or stopping the database here for {seconds:.0f} s; see who with `fuser {path}`"
            )
        yield
    finally:
        os.close(descriptor)
