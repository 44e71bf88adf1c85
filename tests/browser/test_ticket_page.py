"""A ticket with everything that one may have, in a real browser: what everybody can read and reach, by keyboard as well."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds import tickets
from gateway.deeds.wishes import Answer, Wished, file_of
from gateway.domain.organisation import CannedReply
from gateway.domain.states import Priority, Status
from gateway.mail.html import sanitise
from tests.browser.axe import fits, is_accessible
from tests.browser.conftest import Open
from tests.console.site import AGENT, ConsoleSite, console_site
from tests.console.test_ticket import oleg, open_one
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
Keep = Callable[[Page, str], Awaitable[Path]]

CANNED = replace(ORGANISATION, canned_replies=(CannedReply("Thanks", "Thank you for waiting.", everyone=True),))
HTML = "<p>It <b>burns</b>.</p><p style='color:#c00'>Really.</p><img src='https://pictures.test/fire.png' alt='a fire'>"
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"


@pytest.fixture
async def site(sessions: Sessions) -> AsyncIterator[ConsoleSite]:
    await open_one(sessions)
    await open_one(sessions, "Another matter.")
    plan = file_of("plan.pdf", "application/pdf", b"%PDF" * 40_000)
    wished = Wished(status=Status.PENDING, priority=Priority.HIGH, add_tags=("vip", "printers"), category="Fire")
    async with sessions.begin() as session:
        await tickets.note(session, oleg("1"), 1, "They called twice.\nBe nice.")
        await tickets.reply(session, oleg("2"), 1, Answer("Use water.", (plan,), cc=("boss@client.test",), wished=wished))
        await tickets.reply(session, oleg("3"), 1, Answer("Can you repair it?", private=True, to=("maker@works.test",)))
    async with console_site(sessions, AGENT, CANNED) as made:
        await made.alter(
            "UPDATE articles SET html = :html, quoted_text = 'On Monday you wrote', signature = 'Anna', verified = false WHERE id = 1",
            html=sanitise(HTML),
        )
        await made.alter("INSERT INTO suppressions (address, cause, why) VALUES ('boss@client.test', 'bounce', '550 5.1.1')")
        yield made


@pytest.mark.parametrize("width", [320, 1280], ids=["phone", "desktop"])
async def test_all_of_it_is_accessible_and_fits(site: ConsoleSite, tab: Open, keep: Keep, width: int) -> None:
    page = await tab(width, 900)
    await page.goto(f"{site.url}/tickets/1")
    await keep(page, f"ticket-{width}")
    await page.evaluate(OPEN_ALL)
    await page.frame_locator("iframe").first.get_by_text("burns").wait_for()
    await fits(page)
    await is_accessible(page)
    await keep(page, f"ticket-{width}-open")


async def test_the_keyboard_leads_to_the_answer_and_canned_words_stand_where_the_caret_is(site: ConsoleSite, tab: Open) -> None:
    page = await tab()
    await page.goto(f"{site.url}/tickets/1")
    await page.keyboard.press("r")
    words = page.get_by_label("Text", exact=True)
    await expect(words).to_be_focused()
    await page.keyboard.type("Hello. Bye.")
    for _ in "Bye.":
        await page.keyboard.press("ArrowLeft")
    await page.get_by_label("Canned reply").select_option("Thanks")
    await page.get_by_role("button", name="Insert").click()
    await expect(words).to_have_value("Hello. Thank you for waiting.Bye.")
    await expect(words).to_be_focused()
    await page.get_by_role("radio", name="Note for colleagues").check()
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("status").get_by_text("Your note is on the ticket.").wait_for()


async def test_who_is_overtaken_reads_what_is_new_and_sends_then(site: ConsoleSite, tab: Open, keep: Keep) -> None:
    page = await tab()
    await page.goto(f"{site.url}/tickets/1")
    await page.get_by_label("Text", exact=True).fill("Use sand.")
    async with site.sessions.begin() as session:
        await tickets.reply(session, oleg("4"), 1, Answer("I have sent somebody."))
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("alert").get_by_text("Somebody wrote on this ticket while you were writing.").wait_for()
    await expect(page.locator(".fresh")).to_contain_text("I have sent somebody.")
    await expect(page.get_by_label("Text", exact=True)).to_have_value("Use sand.")
    await is_accessible(page)
    await keep(page, "ticket-overtaken")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("status").get_by_text("Your reply is on its way").wait_for()
