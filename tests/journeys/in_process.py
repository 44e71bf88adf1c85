"""Commands of the command line, run within the process of the tests.

It is `gateway.cli.main.run` to the letter: arguments, exit status, the three streams. What it leaves out is the interpreter's start and a
second of imports a command; tests whose subject is the command as a process start one (`tests.journeys.running.deskgate`).
"""

import asyncio
import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from threading import Lock
from unittest.mock import patch

import structlog

from gateway.cli.main import run

# The streams and the loggers are the process's, so one command at a time has them.
_turn = Lock()


async def run_here(*arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
    """`deskgate ARGUMENTS`: exit status, stdout, stderr."""
    return await asyncio.to_thread(_run, arguments, stdin or b"")


def _run(arguments: Sequence[str], stdin: bytes) -> tuple[int, str, str]:
    out, err = _stream(), _stream()
    with _turn, patch.object(sys, "stdin", _stream(stdin)), redirect_stdout(out), redirect_stderr(err), _loggers_kept():
        try:
            status = run(arguments)
        except SystemExit as end:
            # argparse's way to refuse.
            status = end.code if isinstance(end.code, int) else 1
    return status, _written(out), _written(err)


def _stream(content: bytes = b"") -> io.TextIOWrapper:
    """With a buffer below, for those who read and write octets."""
    return io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="\n", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@contextmanager
def _loggers_kept() -> Iterator[None]:
    """A command sets up logging for its whole process, which here is ours."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**configured)
