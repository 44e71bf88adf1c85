"""The console as the web child serves it: with the configuration of the moment, so that a reload lets in and out at once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.app.child import Live
from gateway.config import convert_web
from gateway.config.settings import Settings
from gateway.console.console import OURS, Console
from gateway.console.door import SessionDoor
from gateway.console.reader import Reader
from gateway.console.routes import door_routes, routes
from gateway.domain.operators import Entry
from gateway.parsing.process import Limits
from gateway.supervisor.child import Control

Failed = Callable[[Request, Exception], Awaitable[Response]]


class Window:
    """`routes` and what to answer where none of them does; `aclose` once nobody is served any more."""

    def __init__(self, control: Control, live: Live, sessions: async_sessionmaker[AsyncSession], wake: Callable[[str], None]) -> None:
        self._live = live
        self._entry: tuple[Settings, Entry] | None = None
        self._door = SessionDoor(sessions, self._current, lambda: datetime.now(UTC))
        self.console = Console(
            sessions, lambda: live.now.organisation, self._door, wake, ending=control.draining, reader=Reader(lambda: parse_limits(live))
        )

    def _current(self) -> Entry:
        settings = self._live.now.settings
        if self._entry is None or self._entry[0] is not settings:
            self._entry = (settings, convert_web.entry(settings))
        return self._entry[1]

    @property
    def routes(self) -> Sequence[BaseRoute]:
        return [*door_routes(self.console, self._door), *routes(self.console)]

    def failed(self, others: Failed) -> Failed:
        """`others` answers for pages that are not the console's."""

        async def answer(request: Request, error: Exception) -> Response:
            return await (self.console.broken if OURS in request.scope else others)(request, error)

        return answer

    async def aclose(self) -> None:
        await self.console.reader.aclose()


def parse_limits(live: Live) -> Limits:
    """Of a mail that a page shows, as of one that is decided on."""
    limits = live.now.settings.limits
    return Limits(limits.parse_seconds, limits.parse_memory)
