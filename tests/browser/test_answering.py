"""Answering a ticket with an attachment as an operator does: in a real browser at a telephone's and a desk's width, with scripts and
without, through a whole gateway, until the letter is at an SMTP peer."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.axe import fits, is_accessible
from tests.browser.conftest import Open
from tests.journeys.lending import Lender
from tests.journeys.running import letter

Keep = Callable[[Page, str], Awaitable[Path]]

WEB = """
[[web.operator]]
name = "Dana"
role = "agent"
agent = "dana@staff.test"
[web.proxy]
networks = ["127.0.0.0/8"]
"""
CANNED = """
[[canned_reply]]
name = "Water"
text = "Use water."
everyone = true
"""
DANA = {"Remote-User": "Dana"}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [320, 1280], ids=["phone", "desktop"])
async def test_an_answer_with_a_file_arrives(lend: Lender, tab: Open, keep: Keep, tmp_path: Path, width: int, scripts: bool) -> None:
    plan = tmp_path / "план.pdf"
    plan.write_bytes(b"%PDF-1.7 a plan")
    async with lend(web=WEB, tables=CANNED) as gateway:
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", words="It burns.\n\n> What is it?"))
        page = await tab(width, 900, java_script_enabled=scripts, extra_http_headers=DANA)
        await page.goto(f"http://{gateway.web}/tickets/1")
        await page.get_by_text("It burns.", exact=True).wait_for()
        await page.get_by_label("Canned reply").select_option("Water")
        await page.get_by_role("button", name="Insert").click()
        await page.get_by_label("Text", exact=True).and_(page.locator("textarea")).wait_for()
        assert await page.get_by_label("Text", exact=True).input_value() == "Use water."
        await page.get_by_label("Text", exact=True).fill("Use water.\nSee the plan.")
        await page.get_by_label("Files", exact=True).and_(page.locator("input")).set_input_files(plan)
        await page.get_by_label("Status afterwards").select_option("pending")
        name = f"answering-{width}{'' if scripts else '-no-scripts'}"
        if scripts:
            await is_accessible(page)
            await fits(page)
            await page.emulate_media(color_scheme="light")
        await keep(page, name)
        await page.get_by_role("button", name="Send", exact=True).click()
        await page.get_by_role("status").get_by_text("Your reply is on its way.").wait_for()
        await page.get_by_role("link", name="план.pdf").wait_for()
        *_, received = await gateway.letters_to("anna@client.test", 2)
        assert "Use water.\nSee the plan." in received.text
        [attached] = received.message.iter_attachments()
        assert (attached.get_filename(), attached.get_content()) == ("план.pdf", b"%PDF-1.7 a plan")
        ticket = await gateway.ticket(1)
        assert (ticket["status"], ticket["articles"][-1]["author"]["address"]) == ("pending", "dana@staff.test")
        await keep(page, f"{name}-sent")
