"""Faults of the disk and of the clock that no test can bring about otherwise: a library that stands between a program and the C library."""

import errno
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Shim:
    """Built by gcc into `folder`. Programs that run in its `environment` have the faults of the moment, in files under `under` alone."""

    def __init__(self, folder: Path, under: Path | None = None) -> None:
        self._state = folder / "faults"
        self._state.write_bytes(bytes(24))
        self._state.chmod(0o644)
        library = folder / "shim.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"], check=True)
        library.chmod(0o755)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS": str(self._state), "FAULTS_UNDER": str(under or "")}
        self._write_errno = self._flush_errno = self._seconds = 0

    def full(self, *, is_full: bool = True) -> None:
        """No write succeeds: the disk has no room."""
        self._write_errno = errno.ENOSPC if is_full else 0
        self._tell()

    def broken(self, *, is_broken: bool = True) -> None:
        """No flush succeeds: what was written may never have reached the disk."""
        self._flush_errno = errno.EIO if is_broken else 0
        self._tell()

    def clock(self, seconds: int) -> None:
        """The wall clock jumps to so many seconds beside the true time."""
        self._seconds = seconds
        self._tell()

    def _tell(self) -> None:
        """In place, for the programs have the file mapped."""
        with self._state.open("r+b") as state:
            state.write(struct.pack("<3q", self._write_errno, self._flush_errno, self._seconds))
