"""A small disk that becomes full: a file system of its own, for which mounting must be permitted, or a library that says so."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.faults.shim import Shim

PERMITTED = "size=400m,mode=0711"
PIECE = bytes(1 << 20)
SMALLEST = 4096


class Disk(Protocol):
    directory: Path
    environment: Mapping[str, str]
    """What programs need that use it."""

    def full(self, *, is_full: bool = True) -> None: ...


class Mounted:
    environment: Mapping[str, str] = {}

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def full(self, *, is_full: bool = True) -> None:
        if not is_full:
            self._ballast.unlink()
            return
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (len(PIECE), SMALLEST):
                with contextlib.suppress(OSError):
                    while ballast.write(PIECE[:size]) == size:
                        pass


class Shimmed:
    def __init__(self, directory: Path, shim: Shim) -> None:
        self.directory = directory
        self.environment: Mapping[str, str] = shim.environment
        self.full = shim.full


@contextmanager
def shimmed(directory: Path) -> Iterator[Disk]:
    library = directory.parent / f"{directory.name}-shim"
    library.mkdir(mode=0o755)
    try:
        yield Shimmed(directory, Shim(library, directory))
    finally:
        shutil.rmtree(library)


@contextmanager
def mounted(directory: Path) -> Iterator[Disk]:
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", PERMITTED, "deskgate-faults", directory], capture_output=True, text=True)
    if mounting.returncode:
        pytest.skip(f"mounting is not permitted: {mounting.stderr.strip()}; the library makes the disk full as well")
    try:
        yield Mounted(directory)
    finally:
        # Lazily: whatever still has a file open there loses it with its last descriptor.
        subprocess.run(["umount", "--lazy", directory], check=True)


@asynccontextmanager
async def without_room(disk: Disk) -> AsyncIterator[None]:
    await asyncio.to_thread(disk.full)
    try:
        yield
    finally:
        await asyncio.to_thread(disk.full, is_full=False)
