"""The server's log: a file that every process of the server appends to, kept in bounds by the server's users."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.locks import EXCLUSIVE, open_lock, try_lock

LARGEST = 10 * 1024 * 1024
_TAIL = 2000


@dataclass(frozen=True, slots=True)
class ServerLog:
    path: Path

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def bound(self, lock: Path) -> None:
        """One earlier file is kept. As the server has it open for appending, it is copied and emptied in place, by one at a time."""
        if self.size() <= LARGEST:
            return
        descriptor = open_lock(lock)
        try:
            if try_lock(descriptor, EXCLUSIVE) and self.size() > LARGEST:
                shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
                os.truncate(self.path, 0)
        finally:
            os.close(descriptor)

    def tail(self, begin: int) -> str:
        """What was said since the file had this size, for an error's text."""
        size = self.size()
        with self.path.open("rb") as words:
            words.seek(max(min(begin, size), size - _TAIL))
            text = words.read().decode(errors="replace").strip()
        return f"Its last words in {self.path}: {text or '(none)'}"
