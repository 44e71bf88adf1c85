"""The API over real HTTP, on a real database: `async with api_site(sessions) as site`, and `await site.program("tickets:read")` is somebody
who comes with a token of their own."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.api.api import ROOT, Api
from gateway.api.routes import routes
from gateway.deeds.tokens import Wish, create
from gateway.domain.api import Scope
from gateway.domain.organisation import Organisation
from gateway.supervisor.sockets import bind
from gateway.web import server
from gateway.web.app import create_app
from gateway.web.throttle import Throttle
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
EVERYTHING = tuple(str(each) for each in Scope)
numbers = count(1)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> str:
        """The last word of its type; that it is a problem by every sign."""
        found = self.json
        assert self.headers["content-type"] == "application/problem+json"
        assert found["status"] == self.status
        assert found["title"]
        assert found["detail"]
        return str(found["type"].removeprefix("urn:deskgate:problem:"))


class Program:
    """A program that comes with a token, or, with None, without one."""

    def __init__(self, url: str, secret: str | None, number: int = 0, name: str = "") -> None:
        self.number = number
        self.name = name
        self.secret = secret
        headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, headers=headers)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        answer = await self._client.request(method, ROOT + path, **more)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        return await self.ask("GET", path, params=query, headers=headers)

    async def post(self, path: str, body: object = None, *, key: str | None = None, **headers: str) -> Answer:
        return await self._changed("POST", path, body, key, headers)

    async def patch(self, path: str, body: object, *, key: str | None = None, **headers: str) -> Answer:
        return await self._changed("PATCH", path, body, key, headers)

    async def _changed(self, method: str, path: str, body: object, key: str | None, headers: Mapping[str, str]) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | ({"Idempotency-Key": key} if key is not None else {})
        sent = {"json": body} if body is not None else {}
        return await self.ask(method, path, headers=named, **sent)

    async def every(self, path: str, **query: Any) -> list[Any]:
        """Of all pages of a list."""
        found: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            answer = await self.get(path, **query, **cursor)
            assert answer.status == 200, answer.content
            found += answer.json["items"]
            if answer.json["next"] is None:
                return found
            cursor = {"cursor": answer.json["next"]}

    async def aclose(self) -> None:
        await self._client.aclose()


class ApiSite:
    """`later` is how far the API's clock is ahead; `woken` which processes were told of work, in order; `organisation` may be replaced."""

    def __init__(self, sessions: Sessions, organisation: Organisation, at: tuple[str, int], requests: Throttle, failures: Throttle) -> None:
        self.sessions = sessions
        self.organisation = organisation
        self.url = f"http://{at[0]}:{at[1]}"
        self.later = timedelta(0)
        self.woken: list[str] = []
        self.api = Api(
            sessions,
            lambda: self.organisation,
            self.woken.append,
            now=lambda: datetime.now(UTC) + self.later,
            requests=requests,
            failures=failures,
        )
        self._programs: list[Program] = []

    async def program(self, *scopes: str, departments: tuple[str, ...] | None = None, agent: str | None = None, **more: Any) -> Program:
        """With a token of these scopes; without any, of all."""
        wish = Wish(f"program {next(numbers)}", tuple(map(Scope, scopes or EVERYTHING)), departments, agent, **more)
        async with self.sessions.begin() as session:
            made = await create(session, wish, "tests", self.organisation, datetime.now(UTC))
        return self.with_secret(made.secret, made.token.id, made.token.name)

    def with_secret(self, secret: str | None, number: int = 0, name: str = "") -> Program:
        program = Program(self.url, secret, number, name)
        self._programs.append(program)
        return program

    async def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query), values)).all()]

    async def alter(self, statement: str, **values: object) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement), values)

    async def aclose(self) -> None:
        for each in self._programs:
            await each.aclose()


@asynccontextmanager
async def api_site(
    sessions: Sessions, organisation: Organisation = ORGANISATION, requests: Throttle | None = None, failures: Throttle | None = None
) -> AsyncIterator[ApiSite]:
    [listening] = bind("127.0.0.1:0")
    plenty = Throttle(1_000_000, 0.001)
    site = ApiSite(sessions, replace(organisation), listening.getsockname(), requests or plenty, failures or plenty)
    started, ending = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(server.serve(create_app(routes(site.api)), [listening], started.set, ending))
    await started.wait()
    try:
        yield site
    finally:
        await site.aclose()
        ending.set()
        await serving


def a_call(client: str = "anna@client.test", **more: Any) -> dict[str, Any]:
    """The body that opens a ticket."""
    return {"client": {"address": client, "name": "Anna"}, "subject": "Printer on fire", "text": "It burns."} | more
