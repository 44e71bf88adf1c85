"""A server that takes every letter and throws it away: Postfix's smtp-sink where it is installed, else one of ours."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

SMTP_SINK: Final = Path("/usr/sbin/smtp-sink")
PATIENCE: Final = 10.0
"""Seconds for the server to accept its first connection."""


@dataclass(frozen=True, slots=True)
class Sink:
    name: str
    port: int


@asynccontextmanager
async def sink(*, dumps: Path | None = None) -> AsyncIterator[Sink]:
    """A server on loopback, a process of its own. With `dumps`, a directory, smtp-sink keeps every letter there as a file; anybody
    may have to write there."""
    port = _free_port()
    if SMTP_SINK.exists():
        name, words = "smtp-sink", [str(SMTP_SINK), *_as_nobody(), *_kept_in(dumps), f"127.0.0.1:{port}", "100"]
    else:
        name, words = "our own", [sys.executable, "-m", "gateway.bench.sink", str(port)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.DEVNULL)
    try:
        await _accepting(port, process)
        yield Sink(name, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _as_nobody() -> list[str]:
    """It refuses to run as root."""
    return ["-u", "nobody"] if os.geteuid() == 0 else []


def _kept_in(dumps: Path | None) -> list[str]:
    return [] if dumps is None else ["-d", f"{dumps}/letter."]


def _free_port() -> int:
    """Neither server can be told to take any port: the one that was free a moment ago still is."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


async def _accepting(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
    raise RuntimeError(f"the server that takes the letters ended with status {process.returncode}")


class _Taking(asyncio.Protocol):
    """Answers every command with what a letter needs to go on; commands may come together (RFC 2920)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""
        self._content = False
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Takes one line, or one whole content, off the buffer; False when there is none."""
        mark = b"\r\n.\r\n" if self._content else b"\r\n"
        taken, found, rest = self._buffer.partition(mark)
        if not found:
            return False
        self._buffer = rest
        if self._content:
            self._content = False
            self._transport.write(b"250 2.0.0 Ok\r\n")
        else:
            self._answer(taken[:4].upper())
        return True

    def _answer(self, verb: bytes) -> None:
        self._content = verb == b"DATA"
        self._transport.write(_ANSWERS.get(verb, b"250 2.0.0 Ok\r\n"))
        if verb == b"QUIT":
            self._transport.close()


_ANSWERS: Final = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Taking, "127.0.0.1", port)
    parent = os.getppid()
    # A killed benchmark leaves no server behind.
    while os.getppid() == parent:  # noqa: ASYNC110  nothing tells of its end
        await asyncio.sleep(1.0)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
