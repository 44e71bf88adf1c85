"""One child process as its parent holds it: started, asked, stopped or killed."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from gateway.parsing.wire import FRAME, OUT_OF_MEMORY, pack, unpack

LONGEST_REPLY = 1 << 30
START_SECONDS = 60.0
STOP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one message: `seconds` of wall-clock time, and `memory` in bytes above what a warm child has."""

    seconds: float = 10.0
    memory: int = 512 << 20


class ChildEndedError(Exception):
    """The child ended before its answer. `status` is as in `subprocess`: negative for a signal."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the parser child ended with status {status}")
        self.status = status

    @property
    def exceeded(self) -> str | None:
        """The limit of ours that ended it, so that a second try would only end the same way."""
        return _EXCEEDED.get(self.status or 0)


_EXCEEDED = {-signal.SIGXCPU: "processor time", OUT_OF_MEMORY: "memory"}


class Child:
    """One child process and the parent's end of its socketpair."""

    def __init__(self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, program: str, limits: Limits) -> Self:
        """Returns when it has warmed up. Raises RuntimeError when it ended or was silent instead."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await _execute(program, theirs, limits)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=1 << 20)
        child = cls(process, reader, writer)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child._receive()
        except (ChildEndedError, TimeoutError) as error:
            child.kill()
            raise RuntimeError(f"the parser does not start: {await child._last_words()}") from error
        except BaseException:
            child.kill()
            raise
        return child

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._reader.at_eof()

    @property
    def status(self) -> int | None:
        return self._process.returncode

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, kind: str, argument: bytes, content: bytes) -> tuple[str, Any, bytes]:
        """Status, its note, and the packed value. Raises ChildEndedError."""
        head = pack([kind, argument])
        try:
            self._writer.write(FRAME.pack(len(head), len(content)) + head)
            self._writer.write(content)
            await self._writer.drain()
        except ConnectionError:
            raise ChildEndedError(await self._end()) from None
        return await self._receive()

    async def _receive(self) -> tuple[str, Any, bytes]:
        try:
            head_size, value_size = FRAME.unpack(await self._reader.readexactly(FRAME.size))
            if head_size + value_size > LONGEST_REPLY:
                raise ChildEndedError(await self._end())
            status, note = unpack(await self._reader.readexactly(head_size))
            return status, note, await self._reader.readexactly(value_size)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ChildEndedError(await self._end()) from None

    async def _end(self) -> int:
        """Its status, once it has closed its end: it is ending, or is made to."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()

    async def _last_words(self) -> str:
        """Standard error, which a child has until it is ready."""
        assert self._process.stderr is not None
        words = (await self._process.stderr.read()).decode(errors="replace").strip()
        return words[-2000:] or f"it took more than {START_SECONDS:g} seconds"

    async def stop(self) -> None:
        """Closing its socket is how it is asked to end; it is idle, or its answer is no longer wanted."""
        self._writer.close()
        await self._end()

    def kill(self) -> None:
        self._writer.close()
        with suppress(ProcessLookupError):
            self._process.kill()


async def _execute(program: str, theirs: socket.socket, limits: Limits) -> asyncio.subprocess.Process:
    """An exec'd process that gets one descriptor, an import path, and nothing of our environment, where secrets may be."""
    arguments = (theirs.fileno(), os.getpid(), limits.memory, max(1, round(limits.seconds)))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-B",
        "-m",
        program,
        *map(str, arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=(theirs.fileno(),),
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1", "PATH": os.defpath},
    )
