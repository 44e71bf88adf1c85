"""How long the disk takes to make something durable: no 250 is quicker than that, whoever says it."""

import os
import time
from pathlib import Path
from typing import Any, Final

PAGE: Final = bytes(8192)
"""What PostgreSQL writes at least, and how it is made durable: write, then fdatasync."""


def measure(folder: Path, *, writes: int = 200) -> dict[str, Any]:
    """On the disk that the folder is on, one after another."""
    path = folder / "fsync"
    found = []
    with path.open("wb", buffering=0) as file:
        for number in range(writes):
            began = time.perf_counter()
            os.pwrite(file.fileno(), PAGE, number % 32 * len(PAGE))
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - began)
    path.unlink()
    found.sort()
    return {"fsync_p50_seconds": round(found[writes // 2], 6), "fsync_p99_seconds": round(found[writes * 99 // 100], 6)}
