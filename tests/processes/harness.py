"""A parent process under test: started, listened to, and gone with all its children at the end, whatever the test did."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.waiting import PATIENCE

START_SECONDS = 90.0
CLOCK_TICK = 0.02


class Parent:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.pid = process.pid
        self.stdout: list[str] = []
        self.log: list[str] = []
        self._readers = [
            asyncio.create_task(_collect(process.stdout, self.stdout)),
            asyncio.create_task(_collect(process.stderr, self.log)),
        ]

    async def ready(self) -> dict[str, str]:
        """What the ready line says: `{"smtp": "127.0.0.1:41234", …}`."""
        await until(lambda: any(line.startswith("ready") for line in self.stdout) or self.process.returncode is not None, START_SECONDS)
        assert self.stdout, self.told()
        assert self.stdout[0].startswith("ready"), self.told()
        return dict(part.split("=", 1) for part in self.stdout[0].split()[1:])

    def children(self) -> dict[str, int]:
        """Pids of the children by slot."""
        forkers = [pid for pid, slot in children_of(self.pid).items() if slot == "forker"]
        return {slot: pid for forker in forkers for pid, slot in children_of(forker).items() if slot not in ("", "forker")}

    async def logged(self, *words: str, seconds: float = PATIENCE, after: int = 0) -> str:
        """The first log line with all these words, of those after so many."""

        def found() -> str | None:
            return next((line for line in self.log[after:] if all(word in line for word in words)), None)

        await until(lambda: found() is not None, seconds, lambda: f"{words} in\n{self.told()}")
        return found() or ""

    async def reload(self) -> None:
        """Has the configuration read again, and waits until every child works by it."""
        known = len(self.log)
        self.signal(signal.SIGHUP)
        handed_on = await self.logged("configuration_handed_on", seconds=START_SECONDS, after=known)
        [number] = [word for word in handed_on.split() if word.startswith("number=")]
        await self.logged("configuration_in_force", number, seconds=START_SECONDS, after=known)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ends(self, seconds: float = PATIENCE) -> int:
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
            await asyncio.gather(*self._readers)
        return code

    def told(self) -> str:
        return "\n".join(["stdout:", *self.stdout, "stderr:", *self.log])


async def _collect(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
    assert stream is not None
    while line := await stream.readline():
        lines.append(line.decode().rstrip("\n"))


@asynccontextmanager
async def parent(
    command: Sequence[str], cwd: Path | None = None, more: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
) -> AsyncIterator[Parent]:
    """`more` of an environment than ours."""
    pipe = asyncio.subprocess.PIPE
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))} | dict(more or {})
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment, cwd=cwd, pass_fds=pass_fds
    )
    begun = Parent(process)
    try:
        yield begun
    finally:
        left = [process.pid, *children_of(process.pid), *begun.children().values()]
        for pid in left if process.returncode is None else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await begun.ends()


async def until(condition: Callable[[], bool], seconds: float = PATIENCE, told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {told()}"
        await asyncio.sleep(CLOCK_TICK)


def children_of(pid: int) -> dict[int, str]:
    """Pids of the living children of a process, each with its slot (empty for a process that is none of the supervisor's)."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return {}
    return {int(child): slot_of(int(child)) for child in listed if alive(int(child))}


def slot_of(pid: int) -> str:
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return title.removeprefix("deskgate: ") if title.startswith("deskgate: ") else ""


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
