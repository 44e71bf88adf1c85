"""uvicorn on inherited sockets; when to begin and to end is said by the caller, not by signals."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 5
BACKLOG = 4096


class Server(uvicorn.Server):
    def __init__(self, app: ASGIApp, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, sockets: Sequence[socket.socket], started: Callable[[], None], until: asyncio.Event) -> None:
    """Serve `app` until the event; requests in hand are then finished within five seconds. `started` is called once it accepts."""
    server = Server(app, started)

    async def end() -> None:
        await until.wait()
        server.should_exit = True

    ending = asyncio.create_task(end())
    try:
        await server.serve(list(sockets))
    finally:
        ending.cancel()
