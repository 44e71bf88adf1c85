"""Counts that open pages hear of as they change."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from gateway.console.counts import FRESH_SECONDS
from gateway.console.events import MOST_OF_ONE
from tests.console.entering import Browser, DoorSite, door_site
from tests.console.site import Sessions
from tests.waiting import PATIENCE

TICKET = """
    WITH client AS (INSERT INTO clients (name) VALUES ('Anna') RETURNING id)
    INSERT INTO tickets (subject, status, department, gateway, language, client_id)
    SELECT 'a', 'new', CAST(:department AS text), 'support@desk.test', 'en', id FROM client
"""


class Hearing:
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def until(self, event: str, **wanted: int) -> dict[str, Any]:
        """The first of these events that says at least this."""
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line == f"event: {event}":
                    told: dict[str, Any] = json.loads((await anext(self._lines)).removeprefix("data: "))
                    if wanted.items() <= told.items():
                        return told
        raise AssertionError(f"it ended without {event}")

    async def end(self) -> None:
        async with asyncio.timeout(PATIENCE):
            async for _ in self._lines:
                pass


@asynccontextmanager
async def hearing(browser: Browser) -> AsyncIterator[Hearing]:
    async with browser.client.stream("GET", "/events") as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield Hearing(answer)


async def opened(site: DoorSite, department: str) -> None:
    async with site.sessions.begin() as session:
        await session.execute(text(TICKET), {"department": department})


async def test_a_page_hears_what_is_new_in_its_departments_alone(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        dana, root = site.browser(), site.browser()
        await dana.log_in("Dana")
        await root.log_in("Root")
        async with hearing(dana) as hers, hearing(root) as his:
            assert await hers.until("counts") == {"inbound": 0, "tickets": 0, "outbox": 0}
            await opened(site, "sales")
            await opened(site, "support")
            assert (await his.until("counts", tickets=2))["tickets"] == 2
            assert (await hers.until("counts", tickets=1))["tickets"] == 1


async def test_a_stream_ends_with_its_session(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        async with hearing(browser) as heard:
            await heard.until("counts")
            await browser.post("/logout")
            await heard.until("over")
            await heard.end()


async def test_listening_alone_keeps_nobody_in(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        site.later = timedelta(hours=3)
        async with hearing(browser) as heard:
            await heard.until("counts")
        site.later = timedelta(hours=5)
        assert not await browser.is_in()


async def test_streams_end_with_the_service(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        async with hearing(browser) as heard:
            await heard.until("counts")
            site.ending.set()
            await heard.end()


async def test_streams_of_one_session_are_bounded_and_those_that_end_make_room(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        browser = site.browser()
        await browser.log_in("Dana")
        async with AsyncExitStack() as stack:
            heard = [await stack.enter_async_context(hearing(browser)) for _ in range(MOST_OF_ONE)]
            for each in heard:
                await each.until("counts")
            assert (await browser.get("/events")).status == 503
        async with asyncio.timeout(PATIENCE):
            while site.events._open.total():
                await asyncio.sleep(0.01)
        async with hearing(browser) as again:
            await again.until("counts")


async def test_many_who_see_the_same_cost_one_question(sessions: Sessions) -> None:
    async with door_site(sessions) as site:
        times = iter([0.0, 0.0] + [FRESH_SECONDS - 0.1] * 20 + [FRESH_SECONDS + 0.1] * 20)
        site.console.counts._clock = lambda: next(times)
        root = next(each for each in site.entry.operators if each.name == "Root")
        assert (await site.console.counts.of(root))["tickets"] == 0
        await opened(site, "support")
        assert [(await site.console.counts.of(root))["tickets"] for _ in range(20)] == [0] * 20
        assert (await site.console.counts.of(root))["tickets"] == 1
