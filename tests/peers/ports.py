"""Ports that stay a test's own: for servers that cannot be told to take any, and for servers that go away and come back."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

FIRST = 10_000
_reserved: dict[int, int] = {}
"""Descriptors of locks by port. They last as long as this process."""


def free_ports(number: int) -> list[int]:
    """Of those that the kernel gives to nobody, and each reserved: other workers of the run take others."""
    found: list[int] = []
    for port in random.sample(range(FIRST, _first_given()), k=_first_given() - FIRST):
        if len(found) == number:
            break
        if port not in _reserved and _reserve(port):
            found.append(port)
    return found


def held(host: str, port: int) -> socket.socket:
    """Nobody listens there, so connections are refused; and nobody but who was there before gets the port, until this is closed."""
    holding = socket.socket()
    holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holding.bind((host, port))
    return holding


def _first_given() -> int:
    try:
        return max(FIRST + 10_000, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]))
    except FileNotFoundError:
        return 32_768


def _reserve(port: int) -> bool:
    locks = Path(tempfile.gettempdir()) / f"deskgate-tests-ports-{os.getuid()}"
    locks.mkdir(exist_ok=True)
    lock = os.open(locks / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held("127.0.0.1", port).close()
    except OSError:
        os.close(lock)
        return False
    _reserved[port] = lock
    return True
