"""/file/TOKEN: a file that was too large for its letter. Looking (HEAD, as scanners of mail do) and downloading change nothing.

The bytes go from PostgreSQL a piece at a time, each by a session of its own, so that no reader, however slow, keeps a connection or the
whole file.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.domain.language import Language
from gateway.domain.organisation import Organisation
from gateway.telemetry import metrics
from gateway.tokens.codec import Keyring
from gateway.tokens.file import Expired, FileLink, read_file_token
from gateway.web.download import HEADERS, Span, disposition, span_of
from gateway.web.file_words import WORDS
from gateway.web.pages import page
from gateway.web.picture import Pictures
from gateway.web.throttle import Throttle, peer_of
from gateway.web.words import Notice, preferred
from storage.engine import database_away
from storage.files import LinkedFile, linked_file, piece

log = structlog.get_logger()

PIECE = 1024 * 1024
"""Octets read from the database at once: what one download takes of our memory."""
WRITE = 64 * 1024
"""Octets handed to the connection at once."""
AGAIN_SECONDS = 30
"""After which who was turned away may ask again."""

Read = Callable[[int, int], Awaitable[bytes]]
"""So many octets of the file, from an octet on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`most` downloads go at once in a process, and `most_of_one` of them to one peer. A reader takes 64 KiB in `seconds` at least."""

    peer: Throttle
    most: int = 24
    most_of_one: int = 6
    seconds: float = 30.0


def limits() -> Limits:
    return Limits(peer=Throttle(120, 0.5))


class Places:
    """The downloads under way."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def place(self, peer: str) -> Iterator[bool]:
        """Whether there is one for this peer; it is theirs until the block ends."""
        free = self._taken.total() < self._limits.most and self._taken[peer] < self._limits.most_of_one
        if not free:
            yield False
            return
        self._taken[peer] += 1
        try:
            yield True
        finally:
            self._taken[peer] -= 1
            self._taken += Counter()  # forgets who has none left


class FilePages:
    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        organisation: Callable[[], Organisation],
        pictures: Pictures,
        limits: Limits,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._organisation = organisation
        self._pictures = pictures
        self._limits = limits
        self._places = Places(limits)
        self._now = now

    def routes(self) -> list[Route]:
        return [Route("/file/{token}", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        language = preferred(request.headers.get("accept-language", ""), self._organisation().desk.language)
        words = WORDS[language]
        if wait := self._limits.peer.wait(peer_of(request)):
            return await self._notice(words.busy, language, 429, wait)
        link = read_file_token(Keyring(self._organisation().desk.secrets), request.path_params["token"], self._now())
        match link:
            case None:
                return await self._notice(words.unknown, language, 404)
            case Expired():
                return await self._notice(words.expired, language, 410)
            case FileLink():
                return await self._found(request, link, language)
            case _:
                assert_never(link)

    async def _found(self, request: Request, link: FileLink, language: Language) -> Response:
        words = WORDS[language]
        try:
            async with self._sessions() as session:
                file = await linked_file(session, link.letter, link.position)
        except Exception as error:
            if not database_away(error):
                raise
            log.warning("download_without_database", error=f"{type(error).__name__}: {error}")
            return await self._notice(words.away, language, 503, AGAIN_SECONDS)
        if file is None:
            return await self._notice(words.gone, language, 410)
        return await self._download(request, file, language)

    async def _download(self, request: Request, file: LinkedFile, language: Language) -> Response:
        busy = await self._notice(WORDS[language].busy, language, 503, AGAIN_SECONDS)
        return download(request, file, self._sessions, self._places.place(peer_of(request)), busy, self._limits.seconds)

    async def _notice(self, notice: Notice, language: Language, status: int, again: int | None = None) -> Response:
        headers = {} if again is None else {"Retry-After": str(again)}
        company, picture = self._organisation().desk.name, await self._pictures.now()
        return page("notice.html", language, company, picture, status=status, headers=headers, notice=notice)


def download(
    request: Request,
    file: LinkedFile,
    sessions: async_sessionmaker[AsyncSession],
    place: contextlib.AbstractContextManager[bool],
    busy: Response,
    seconds: float,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The file, or the part of it that is asked for. `headers` come on top of a download's own; `busy` is for who finds no place."""
    tag = f'"{file.sha256.hex()}"'
    all_headers = HEADERS | {"Content-Disposition": disposition(file.filename), "ETag": tag} | dict(headers or {})
    wanted = request.headers.get("range") if request.method == "GET" else None
    span = span_of(wanted, request.headers.get("if-range"), tag, file.size)
    if span is None:
        return Response(status_code=416, headers=all_headers | {"Content-Range": f"bytes */{file.size}"})
    part = span != Span(0, file.size)
    all_headers["Content-Length"] = str(span.length)
    if part:
        all_headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
    if request.method == "HEAD":
        return Response(headers=all_headers)

    async def read(start: int, length: int) -> bytes:
        async with sessions() as session:
            return await piece(session, file.sha256, start, length)

    return Download(206 if part else 200, all_headers, span, read, place, busy, seconds)


class Download(Response):
    """Takes its place when it is sent, and gives it back however that ends."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        span: Span,
        read: Read,
        place: contextlib.AbstractContextManager[bool],
        busy: Response,
        seconds: float,
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self._span, self._read, self._place, self._busy, self._seconds = span, read, place, busy, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place as free:
            if not free:
                metrics.downloads.labels("turned_away").inc()
                await self._busy(scope, receive, send)
                return
            whole = False
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                whole = await self._send(Request(scope, receive), send)
            finally:
                metrics.downloads.labels("whole" if whole else "broken").inc()

    async def _send(self, request: Request, send: Send) -> bool:
        """Whether all of it was sent. The connection of what was not is closed by the server, short of the length that was announced."""
        at = self._span.start
        try:
            while at < self._span.end and not await request.is_disconnected():
                octets = await self._read(at, min(PIECE, self._span.end - at))
                if not octets:
                    log.warning("download_gone", at=at)
                    return False
                at += len(octets)
                for start in range(0, len(octets), WRITE):
                    async with asyncio.timeout(self._seconds):
                        await send({"type": "http.response.body", "body": octets[start : start + WRITE], "more_body": True})
            if at < self._span.end:
                return False
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.info("download_too_slow", at=at)
            return False
        except Exception as error:
            if not database_away(error):
                raise
            log.warning("download_without_database", error=f"{type(error).__name__}: {error}")
            return False
        return True
