"""/preview/TOKEN/NAME: a letter as it would be, on a page. `deskgate templates preview` makes the link; nothing is sent."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.domain.language import Language
from gateway.domain.organisation import Organisation
from gateway.letters.built_in import built_in
from gateway.letters.facts import Audience, LetterFacts
from gateway.letters.operators import Templates
from gateway.letters.preview import preview_facts
from gateway.letters.write import Written, write_letter
from gateway.tokens.codec import Keyring
from gateway.tokens.preview import read_preview_token
from gateway.web.pages import HEADERS, bare_page, policy
from gateway.web.preview_words import WORDS, PreviewWords
from gateway.web.throttle import Throttle, peer_of
from gateway.web.words import preferred
from storage.ticket_views import show_ticket

# A letter is shown as mail programs show it: its own style, pictures from where it names them, and no script. The page around it is ours.
LETTER = HEADERS | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; sandbox"
}
AROUND = HEADERS | {"Content-Security-Policy": f"{policy()}; frame-src 'self'"}


class PreviewPages:
    """`templates` reads the operator's directory as it is at this moment, so that who edits a letter sees it."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        organisation: Callable[[], Organisation],
        templates: Callable[[Organisation], Templates],
        throttle: Throttle,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sessions = sessions
        self._organisation = organisation
        self._templates = templates
        self._throttle = throttle
        self._now = now

    def routes(self) -> list[Route]:
        return [
            Route("/preview/{token}/{name}", self.around, methods=["GET"]),
            Route("/preview/{token}/{name}/letter", self.letter, methods=["GET"]),
        ]

    async def around(self, request: Request) -> Response:
        words = WORDS[preferred(request.headers.get("accept-language", ""), self._organisation().desk.language)]
        found = await self._written(request, words)
        if isinstance(found, Response):
            return found
        facts, written = found
        chosen = {"language": facts.language, "audience": facts.read_by}
        return bare_page(
            "preview.html",
            words.language,
            self._organisation().desk.name,
            headers=AROUND,
            words=words,
            name=request.path_params["name"],
            written=written,
            chosen=chosen,
            languages=get_args(Language),
            audiences=get_args(Audience),
        )

    async def letter(self, request: Request) -> Response:
        found = await self._written(request, WORDS["en"])
        return found if isinstance(found, Response) else HTMLResponse(found[1].html, headers=LETTER)

    async def _written(self, request: Request, words: PreviewWords) -> tuple[LetterFacts, Written] | Response:
        organisation, name = self._organisation(), request.path_params["name"]
        if wait := self._throttle.wait(peer_of(request)):
            return self._without(words, words.too_often, 429, {"Retry-After": str(wait)})
        number = read_preview_token(Keyring(organisation.desk.secrets), request.path_params["token"], self._now())
        if number is None:
            return self._without(words, words.over, 404)
        templates = await asyncio.to_thread(self._templates, organisation)
        async with self._sessions() as session:
            ticket = await show_ticket(session, number)
        if ticket is None or name not in built_in().names() | templates.names():
            return self._without(words, words.absent, 404)
        facts = preview_facts(name, ticket, organisation, language_of(request), audience_of(request))
        return facts, await asyncio.to_thread(write_letter, facts, templates)

    def _without(self, words: PreviewWords, notice: str, status: int, headers: dict[str, str] | None = None) -> Response:
        desk = self._organisation().desk.name
        return bare_page(
            "told.html", words.language, desk, status=status, headers=HEADERS | (headers or {}), title=words.title, text=notice
        )


def language_of(request: Request) -> Language | None:
    """What the address asks for; else the reader's, as the command has it."""
    wanted = request.query_params.get("language")
    return next((each for each in get_args(Language) if each == wanted), None)


def audience_of(request: Request) -> Audience | None:
    wanted = request.query_params.get("audience")
    return next((each for each in get_args(Audience) if each == wanted), None)
