"""Listening sockets: bound once by the parent or inherited from systemd, then shared by all children."""

import errno
import os
import socket
from collections.abc import Iterable, MutableMapping

BACKLOG = 4096
FIRST_INHERITED = 3
"""sd_listen_fds(3): passed descriptors begin after stderr."""


class CannotListenError(OSError):
    """An address of the configuration cannot be listened on; the text says which, and why."""


def bind(endpoint: str) -> list[socket.socket]:
    """Listening sockets of `host:port`, `[v6]:port` or `:port` (every interface); one for each address that the name has."""
    host, port = split_endpoint(endpoint)
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotListenError(f"cannot listen on {endpoint}: {error.strerror}") from error
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    # With port 0 every address would get a port of its own, and the ready line could not say which one is meant.
    return _listen_on_all(endpoint, addresses if port else addresses[:1])


_REMEDIES = {
    errno.EADDRINUSE: "; another program has it: stop that one, or change server.listen or web.listen",
    errno.EACCES: "; a port below 1024 needs the right to it: see docs/operations.md, or listen on a higher one",
    errno.EADDRNOTAVAIL: "; this machine does not have that address: change server.listen or web.listen",
}


def _listen_on_all(endpoint: str, addresses: Iterable[tuple[int, tuple[object, ...]]]) -> list[socket.socket]:
    bound: list[socket.socket] = []
    failure: OSError | None = None
    for family, address in addresses:
        try:
            bound.append(_listen(family, address))
        except OSError as error:
            # `localhost` may name ::1 on a machine without IPv6: one address that works is enough.
            failure = failure or error
    if not bound:
        assert failure is not None
        remedy = _REMEDIES.get(failure.errno or 0, "")
        raise CannotListenError(failure.errno, f"cannot listen on {endpoint}: {failure.strerror}{remedy}") from failure
    return bound


def _listen(family: int, address: tuple[object, ...]) -> socket.socket:
    # With the protocol named, asyncio knows a TCP socket when it sees one and sets TCP_NODELAY on what it accepts.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def inherit(environ: MutableMapping[str, str], web: str | None = None) -> dict[str, list[socket.socket]]:
    """Sockets that systemd handed over (sd_listen_fds(3)), as `smtp`, `smtps` or `web`; the variables are taken out of `environ`.

    FileDescriptorName= says which is which; without it, the socket bound to the address `web` is the web's, and the others SMTP's.
    """
    pid, count, names = (environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"))
    if pid != str(os.getpid()) or not count.isdecimal():
        return {}
    found: dict[str, list[socket.socket]] = {}
    given = names.split(":") if names else []
    for index in range(int(count)):
        inherited = socket.socket(fileno=FIRST_INHERITED + index)
        inherited.set_inheritable(False)
        name = given[index] if index < len(given) else ""
        found.setdefault(_purpose(name, inherited, web), []).append(inherited)
    return found


def _purpose(name: str, inherited: socket.socket, web: str | None) -> str:
    if name in ("smtp", "smtps", "web"):
        return name
    return "web" if web is not None and describe(inherited) == web else "smtp"


def split_endpoint(endpoint: str) -> tuple[str, int]:
    host, _, port = endpoint.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def describe(listening: socket.socket) -> str:
    """`HOST:PORT` as it is bound; an IPv6 host in brackets, a Unix socket by its path."""
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return f"unix:{name}"
    host, port = name[:2]
    return f"[{host}]:{port}" if listening.family == socket.AF_INET6 else f"{host}:{port}"
