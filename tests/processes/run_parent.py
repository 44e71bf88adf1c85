"""A parent process with small roles: `python -m tests.processes.run_parent` with a JSON plan as its argument. Not a test."""

import asyncio
import json
import os
import sys
from pathlib import Path

from gateway.supervisor.notify import Notifier
from gateway.supervisor.nursery import Nursery
from gateway.supervisor.parent import Plan, Rejected, Reloaded, Supervisor
from gateway.supervisor.roles import Role
from gateway.supervisor.slot import Surroundings
from gateway.supervisor.sockets import bind
from gateway.telemetry import logs, sharing


class Nowhere:
    """A database that is always there, or from the time on at which there is a certain file."""

    def __init__(self, marker: str | None) -> None:
        self._marker = marker

    async def open(self) -> str:
        while self._marker is not None and not Path(self._marker).exists():
            await asyncio.sleep(0.01)
        return "postgresql://nowhere"

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        print("database closed", flush=True)


def main() -> None:
    given = json.loads(sys.argv[1])
    notifier = Notifier.of(os.environ)
    settings = Path(given["settings"])
    logs.configure("text", process="parent")

    def reload() -> Reloaded:
        text = settings.read_text()
        if text.startswith("bad"):
            raise Rejected(["desk.name: expected a name", "server.listen[0]: expected an address"])
        return Reloaded(text.encode(), ("database.url",) if "url" in text else ())

    roles = tuple(Role(**each) for each in given["roles"])
    sockets = {name: [each for listen in listens for each in bind(listen)] for name, listens in given["sockets"].items()}
    with sharing.directory(Path(given["metrics"])) as shared:
        plan = Plan(
            roles, sockets, settings.read_bytes(), around=Surroundings("text", shared), draining_seconds=given.get("draining_seconds", 20.0)
        )
        database = Nowhere(given.get("database_marker"))
        with Nursery(shared) as nursery:
            asyncio.run(Supervisor(plan, nursery, database, reload, lambda line: print(line, flush=True), notifier).run())


if __name__ == "__main__":
    main()
