"""What all pages of the console share: who comes and what they may, forms and their proof, and an answer for whatever goes wrong."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.console.counts import Counts
from gateway.console.forms import IN_PARTS, Form, UnreadableForm, read_form
from gateway.console.reader import Reader
from gateway.console.visit import Guest, Seat, Visit
from gateway.console.words import LANGUAGES, Words, words_of
from gateway.deeds.refused import Missing, Refused
from gateway.deeds.transaction import repeated
from gateway.domain.language import Language
from gateway.domain.operators import Right
from gateway.domain.organisation import Organisation
from gateway.web.words import preferred
from storage.engine import database_away

log = structlog.get_logger()

ASKING_SECONDS: Final = 10.0
"""For who it is that comes."""
AWAY_SECONDS: Final = 10
CSRF: Final = "csrf"
"""The field of a form that proves that it is ours."""
LANGUAGE_COOKIE: Final = "deskgate_language"
OURS: Final = "deskgate.console"
"""In the scope of requests that the console answers."""
MOST_KEPT: Final = 200 * 1024
"""Characters of a form that came too late, which are given back."""

Get = Callable[[Visit], Awaitable[Response]]
Post = Callable[[Visit, Form], Awaitable[Response]]


class Absent(Exception):  # noqa: N818  it becomes an answer
    """What the address names is not there, or not this operator's to see: both are told alike."""


class Forbidden(Exception):  # noqa: N818  it becomes an answer
    """The operator may not do this, whatever it is done to."""


class Door(Protocol):
    """Who may come in. `entrance` is the path, relative to the root, where somebody who has not may."""

    entrance: str

    @property
    def has_operators(self) -> bool:
        """Without any, there is no console."""
        ...

    async def seat(self, request: Request, *, quiet: bool = False) -> Seat | None:
        """`quiet`: the browser asks by itself, and nobody need be there."""
        ...

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
        ending: asyncio.Event | None = None,
        reader: Reader | None = None,
    ) -> None:
        """`ending` is set when the service ends: what a page goes on telling ends then."""
        self.sessions = sessions
        self.organisation = organisation
        self.door = door
        self.wake = wake
        self.now = now
        self.reader = reader or Reader()
        self.ending = ending or asyncio.Event()
        self.counts = Counts(sessions, organisation)

    def get(self, path: str, handler: Get, right: Right = Right.SEE, *, quiet: bool = False) -> Route:
        """`quiet`: of requests that a page makes by itself, which do not keep a session from ending."""

        async def answer(request: Request) -> Response:
            return await self._answered(request, right, handler, quiet=quiet)

        return Route(path, answer, methods=["GET"])

    def post(self, path: str, handler: Post, right: Right = Right.ACT) -> Route:
        """A change. The handler may run more than once, where its transaction met another's: it does nothing but by that."""

        async def answer(request: Request) -> Response:
            async def proven(visit: Visit) -> Response:
                form = await read_form(request)
                if not self.door.same_origin(request):
                    return visit.page("stale.html", status=403, kept=[])
                if not secrets.compare_digest(form.get(CSRF).encode(), visit.seat.csrf.encode()):
                    return visit.page("stale.html", status=403, kept=kept(form), files=bool(form.files))
                try:
                    return await repeated(lambda: handler(visit, form))
                finally:
                    self.counts.outdate()

            return await self._answered(request, right, proven)

        return Route(path, answer, methods=["POST"])

    def anybody(self, path: str, handler: Callable[[Guest], Awaitable[Response]], methods: Sequence[str] = ("GET",)) -> Route:
        """For those who have not come in."""

        async def answer(request: Request) -> Response:
            request.scope[OURS] = True
            try:
                return await handler(self.guest(request)) if self.door.has_operators else self.closed(request)
            except UnreadableForm as unreadable:
                return self.guest(request).page("cut.html", status=unreadable.status)
            except Exception as error:
                if not database_away(error):
                    raise
                return self.without_database(request, error)

        return Route(path, answer, methods=list(methods))

    async def _answered(self, request: Request, right: Right, handler: Get, *, quiet: bool = False) -> Response:
        request.scope[OURS] = True
        if not self.door.has_operators:
            return self.closed(request)
        try:
            # A database that hangs says nothing; whoever waits is told.
            async with asyncio.timeout(ASKING_SECONDS):
                seat = await self.door.seat(request, quiet=quiet)
            if seat is None:
                return await self._to_entrance(request)
            visit = await self._visit(request, seat)
            if not seat.operator.may(right):
                return visit.page("forbidden.html", status=403)
            return await self._handled(visit, handler)
        except Exception as error:
            if not database_away(error):
                raise
            return self.without_database(request, error)

    async def _handled(self, visit: Visit, handler: Get) -> Response:
        try:
            return await handler(visit)
        except (Absent, Missing):
            return visit.page("absent.html", status=404)
        except Forbidden:
            return visit.page("forbidden.html", status=403)
        except Refused as refused:
            why = refused.why if refused.key is None else visit.words(refused.key, **refused.values)
            return visit.page("refused.html", status=409, why=why)
        except UnreadableForm as unreadable:
            return visit.page("unreadable.html", status=unreadable.status, too_large=unreadable.status == 413)

    async def _visit(self, request: Request, seat: Seat) -> Visit:
        words = words_of(self.language(request, seat))
        counts = await self.counts.of(seat.operator) if request.method in ("GET", "HEAD") else {}
        return Visit(request, seat, words, self.organisation(), self.sessions, self.wake, self.now, counts)

    def guest(self, request: Request) -> Guest:
        return Guest(request, self.words(request), self.organisation())

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

    async def _to_entrance(self, request: Request) -> Response:
        """A page comes back to where it was asked for; whoever sent a form gets it back, for its words are not to be lost."""
        if request.method not in ("GET", "HEAD"):
            return await self._lapsed(request)
        here = request.url.path.removeprefix(request.scope.get("root_path", "")).lstrip("/")
        here += f"?{request.url.query}" if request.url.query else ""
        next_ = f"?next={quote(here)}" if here else ""
        return RedirectResponse(self.guest(request).to(self.door.entrance) + next_, 303, headers={"Cache-Control": "no-store"})

    async def _lapsed(self, request: Request) -> Response:
        in_parts = request.headers.get("content-type", "").lower().startswith(IN_PARTS)
        form = Form()
        if self.door.same_origin(request) and (not in_parts or int_of(request.headers.get("content-length", "")) <= MOST_KEPT):
            with contextlib.suppress(UnreadableForm):
                form = await read_form(request)
        return self.guest(request).page("lapsed.html", status=403, kept=kept(form), files=in_parts, entrance=self.door.entrance)

    def closed(self, request: Request) -> Response:
        """Where nobody may come in. The first page says how to change that; there are no others."""
        if request.url.path.removeprefix(request.scope.get("root_path", "")) != "/":
            return PlainTextResponse("Not Found", 404)
        return self.guest(request).page("closed.html")

    def without_database(self, request: Request, error: Exception) -> Response:
        log.warning("console_without_database", error=f"{type(error).__name__}: {error}")
        return self.guest(request).page("away.html", status=503, headers={"Retry-After": str(AWAY_SECONDS)})

    async def absent(self, request: Request, error: Exception) -> Response:
        """For an address that is no page's, and for a page that is asked for by a form's address. Strangers are told in two words: most of
        them are robots."""
        if not self.door.has_operators or request.method not in ("GET", "HEAD") or "text/html" not in request.headers.get("accept", ""):
            assert isinstance(error, HTTPException)
            return PlainTextResponse(error.detail, error.status_code, error.headers)
        try:
            seat = await self.door.seat(request)
            if seat is None:
                return self.guest(request).page("nothing.html", status=404)
            return (await self._visit(request, seat)).page("absent.html", status=404)
        except Exception as error:
            if not database_away(error):
                raise
            return self.without_database(request, error)

    async def broken(self, request: Request, _error: Exception) -> Response:
        """What is left to say when a page of ours failed."""
        return self.guest(request).page("broken.html", status=500)


def kept(form: Form) -> list[tuple[str, str]]:
    """The fields that can be given back."""
    fields = [(name, value) for name, values in form.fields.items() if name != CSRF for value in values]
    return fields if sum(len(value) for _, value in fields) <= MOST_KEPT else []


def int_of(text: str) -> int:
    """Of what has no number, too many."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 10**12
