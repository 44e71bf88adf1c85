"""The pages of the web child over real HTTP, on a real database, with a ticket to rate."""

import asyncio
import http.client
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.organisation import Organisation
from gateway.domain.satisfaction import Satisfaction
from gateway.letters.operators import NONE
from gateway.supervisor.sockets import bind
from gateway.tokens.rating import rate_token
from gateway.web import files, picture, server
from gateway.web.app import create_app
from gateway.web.preview import PreviewPages
from gateway.web.rating import Limits, RatingPages, limits
from gateway.web.throttle import Throttle
from tests.desk.values import KEYRING, ORGANISATION

Sessions = async_sessionmaker[AsyncSession]

DANA = "dana@staff.test"
ANNA = "anna@client.test"
CLIENT = """
    WITH client AS (
        INSERT INTO clients (name) SELECT 'Anna' WHERE NOT EXISTS (SELECT FROM clients) RETURNING id
    )
    INSERT INTO client_addresses (key, address, client_id) SELECT 'anna@client.test', 'anna@client.test', id FROM client
"""
TICKET = text(
    """
    INSERT INTO tickets (subject, status, department, gateway, language, client_id, assignee)
    SELECT :subject, 'resolved', 'support', 'support@desk.test', :language, id, CAST(:agent AS text) FROM clients RETURNING number
    """
)
REQUESTER = """
    INSERT INTO ticket_participants (ticket, key, address, part) VALUES (:number, 'anna@client.test', 'anna@client.test', 'requester')
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


class Site:
    """`later` is how far the pages' clock is ahead; `woken` how often senders were told of letters; `templates` the operator's."""

    def __init__(self, sessions: Sessions, organisation: Organisation, at: tuple[str, int]) -> None:
        self.sessions = sessions
        self.organisation = organisation
        self.at = at
        self.later = timedelta(0)
        self.woken = 0
        self.templates = NONE
        self.expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)

    @property
    def url(self) -> str:
        return f"http://{self.at[0]}:{self.at[1]}"

    def link(self, score: int = 4, ticket: int = 1, letter: timedelta = timedelta(0)) -> str:
        """As a letter carries it; one that was written `letter` later carries others."""
        return f"/rate/{rate_token(KEYRING, ticket, score, self.expires_at + letter)}"

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """`headers` with `_` for `-`."""

        def converse() -> Answer:
            connection = http.client.HTTPConnection(*self.at, timeout=60)
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            told = Answer(
                answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode("utf-8", "replace")
            )
            connection.close()
            return told

        return await asyncio.to_thread(converse)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, None, **headers)

    async def post(self, path: str, **fields: str) -> Answer:
        return await self.ask("POST", path, urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")

    async def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query), values)).all()]

    async def alter(self, statement: str, **values: object) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement), values)

    async def open(self, subject: str = "Printer on fire", language: str = "en", assignee: str | None = DANA) -> int:
        """A resolved ticket of Anna's, in support."""
        values = {"subject": subject, "language": language, "agent": assignee}
        await self.alter(CLIENT)
        async with self.sessions.begin() as session:
            number: int = (await session.execute(TICKET, values)).scalar_one()
        await self.alter(REQUESTER, number=number)
        return number

    async def ticket(self, number: int = 1) -> tuple[object, ...]:
        """Its status and the rating that stands on it."""
        [row] = await self.rows("SELECT status, rating_score, rating_level, rating_comment FROM tickets WHERE number = :n", n=number)
        return row

    async def ratings(self) -> list[tuple[object, ...]]:
        return await self.rows("SELECT ticket, score, comment, replaced_at IS NOT NULL FROM ratings ORDER BY id")

    async def letters(self) -> list[tuple[object, ...]]:
        return await self.rows(
            "SELECT kind, r.address FROM outbox_messages o JOIN outbox_recipients r ON outbox_id = o.id ORDER BY o.id, r.id"
        )

    async def events(self, number: int = 1) -> list[tuple[object, ...]]:
        return await self.rows("SELECT kind, actor_role, actor, data FROM ticket_events WHERE ticket = :n ORDER BY id", n=number)


@asynccontextmanager
async def site(
    sessions: Sessions, satisfaction: Satisfaction | None = None, bounds: Limits | None = None, downloads: files.Limits | None = None
) -> AsyncIterator[Site]:
    [listening] = bind("127.0.0.1:0")
    pages = Site(sessions, replace(ORGANISATION, satisfaction=satisfaction or Satisfaction()), listening.getsockname())

    def wake() -> None:
        pages.woken += 1

    pictures = picture.Pictures(lambda: pages.organisation)
    ratings = RatingPages(sessions, lambda: pages.organisation, pictures, wake, bounds or limits(), lambda: datetime.now(UTC) + pages.later)
    started, ending = asyncio.Event(), asyncio.Event()
    previews = PreviewPages(sessions, lambda: pages.organisation, lambda _organisation: pages.templates, Throttle(1000, 1))
    linked = files.FilePages(
        sessions, lambda: pages.organisation, pictures, downloads or files.limits(), lambda: datetime.now(UTC) + pages.later
    )
    app = create_app([*picture.routes(pictures), *ratings.routes(), *previews.routes(), *linked.routes()], ratings.failed)
    serving = asyncio.create_task(server.serve(app, [listening], started.set, ending))
    await started.wait()
    try:
        yield pages
    finally:
        ending.set()
        await serving


def scores(page: str) -> list[str]:
    return re.findall(r'type="radio" name="score" value="(-?\d+)"', page)


def chosen(page: str) -> list[str]:
    return re.findall(r'name="score" value="(-?\d+)" required checked', page)


def comment_of(page: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return unescape(found[1])
