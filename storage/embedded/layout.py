"""Where the embedded database keeps its things: everything under `data_dir/database`, but for a socket whose path will not do."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

NAME = "deskgate"  # of the superuser and of the database alike
PORT = 5432  # no TCP port: it names the socket

# sun_path holds 108 bytes on Linux and 104 elsewhere, the closing NUL included.
LONGEST_SOCKET_PATH = 103

# In a URL and in PostgreSQL's settings, commas and colons would part one directory into several.
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """`home` is absolute and free of symlinks, so that every process arrives at the same names."""

    home: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Layout":
        return cls(data_dir.resolve() / "database")

    @property
    def data_dir(self) -> Path:
        return self.home.parent

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def programs(self) -> Path:
        """Copies of programs that the server's user could not reach where they are."""
        return self.home / "programs"

    @property
    def start_lock(self) -> Path:
        """Held, exclusively, while the server is being started or left."""
        return self.home / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by everybody who uses the server; had exclusively by whoever finds that nobody does."""
        return self.home / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Inherited by every process of the server: free means that none lives."""
        return self.home / "server.lock"

    @property
    def log_lock(self) -> Path:
        """Held while the log is put aside."""
        return self.home / "log.lock"

    @property
    def sockets(self) -> Path:
        inside = self.home / "run"
        if len(os.fsencode(inside / self._socket_name)) <= LONGEST_SOCKET_PATH and PLAIN.fullmatch(str(inside)):
            return inside
        # Derived from data_dir alone (not from TMPDIR or XDG_RUNTIME_DIR), so that a service and a command in a terminal meet.
        return Path("/tmp") / f"deskgate-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"  # noqa: S108 - owner and mode are checked

    @property
    def socket(self) -> Path:
        return self.sockets / self._socket_name

    @property
    def _socket_name(self) -> str:
        return f".s.PGSQL.{PORT}"

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://{NAME}@/{NAME}?host={self.sockets}&port={PORT}"
