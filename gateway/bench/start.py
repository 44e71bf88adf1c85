"""How long `deskgate serve` takes from its start to the line that says it accepts mail, its database being up."""

import statistics
from pathlib import Path
from typing import Any

from gateway.bench.serving import configuration, served


async def measure(database_url: str, folder: Path, *, starts: int = 5) -> dict[str, Any]:
    """The first start is left out: it reads the modules from the disk, and the database its catalogue."""
    config = configuration(folder, database_url)
    seconds, spent = [], []
    for number in range(starts + 1):
        async with served(config, folder / "start.log") as begun:
            if number:
                seconds.append(begun.seconds)
                spent.append(begun.processor_seconds)
    return {
        "ready_seconds": round(statistics.median(seconds), 3),
        "ready_slowest_seconds": round(max(seconds), 3),
        "processor_seconds": round(statistics.median(spent), 3),
        "starts": starts,
    }
