"""A parser child that misbehaves as the first line of the content tells it to; otherwise it is the real one."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from gateway.parsing import child

_kept: list[bytes] = []


def spin(_: str) -> NoReturn:
    while True:
        pass


def eat_memory(_: str) -> None:
    _kept.extend(bytes(1 << 20) for _ in range(1 << 20))


def die_once(marker: str) -> None:
    if not Path(marker).exists():
        Path(marker).mkdir()
        os.kill(os.getpid(), signal.SIGKILL)


def fail(words: str) -> NoReturn:
    raise ValueError(words)


def print_much(_: str) -> None:
    sys.stdout.write("x" * (1 << 20))
    sys.stderr.write("x" * (1 << 20))


MISBEHAVIOUR: Mapping[str, Callable[[str], object]] = {
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "spin": spin,
    "memory": eat_memory,
    "keep": lambda size: _kept.append(bytes(int(size))),
    "abort": lambda _: os.abort(),
    "die-once": die_once,
    "raise": fail,
    "noise": print_much,
    "write": lambda path: Path(path).write_bytes(b"something"),
}
CONFESSIONS: Mapping[str, Callable[[], object]] = {
    "pid": os.getpid,
    "environment": lambda: ",".join(sorted(os.environ)),
    "descriptors": lambda: len(list(Path("/proc/self/fd").iterdir())),
}


def parse(content: bytes, argument: bytes) -> Any:
    word, _, rest = content.partition(b"\r\n")[0].decode(errors="replace").partition(" ")
    if word in MISBEHAVIOUR:
        MISBEHAVIOUR[word](rest)
    elif word in CONFESSIONS:
        content = f"Subject: {CONFESSIONS[word]()}\r\n\r\n".encode()
    return child.parse(content, argument)


if __name__ == "__main__":
    child.main({**child.HANDLERS, "parse": parse})
