"""What all pages of the console share: who comes and what they may, forms and their proof, and an answer for whatever goes wrong."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.console import pages
from gateway.console.forms import Form, UnreadableForm, read_form
from gateway.console.visit import Seat, Visit
from gateway.console.words import LANGUAGES, Words, words_of
from gateway.deeds.refused import Refused
from gateway.domain.language import Language
from gateway.domain.operators import Right
from gateway.domain.organisation import Organisation
from gateway.web.words import preferred
from storage.engine import database_away, serialization_conflict

log = structlog.get_logger()

ATTEMPTS: Final = 3
"""Of a change that met another's."""
AWAY_SECONDS: Final = 10
CSRF: Final = "csrf"
"""The field of a form that proves that it is ours."""
LANGUAGE_COOKIE: Final = "deskgate_language"

Get = Callable[[Visit], Awaitable[Response]]
Post = Callable[[Visit, Form], Awaitable[Response]]


class Absent(Exception):  # noqa: N818  it becomes an answer
    """What the address names is not there, or not this operator's to see: both are told alike."""


class Forbidden(Exception):  # noqa: N818  it becomes an answer
    """The operator may not do this, whatever it is done to."""


class Door(Protocol):
    """Who may come in. `entrance` is the path, relative to the root, where somebody who has not may."""

    entrance: str

    async def seat(self, request: Request) -> Seat | None: ...

    def same_origin(self, request: Request) -> bool:
        """Whether a change was sent from a page of ours, as far as the browser tells."""
        ...


class Console:
    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        organisation: Callable[[], Organisation],
        door: Door,
        wake: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.sessions = sessions
        self.organisation = organisation
        self.door = door
        self.wake = wake
        self.now = now

    def get(self, path: str, handler: Get, right: Right = Right.SEE) -> Route:
        async def answer(request: Request) -> Response:
            return await self._answered(request, right, handler)

        return Route(path, answer, methods=["GET"])

    def post(self, path: str, handler: Post, right: Right = Right.ACT) -> Route:
        """A change. The handler may run more than once, where its transaction met another's: it does nothing but by that."""

        async def answer(request: Request) -> Response:
            async def proven(visit: Visit) -> Response:
                form = await read_form(request)
                if not (self.door.same_origin(request) and secrets.compare_digest(form.get(CSRF).encode(), visit.seat.csrf.encode())):
                    return visit.page("stale.html", status=403)
                return await repeated(lambda: handler(visit, form))

            return await self._answered(request, right, proven)

        return Route(path, answer, methods=["POST"])

    async def _answered(self, request: Request, right: Right, handler: Get) -> Response:
        try:
            seat = await self.door.seat(request)
            if seat is None:
                return self._to_entrance(request)
            visit = self._visit(request, seat)
            if not seat.operator.may(right):
                return visit.page("forbidden.html", status=403)
            return await self._handled(visit, handler)
        except Exception as error:
            if not database_away(error):
                raise
            log.warning("console_without_database", error=f"{type(error).__name__}: {error}")
            return self.without_database(request)

    async def _handled(self, visit: Visit, handler: Get) -> Response:
        try:
            return await handler(visit)
        except Absent:
            return visit.page("absent.html", status=404)
        except Forbidden:
            return visit.page("forbidden.html", status=403)
        except Refused as refused:
            return visit.page("refused.html", status=409, why=refused.why)
        except UnreadableForm as unreadable:
            return visit.page("unreadable.html", status=unreadable.status, too_large=unreadable.status == 413)

    def _visit(self, request: Request, seat: Seat) -> Visit:
        words = words_of(self.language(request, seat))
        return Visit(request, seat, words, self.organisation(), self.sessions, self.wake, self.now)

    def language(self, request: Request, seat: Seat | None = None) -> Language:
        """What somebody chose in this browser, else what the file has for them, else the browser's."""
        cookie = request.cookies.get(LANGUAGE_COOKIE)
        chosen = next((each for each in LANGUAGES if each == cookie), None)
        if chosen is not None:
            return chosen
        if seat is not None and seat.operator.language is not None:
            return seat.operator.language
        return preferred(request.headers.get("accept-language", ""), self.organisation().desk.language)

    def words(self, request: Request) -> Words:
        """For whoever has not come in."""
        return words_of(self.language(request))

    def _to_entrance(self, request: Request) -> Response:
        """A page comes back to where it was asked for; whoever sent a form is told, for its words are not to be lost unsaid."""
        depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
        here = request.url.path.lstrip("/") + (f"?{request.url.query}" if request.url.query else "")
        next_ = f"?next={quote(here)}" if request.method == "GET" and here else ""
        return RedirectResponse("../" * depth + self.door.entrance + next_, 303, headers={"Cache-Control": "no-store"})

    def without_database(self, request: Request) -> Response:

        return pages.page("away.html", self.words(request), status=503, headers={"Retry-After": str(AWAY_SECONDS)})


async def repeated(act: Callable[[], Awaitable[Response]]) -> Response:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await act()
        except Exception as error:
            if attempt == ATTEMPTS or not serialization_conflict(error):
                raise
            await asyncio.sleep(0.05 * attempt)
    raise AssertionError("the last attempt returns or raises")
