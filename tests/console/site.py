"""The console over real HTTP, on a real database, for somebody who has come in already: `async with console_site(sessions) as site`.

Who comes is `site.operator`, which may be changed at any time; None is somebody who has not come in. Logging in is tested elsewhere.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.routing import BaseRoute

from gateway.console.console import CSRF, LANGUAGE_COOKIE, Console
from gateway.console.routes import routes
from gateway.console.visit import Seat
from gateway.console.words import LANGUAGES
from gateway.domain.language import Language
from gateway.domain.operators import Operator, Rank
from gateway.domain.organisation import Organisation
from gateway.supervisor.sockets import bind
from gateway.web import server
from gateway.web.app import create_app
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
More = Sequence[BaseRoute] | Callable[[Console], Sequence[BaseRoute]]
Files = Sequence[tuple[str, tuple[str, bytes, str]]]
"""`(field, (filename, content, content type))` of each."""

ADMIN = Operator("Root", Rank.ADMIN, ("support", "sales"), all_departments=True)
AGENT = Operator("Dana", Rank.AGENT, ("support",), agent="dana@staff.test", agent_name="Dana Agent")
"""Sees support alone, and acts as Dana of the configuration."""
CLERK = Operator("Clerk", Rank.AGENT, ("support", "sales"), all_departments=True)
"""Acts under their own name."""
SALES = Operator("Sales", Rank.AGENT, ("sales",))
VIEWER = Operator("Vera", Rank.VIEWER, ("support", "sales"), all_departments=True)

CSRF_OF_SITE = "proof"


@dataclass(frozen=True)
class Answer:
    """`body` is the text as sent, `said` what a reader of the page sees: without tags, entities, runs of white space and the help sheet."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> str:
        return self.content.decode("utf-8", "replace")

    @property
    def said(self) -> str:
        shown = re.sub(r"<(script|style|dialog)\b.*?</\1>", " ", self.body, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", shown)).split())

    @property
    def location(self) -> str:
        """Where a redirection goes, as written."""
        return self.headers["location"]

    def links(self) -> list[str]:
        return [unescape(each) for each in re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', self.body)]

    def hidden(self, name: str) -> str:
        """The value of the page's first hidden field of that name."""
        [field] = re.findall(rf'<input type="hidden" name="{re.escape(name)}" value="([^"]*)"', self.body)[:1]
        return unescape(field)


class FixedDoor:
    """Lets everybody in as `operator`."""

    entrance = "login"

    def __init__(self, operator: Operator | None) -> None:
        self.operator = operator

    has_operators = True

    async def seat(self, request: Request, *, quiet: bool = False) -> Seat | None:
        return None if self.operator is None else Seat(self.operator, CSRF_OF_SITE, "s1", "127.0.0.1")

    def same_origin(self, request: Request) -> bool:
        return True


class ConsoleSite:
    """`later` is how far the console's clock is ahead; `woken` which processes were told of work, in order; `organisation` may be replaced
    while it serves."""

    def __init__(self, sessions: Sessions, organisation: Organisation, operator: Operator | None, at: tuple[str, int]) -> None:
        self.sessions = sessions
        self.organisation = organisation
        self.door = FixedDoor(operator)
        self.url = f"http://{at[0]}:{at[1]}"
        self.later = timedelta(0)
        self.woken: list[str] = []
        self.console = Console(sessions, lambda: self.organisation, self.door, self.woken.append, self.now)
        self._client = httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=False, verify=False, headers={"Accept": "text/html"})

    @property
    def operator(self) -> Operator | None:
        return self.door.operator

    @operator.setter
    def operator(self, operator: Operator | None) -> None:
        self.door.operator = operator

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def speak(self, language: Language) -> None:
        """Of all pages asked for from here on."""
        self._client.cookies.set(LANGUAGE_COOKIE, language)

    async def in_each_language(self, path: str) -> dict[Language, Answer]:
        """The page in all languages, each of them whole: a text that a language lacks fails the page."""
        found: dict[Language, Answer] = {}
        for language in LANGUAGES:
            self.speak(language)
            found[language] = answer = await self.get(path)
            assert answer.status == 200, f"{path} in {language}: {answer.status} {answer.said[:500]}"
            assert f'<html lang="{language}">' in answer.body
        self._client.cookies.delete(LANGUAGE_COOKIE)
        return found

    async def ask(self, method: str, path: str, *, follow: bool = False, **more: Any) -> Answer:
        """`more` as httpx has it: `headers`, `content`, `data`, `files`, `params`."""
        answer = await self._client.request(method, path, follow_redirects=follow, **more)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    async def get(self, path: str, *, follow: bool = False, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        return await self.ask("GET", path, follow=follow, headers=headers, **({"params": query} if query else {}))

    async def post(
        self,
        path: str,
        form: Mapping[str, str | Sequence[str]] | None = None,
        /,
        *,
        follow: bool = False,
        files: Files | None = None,
        **fields: str | Sequence[str],
    ) -> Answer:
        """A form of ours. A field given a list is sent once for each; with `files`, it is sent in parts. `follow` goes to the page that is
        answered with, which says what was done. Fields whose names are none of Python's stand in `form`."""
        return await self.ask("POST", path, follow=follow, data={CSRF: CSRF_OF_SITE, **(form or {}), **fields}, files=files)

    async def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query), values)).all()]

    async def alter(self, statement: str, **values: object) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement), values)

    async def audited(self) -> list[tuple[object, ...]]:
        """`(action, result, actor, about)` of what the audit log has, oldest first."""
        return await self.rows("SELECT action, result, actor, about FROM audit_log ORDER BY id")

    async def aclose(self) -> None:
        await self._client.aclose()
        await self.console.reader.aclose()


@asynccontextmanager
async def console_site(
    sessions: Sessions, operator: Operator | None = ADMIN, organisation: Organisation = ORGANISATION, more: More = ()
) -> AsyncIterator[ConsoleSite]:
    """`more` are routes beside the console's, which come first, or what makes them of the console."""
    [listening] = bind("127.0.0.1:0")
    site = ConsoleSite(sessions, replace(organisation), operator, listening.getsockname())
    started, ending = asyncio.Event(), asyncio.Event()
    beside = more(site.console) if callable(more) else more
    app = create_app([*beside, *routes(site.console)], site.console.broken, site.console.absent)
    serving = asyncio.create_task(server.serve(app, [listening], started.set, ending))
    await started.wait()
    try:
        yield site
    finally:
        await site.aclose()
        ending.set()
        await serving
        await site.console.reader.aclose()
