"""Small roles for the supervisor's own tests: an echo server that tells who it is, a role that lingers, one that crashes at its start."""

import asyncio
import os
import sys
import time
from pathlib import Path

from gateway.supervisor.child import Control
from gateway.supervisor.messages import Configuration


async def echo(control: Control) -> None:
    """Answers each line with its slot, pid and the settings of the moment; told to stop, it serves open connections to their end."""
    from gateway.telemetry import metrics

    settings = control.configuration.settings.decode()
    busy: set[asyncio.StreamWriter] = set()

    def apply(configuration: Configuration) -> None:
        nonlocal settings
        settings = configuration.settings.decode()
        if settings == "cannot be applied":
            raise ValueError(settings)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        busy.add(writer)
        metrics.connections.inc()
        try:
            while line := await reader.readline():
                metrics.messages.labels("accepted").inc()
                writer.write(f"{control.slot} {os.getpid()} {settings} {line.decode().strip()}\n".encode())
        finally:
            busy.discard(writer)
            metrics.connections.dec()
            writer.close()

    control.on_change(apply)
    servers = [await asyncio.start_server(serve, sock=each) for each in control.sockets("smtp")]
    control.ready()
    await control.draining.wait()
    for server in servers:
        server.close()
    while busy:
        await asyncio.sleep(0.01)


def tell(control: Control, what: str) -> None:
    """Into the file that the settings name, where they name one."""
    path = Path(control.configuration.settings.decode())
    if path.is_absolute():
        path.write_text(what)


async def linger(control: Control) -> None:
    """Ignores that it shall leave; tells in a file that it was cancelled."""
    control.ready()
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        tell(control, "cancelled")
        raise


async def standing(control: Control) -> None:
    """Writes what it hears of the others into the file that the settings name, whenever it changes."""
    control.ready()
    seen = None
    while not control.draining.is_set():
        if control.standing != seen:
            seen = control.standing
            tell(control, repr(seen))
        await asyncio.sleep(0.01)


async def slow(_control: Control) -> None:
    """Starts for so long that it hears nothing."""
    time.sleep(3600)


async def crash(_control: Control) -> None:
    sys.exit(3)
