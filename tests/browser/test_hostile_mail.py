"""Hostile mail on its ticket's page, in a real browser: nothing in it runs, and nothing is loaded from elsewhere until somebody asks.

Each vector is shown twice: as it is kept, which is after `gateway.mail.html`, and raw, as if that had overlooked it; the frame alone has to
hold then. And all are tried where nothing protects the reader, to show that they work.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Frame, Page
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.mail.html import sanitise
from tests.browser.conftest import Open
from tests.browser.hostile_html import LINKS, LOADS, SCRIPTS, written
from tests.console.site import ConsoleSite, console_site
from tests.console.test_ticket import open_one
from tests.waiting import PATIENCE, POLL, until

Keep = Callable[[Page, str], Awaitable[Path]]
Sessions = async_sessionmaker[AsyncSession]

WORKING_SCRIPTS, WORKING_LOADS = 30, 20
"""At least so many of each kind work in this browser where nothing is in their way."""
OPEN_ALL = (
    "for (const each of document.querySelectorAll('details.as-html')) { each.open = true; each.querySelector('iframe').loading = 'eager' }"
)
ADD = text(
    """
    INSERT INTO articles (ticket, kind, author_role, author_name, author_address, text, html)
    SELECT 1, 'client_message', 'client', 'Eve', 'eve@client.test', row.text, row.html
    FROM unnest(CAST(:texts AS text[]), CAST(:htmls AS text[])) WITH ORDINALITY AS row (text, html, n) ORDER BY n
    """
)


class Spy:
    """An HTTP server that remembers what it was asked for; under /plain/N it serves what `plain` has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.plain: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError:
            # A browser connects ahead of what it may ask for.
            writer.close()
            return
        path = lines[0].split(" ")[1]
        body = self._body(path)
        if not body:
            self.asked.append((path, dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    def _body(self, path: str) -> bytes:
        if path == "/all":
            return "".join(f'<iframe src="/plain/{index}"></iframe>' for index in range(len(self.plain))).encode()
        if path.startswith("/plain/"):
            return b"<!doctype html><p>plain</p>" + self.plain[int(path.rpartition("/")[2])].encode()
        return b""


@asynccontextmanager
async def spying() -> AsyncIterator[Spy]:
    server = await asyncio.start_server(lambda r, w: spy.answer(r, w), "127.0.0.1", 0)
    spy = Spy(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        yield spy


async def show(sessions: Sessions, vectors: Mapping[str, str]) -> None:
    async with sessions.begin() as session:
        await session.execute(ADD, {"texts": list(vectors), "htmls": list(vectors.values())})


async def opened(page: Page, site: ConsoleSite) -> list[Frame]:
    """The ticket with all its mails shown as they were designed."""
    await page.goto(f"{site.url}/tickets/1")
    await page.evaluate(OPEN_ALL)
    wanted = await page.locator("details.as-html iframe").count()
    await until(lambda: len(frames_of(page)) == wanted)
    for frame in frames_of(page):
        await frame.wait_for_load_state()
    return frames_of(page)


def frames_of(page: Page) -> list[Frame]:
    """Those of mails, once they show one."""
    return [each for each in page.frames if re.fullmatch(r"mail\d+", each.name) and "/articles/" in each.url]


async def ran(frame: Frame) -> bool:
    return bool(await frame.evaluate("document.documentElement.hasAttribute('ran')"))


async def click_all(frame: Frame) -> None:
    for each in await frame.locator("a, button, text").all():
        await each.dispatch_event("click")


async def all_tried(page: Page, vectors: Mapping[str, str]) -> tuple[int, int]:
    """How many run and load where nothing protects anybody, once there were as many as there must be; whatever else was opened before this
    in the same browser has had the time to do the same."""
    async with spying() as spy:
        spy.plain = [written(each, spy.url) for each in vectors.values()]
        await page.goto(f"{spy.url}/all")
        frames = page.main_frame.child_frames
        async with asyncio.timeout(PATIENCE):
            while (scripts := sum([await ran(each) for each in frames])) < WORKING_SCRIPTS:
                await asyncio.sleep(POLL)
        await until(lambda: len({path for path, _ in spy.asked}) >= WORKING_LOADS)
        return scripts, len({path for path, _ in spy.asked})


async def test_nothing_runs_and_nothing_is_loaded(sessions: Sessions, tab: Open) -> None:
    vectors = SCRIPTS | {f"link: {name}": each for name, each in LINKS.items()} | {f"load: {name}": each for name, each in LOADS.items()}
    await open_one(sessions)
    async with spying() as spy, console_site(sessions) as site:
        raw = {f"raw: {name}": written(each, spy.url) for name, each in vectors.items()}
        # What is clean is whole, so that one mail may hold all of it.
        await show(sessions, raw | {"kept": "".join(sanitise(each) for each in raw.values())})
        page, control = await tab(), await tab()
        dialogs: list[str] = []
        page.context.on("dialog", lambda dialog: dialogs.append(dialog.message))
        frames = await opened(page, site)
        assert len(frames) == len(raw) + 1
        for frame in frames:
            await click_all(frame)
        await all_tried(control, vectors)
        assert [each.name for each in frames if await ran(each)] == []
        assert [each.url for each in page.context.pages if await ran(each.main_frame)] == []
        assert all(each.url.startswith(f"{site.url}/tickets/1/articles/") for each in frames), "nobody was led elsewhere"
        assert page.url == f"{site.url}/tickets/1"
        assert (dialogs, spy.asked) == ([], [])


async def test_remote_pictures_are_loaded_by_the_browser_when_somebody_asks_and_tell_nothing_of_us(
    sessions: Sessions, tab: Open, keep: Keep
) -> None:
    await open_one(sessions)
    async with spying() as spy, console_site(sessions) as site:
        await show(sessions, {"picture": sanitise(f"<p>Look</p><img src='{spy.url}/p.png?who=anna' alt='a picture'>")})
        page = await tab()
        await page.context.add_cookies([{"name": "session", "value": "secret", "url": site.url}])
        [frame] = await opened(page, site)
        await frame.get_by_text("Look").wait_for()
        await keep(page, "remote-pictures")
        await page.get_by_role("link", name="Show them").click()
        await until(lambda: spy.asked)
        [(path, headers)] = spy.asked
        assert path == "/p.png?who=anna"
        assert "referer" not in headers
        assert "cookie" not in headers
        assert "mozilla" in headers["user-agent"]
