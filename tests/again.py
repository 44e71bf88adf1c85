"""`python -m tests.again STATUS`: after a run of all tests that ended with this status, runs what failed once more, one by one.

Three thousand tests wait for processes, servers and browsers, and among twenty thousand there is one that met a moment nobody had thought
of. It is named as unsteady, which is a fault to be found, of the test or of the gateway; but it does not stop everybody's work. More than
`MOST` are no accident: then nothing is run again.
"""

import json
import subprocess
import sys
from pathlib import Path

MOST = 3
FAILED = 1
"""pytest's status where tests failed, and nothing else went wrong."""


def failed(folder: Path) -> list[str]:
    """As the last run of pytest there remembers it."""
    try:
        found: dict[str, bool] = json.loads((folder / ".pytest_cache" / "v" / "cache" / "lastfailed").read_text())
    except FileNotFoundError:
        return []
    return sorted(found)


def again(status: int, folder: Path) -> int:
    """The status of both runs together."""
    names = failed(folder)
    if status != FAILED or not 0 < len(names) <= MOST:
        return status
    print("\nonce more, one by one:", *names, sep="\n  ", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if any(subprocess.run([*command, name], cwd=folder, check=False).returncode for name in names):
        return status
    print("\nunsteady: failed once and passed once; find out why:", *names, sep="\n  ", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(again(int(sys.argv[1]), Path.cwd()))
