"""What a process number stands for now."""

import os
import subprocess
from pathlib import Path


def works_in(pid: int, directory: Path) -> bool:
    """Whether the process lives and is a PostgreSQL server on this data directory, which is its working directory then."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the server's user is ours, or we are root
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").samefile(directory)
        except OSError:
            return False
    command = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - a number
    return str(directory) in command.stdout
