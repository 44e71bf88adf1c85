"""*Addresses*, *Ratings* and *Health* as they look, and as somebody who cannot see them finds them: axe-core at a telephone's
width by night and at a desk's by day."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sin
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page
from sqlalchemy import text

from gateway.dnscheck.findings import Finding, Publish
from gateway.domain.health import RoleAtWork, Seen
from storage import health, outbox
from tests.browser.conftest import Open
from tests.console.site import ConsoleSite, Sessions, console_site
from tests.console.test_addresses_page import ARRIVED, DESK, SUPPORT, begun, came_back, dns_said, reported
from tests.console.test_ratings_page import rate, ticket
from tests.health.kept import letter, mail

Keep = Callable[[Page, str], Awaitable[Path]]

SAMPLE = text("""
    INSERT INTO health_samples (at, arrived, sent, failed, buried, inbound_waiting, outbox_waiting, held, inbound_seconds, outbox_seconds,
        inbound_id, outbox_id)
    VALUES (:at, :arrived, :sent, :failed, :buried, 1, 1, 1, :mail, :letters, 1, 1)
""")


async def a_day(sessions: Sessions) -> None:
    """With an hour in which nobody served, and a relay that was down for a while."""
    now = datetime.now(UTC)
    async with sessions.begin() as session:
        for minute in range(0, 24 * 60, 5):
            if 300 < minute < 360:
                continue
            busy = 20 + 15 * sin(minute / 200)
            down = 900 < minute < 960
            values = {"arrived": round(busy), "sent": 0 if down else round(busy * 1.4), "failed": 3 if minute == 1000 else 0}
            values |= {"buried": 1 if minute == 700 else 0, "mail": 4, "letters": (minute - 900) * 60 if down else 2}
            await session.execute(SAMPLE, values | {"at": now - timedelta(minutes=24 * 60 - minute)})
        await health.hear_of_node(
            session, "mx1.desk.test", "1.0", [RoleAtWork("listener", 2, 2, 0), RoleAtWork("intake", 2, 1, 4)], stopping=False
        )
        await outbox.note_down(session, "relay", "451 4.3.0 try again later")
    await mail(sessions, 3 * 3600, "held")
    await letter(sessions, written=300, state="queued")


async def addresses_of_all_kinds(sessions: Sessions) -> None:
    await came_back(sessions, await begun(sessions), replace(ARRIVED, aligned=False, author_survived=False, author="info@company.test"))
    await begun(sessions, "sales@desk.test")
    key = Publish("s1._domainkey.desk.test", "TXT", "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 9)
    await dns_said(
        sessions,
        reported(SUPPORT, Finding("mx", "good", "mail comes here"), Finding("dkim", "fault", "no key record", "publish this record", key)),
        reported("sales@desk.test", Finding("mx", "unknown", "could not be looked up", "try again later")),
    )
    async with sessions.begin() as session:
        await health.remember_seen(session, {SUPPORT: Seen(datetime.now(UTC), datetime.now(UTC))})


async def a_year_of_ratings(site: ConsoleSite) -> None:
    one, two = await ticket(site), await ticket(site, "sales")
    for month in range(12):
        for score in (1, 3, 4, 5, 5)[month % 3 :]:
            await rate(site, one, score, "Quick and kind." if month == 0 and score == 4 else "", days=30 * month + 1)
        await rate(site, two, 2 + month % 4, department="sales", agent=None, days=30 * month + 2)


async def amiss(page: Page) -> str:
    """What axe-core finds, in its words."""
    found = await Axe().run(page)
    return found.generate_report() if found.violations_count else ""


PAGES = {
    "addresses": "/addresses",
    "address": f"/addresses/show?address={SUPPORT}",
    "sender": "/addresses/show?address=boss@company.test",
    "probe": "/addresses/probe/2",
    "ratings": "/ratings",
    "health": "/health",
}


@pytest.mark.parametrize(("width", "colours"), [(320, "dark"), (1280, "light")])
async def test_everybody_can_use_the_pages(
    sessions: Sessions, tab: Open, keep: Keep, width: int, colours: Literal["light", "dark"]
) -> None:
    await a_day(sessions)
    await addresses_of_all_kinds(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        await a_year_of_ratings(site)
        page = await tab(width, 900, color_scheme=colours, locale={"light": "en", "dark": "ru"}[colours])
        for name, path in PAGES.items():
            await page.goto(f"{site.url}{path}")
            await keep(page, f"{name}-{width}-{colours}")
            assert await amiss(page) == "", name
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, name


async def test_the_pages_look_whole_without_scripts(sessions: Sessions, tab: Open, keep: Keep) -> None:
    await a_day(sessions)
    await addresses_of_all_kinds(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        await a_year_of_ratings(site)
        page = await tab(1280, 900, java_script_enabled=False, locale="pl")
        for name, path in PAGES.items():
            answer = await page.goto(f"{site.url}{path}")
            assert answer is not None and answer.ok
            await keep(page, f"{name}-no-scripts")
        await page.goto(f"{site.url}/health")
        await page.locator("summary").click()
        assert await page.locator("caption", has_text="Ostatnia doba według godzin").is_visible()


async def test_what_is_looked_at_again_leaves_somebody_who_reads_a_table_in_peace(sessions: Sessions, tab: Open) -> None:
    number = await begun(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        page = await tab(1280, 900)
        await page.goto(f"{site.url}/addresses/probe/{number}")
        again = page.get_by_role("link", name="Look again", exact=True)
        await again.focus()
        await page.evaluate(
            "document.querySelector('#probe').dataset.mark = 'kept'; document.querySelector('#probe ol').dataset.mark = 'kept'"
        )
        await came_back(sessions, number)
        # Not while the focus is in it, and soon after it is not.
        await again.evaluate("link => link.blur()")
        await page.locator("#probe ol:not([data-mark])").wait_for()
        assert await page.locator("#probe").get_attribute("data-mark") == "kept", "the region itself stays, which is what is read out"
        assert "It came back." in await page.locator("#probe").inner_text()
