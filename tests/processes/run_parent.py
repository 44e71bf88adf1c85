"""A parent process with small roles: `python -m tests.processes.run_parent` with a JSON plan as its argument. Not a test."""

import asyncio
import json
import sys
from pathlib import Path

from gateway.supervisor.parent import Plan, Rejected, Reloaded, Supervisor
from gateway.supervisor.roles import Role
from gateway.supervisor.slot import Surroundings
from gateway.supervisor.sockets import bind
from gateway.telemetry import logs, sharing


class Nowhere:
    """A database that is always there."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def open(self) -> str:
        await asyncio.sleep(self._seconds)
        return "postgresql://nowhere"

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        print("database closed", flush=True)


def main() -> None:
    given = json.loads(sys.argv[1])
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
        supervisor = Supervisor(plan, Nowhere(given.get("database_seconds", 0.0)), reload, lambda line: print(line, flush=True))
        asyncio.run(supervisor.run())


if __name__ == "__main__":
    main()
