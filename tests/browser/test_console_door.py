"""Coming in and going out, in a real browser: at a desk and on a telephone, with scripts and without, by the keyboard alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from tests.browser.axe import faults_of, fits, is_accessible
from tests.browser.conftest import Open
from tests.console.entering import PASSWORD, DoorSite, door_site
from tests.console.site import Sessions
from tests.console.test_events import TICKET

Keep = Callable[[Page, str], Awaitable[Path]]


@pytest.fixture
async def site(sessions: Sessions) -> AsyncIterator[DoorSite]:
    async with door_site(sessions) as made:
        yield made


async def log_in(page: Page, site: DoorSite, path: str = "me", name: str = "Root") -> None:
    await page.goto(f"{site.url}/{path}")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"{site.url}/{path}")


@pytest.mark.parametrize(("width", "scripts"), [(320, False), (1280, True)], ids=["phone, scripts off", "desktop, scripts on"])
async def test_somebody_logs_in_looks_round_and_logs_out(site: DoorSite, tab: Open, keep: Keep, width: int, scripts: bool) -> None:
    page = await tab(width, java_script_enabled=scripts)
    await page.goto(f"{site.url}/me")
    await fits(page)
    await keep(page, f"console-login-{width}")
    await page.get_by_label("Name").fill("Root")
    await page.get_by_label("Password").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    await expect(page.get_by_label("Name")).to_have_value("Root")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Root")
    for path in ("me", "sessions", "keys", "audit", "no/such/page"):
        await page.goto(f"{site.url}/{path}")
        await fits(page)
        await keep(page, f"console-{path.replace('/', '-')}-{width}")
        if scripts:
            await is_accessible(page)
    await page.goto(f"{site.url}/me")
    await page.get_by_role("button", name="Polski").click()
    await expect(page.get_by_role("button", name="Wyloguj się")).to_be_visible()
    await page.get_by_role("button", name="Wyloguj się").click()
    await expect(page.get_by_role("status")).to_have_text("Wylogowano.")
    if scripts:
        await is_accessible(page)


async def test_what_a_thief_took_is_worth_nothing_after_log_out(site: DoorSite, tab: Open, keep: Keep) -> None:
    page, thief = await tab(), await tab()
    await log_in(page, site)
    await thief.context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    await thief.goto(f"{site.url}/me")
    await expect(thief.get_by_role("heading", level=1)).to_have_text("Root")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("status")).to_have_text("You are logged out.")
    for path in ("me", "audit", "inbound"):
        await thief.goto(f"{site.url}/{path}")
        assert thief.url.startswith(f"{site.url}/login?next=")
    # Nor does the browser show again what was shown.
    await page.go_back()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await keep(page, "console-after-log-out")


async def test_the_keyboard_alone_is_enough_and_its_letters_can_be_turned_off(site: DoorSite, tab: Open, keep: Keep) -> None:
    page = await tab()
    await log_in(page, site, "keys")
    await page.goto(f"{site.url}/keys")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet).to_be_visible()
    await keep(page, "console-help-sheet")
    await is_accessible(page)
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await page.wait_for_url(f"{site.url}/inbound")
    await page.goto(f"{site.url}/audit")
    await page.keyboard.press("/")
    await page.keyboard.type("g i?")
    await expect(page.get_by_label("Who")).to_have_value("g i?")
    await page.goto(f"{site.url}/keys")
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    await page.keyboard.press("?")
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await expect(sheet).to_be_hidden()
    assert page.url == f"{site.url}/keys"


async def test_an_open_page_hears_of_what_is_new_and_nothing_breaks_its_policy(site: DoorSite, tab: Open) -> None:
    page = await tab()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await log_in(page, site, "audit")
    await expect(page.locator("[data-count=tickets]")).to_have_text("")
    async with site.sessions.begin() as session:
        await session.execute(text(TICKET), {"department": "support"})
    await expect(page.locator("[data-count=tickets]")).to_have_text("new: 1")
    assert await page.locator("time").first.get_attribute("title") is not None
    assert said == []
    assert [each for each in asked if not each.startswith((site.url, "data:"))] == []


async def test_faults_are_found_where_there_are_any(site: DoorSite, tab: Open) -> None:
    page = await tab()
    await page.goto(f"{site.url}/login")
    assert await faults_of(page) == []
    await page.evaluate("document.querySelector('label').remove(); document.documentElement.removeAttribute('lang')")
    assert {each.partition(" ")[0] for each in await faults_of(page)} == {"label", "html-has-lang"}
