"""The preview of a letter as an operator opens it: the letter in a frame of its own, at a telephone's and a desk's width."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.letters.operators import Templates
from gateway.tokens.preview import preview_token
from gateway.web.preview_words import WORDS
from tests.browser.conftest import Open
from tests.desk.values import KEYRING
from tests.web.site import Site, site

Sessions = async_sessionmaker[AsyncSession]
Keep = Callable[[Page, str], Awaitable[Path]]

OWN = "<style>p.n { color: rgb(200, 0, 0) }</style><script>document.body.innerText = 'ran'</script><p class=n>{{ ticket.subject }}</p>"


@pytest.fixture
async def pages(sessions: Sessions) -> AsyncIterator[Site]:
    async with site(sessions) as made:
        await made.open("<img src=x onerror=alert(1)>", "ru")
        yield made


@pytest.mark.parametrize("width", [320, 1280], ids=["phone", "desktop"])
async def test_a_letter_stands_in_its_frame_with_its_style_and_runs_nothing(pages: Site, tab: Open, keep: Keep, width: int) -> None:
    pages.templates = Templates({"ru/closed.html": OWN})
    page = await tab(width, 900)
    at = f"{pages.url}/preview/{preview_token(KEYRING, 1, datetime.now(UTC) + timedelta(hours=1))}"
    await page.goto(f"{at}/closed")
    own = page.frame_locator("iframe").locator("p.n")
    await own.wait_for()
    assert await own.inner_text() == "<img src=x onerror=alert(1)>"
    assert await own.evaluate("each => getComputedStyle(each).color") == "rgb(200, 0, 0)"
    await page.goto(f"{at}/registered")
    await page.get_by_role("link", name=WORDS["en"].audiences["staff"], exact=True).click()
    await page.frame_locator("iframe").get_by_text("Обращение #1 зарегистрировано.").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await keep(page, f"preview-{width}")
