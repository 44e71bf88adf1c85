"""The readable description of the API, in a real browser: narrow and wide, light and dark."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import sessions
from tests.api.site import api_site
from tests.browser.conftest import Open

Keep = Callable[[Page, str], Awaitable[Path]]


@pytest.mark.parametrize(("width", "dark"), [(320, True), (1280, False)])
async def test_the_description_of_the_api_can_be_read_at_any_width(
    engine: AsyncEngine, tab: Open, keep: Keep, width: int, dark: bool
) -> None:
    async with api_site(sessions(engine)) as site:
        page = await tab(width, color_scheme="dark" if dark else "light")
        asked: list[str] = []

        def note(request: Request) -> None:
            asked.append(request.url)

        page.on("request", note)
        await page.goto(f"{site.url}/api/v1/docs")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing is wider than the window"
        found = await Axe().run(page)
        assert not [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")], found.generate_report()
        await keep(page, f"api-{width}")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert page.url.endswith("#operations")
        await page.get_by_role("link", name="Answer", exact=True).click()
        assert page.url.endswith("#reply_to_ticket")
        assert all(each.startswith((site.url, "data:")) for each in asked)
