"""The console behind its real door, over real HTTP: `async with door_site(sessions) as site`, and browsers of people who come."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from argon2 import PasswordHasher
from sqlalchemy import text
from starlette.routing import BaseRoute

from gateway.console.console import Console
from gateway.console.door import SessionDoor
from gateway.console.events import Events
from gateway.console.login import LoginPages
from gateway.console.me import MePages
from gateway.console.routes import routes
from gateway.deeds.passwords import Passwords
from gateway.domain.operators import Entry, Operator
from gateway.supervisor.sockets import bind
from gateway.web import server
from gateway.web.app import create_app
from storage.web_sessions import Tries
from tests.console.site import ADMIN, AGENT, VIEWER, Answer, Sessions
from tests.desk.values import ORGANISATION

PASSWORD = "correct horse battery staple"


@cache
def cheap_hash(password: str = PASSWORD) -> str:
    """Of the least cost that there is."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def with_password(operator: Operator, password: str = PASSWORD) -> Operator:
    return replace(operator, password=cheap_hash(password))


def entry(**changes: Any) -> Entry:
    return replace(Entry(tuple(with_password(each) for each in (ADMIN, AGENT, VIEWER))), **changes)


class Browser:
    """Somebody's, with cookies of its own. From a network of their own where a proxy in front says so."""

    def __init__(self, url: str, network: str | None = None) -> None:
        headers = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
        if network is not None:
            headers["X-Forwarded-For"] = network
        self.client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, verify=False, headers=headers)

    async def get(self, path: str, *, follow: bool = False, **headers: str) -> Answer:
        return await self.ask("GET", path, follow=follow, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def ask(self, method: str, path: str, *, follow: bool = False, **more: Any) -> Answer:
        answer = await self.client.request(method, path, follow_redirects=follow, **more)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    async def post(self, path: str, *, follow: bool = False, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """With the proof of the page that is shown at `/me`."""
        proof = (await self.get("/me")).hidden("csrf")
        return await self.ask("POST", path, follow=follow, data={"csrf": proof} | fields, headers=headers)

    async def log_in(
        self, name: str, password: str = PASSWORD, *, next: str = "", follow: bool = False, headers: dict[str, str] | None = None
    ) -> Answer:
        page = await self.get("/login")
        fields = {"csrf": page.hidden("csrf"), "name": name, "password": password, "next": next}
        return await self.ask("POST", "/login", follow=follow, data=fields, headers=headers)

    async def log_in_again(self, name: str) -> Answer:
        """While somebody is in, and the entrance leads past itself: by a form from before."""
        entrance = await Browser(str(self.client.base_url)).get("/login")
        proof = entrance.hidden("csrf")
        self.client.cookies.set("deskgate_entry", proof, domain="127.0.0.1")
        return await self.ask("POST", "/login", data={"csrf": proof, "name": name, "password": PASSWORD})

    async def is_in(self) -> bool:
        answer = await self.get("/me")
        assert answer.status in (200, 303), answer.said
        return answer.status == 200


class DoorSite:
    """`later` is how far the console's clock is ahead; `entry` may be replaced while it serves."""

    def __init__(self, sessions: Sessions, at: tuple[str, int], first: Entry, tries: Tries | None, passwords: Passwords | None) -> None:
        self.sessions = sessions
        self.entry = first
        self.url = f"http://{at[0]}:{at[1]}"
        self.later = timedelta(0)
        self.organisation = ORGANISATION
        self.ending = asyncio.Event()
        self.door = SessionDoor(sessions, lambda: self.entry, self.now)
        self.console = Console(sessions, lambda: self.organisation, self.door, lambda channel: None, self.now, self.ending)
        self.events = Events(self.console, tick=0.05)
        self._login = LoginPages(self.console, self.door, tries, passwords)
        self._browsers = AsyncExitStack()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def routes(self) -> Sequence[BaseRoute]:
        return [*self._login.routes(), *MePages(self.console, self.door).routes(), *self.events.routes(), *routes(self.console)]

    def browser(self, network: str | None = None) -> Browser:
        made = Browser(self.url, network)
        self._browsers.push_async_callback(made.client.aclose)
        return made

    async def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query), values)).all()]

    async def audited(self) -> list[tuple[object, ...]]:
        """`(action, result, actor, account)`, oldest first."""
        return await self.rows("SELECT action, result, actor, account FROM audit_log ORDER BY id")

    async def aclose(self) -> None:
        await self._browsers.aclose()
        await self.console.reader.aclose()


@asynccontextmanager
async def door_site(
    sessions: Sessions, first: Entry | None = None, tries: Tries | None = None, passwords: Passwords | None = None
) -> AsyncIterator[DoorSite]:
    [listening] = bind("127.0.0.1:0")
    site = DoorSite(sessions, listening.getsockname(), first or entry(), tries, passwords)
    started = asyncio.Event()
    app = create_app(site.routes(), site.console.broken, site.console.absent)
    serving = asyncio.create_task(server.serve(app, [listening], started.set, site.ending))
    await started.wait()
    try:
        yield site
    finally:
        await site.aclose()
        site.ending.set()
        await serving


def cookies_of(answer: Answer) -> list[str]:
    return re.split(r", (?=[A-Za-z_-]+=)", answer.headers.get("set-cookie", ""))
