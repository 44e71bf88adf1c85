"""A real browser: Debian's chromium, driven by Playwright. Screenshots are kept in DESKGATE_SCREENSHOTS, else in pytest's directory.

Without a browser these tests are skipped with the reason; in continuous integration (CI is set) they fail.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

MISSING = "no `chromium` on the PATH: `apt-get install chromium` brings it"
# A container's root has no sandbox to offer, and little shared memory.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")

Open = Callable[..., Awaitable[Page]]


def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    assert found is not None
    return found


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture
async def tab(browser: Browser) -> AsyncIterator[Open]:
    """Opens a page in a context of its own: width, scripts, dark, and so on."""
    async with AsyncExitStack() as stack:

        async def opened(width: int = 1280, height: int = 800, **options: Any) -> Page:
            context = await browser.new_context(viewport={"width": width, "height": height}, **options)
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(60_000)
            return page

        yield opened


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[Page, str], Awaitable[Path]]:
    """Keeps a screenshot of the whole page."""
    folder = Path(os.environ.get("DESKGATE_SCREENSHOTS") or tmp_path)

    async def screenshot(page: Page, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        await page.screenshot(path=path, full_page=True)
        return path

    return screenshot
