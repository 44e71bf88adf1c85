"""Two things that operators come for, in a real browser through a whole gateway, at a telephone's and a desk's width, with scripts and
without: a stranger's mail is sorted, and a message that somebody misses is found."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Route

from tests.browser.axe import fits, is_accessible
from tests.browser.conftest import Open
from tests.journeys.lending import Lender
from tests.journeys.running import letter
from tests.peers.smtp_peer import reply

Keep = Callable[[Page, str], Awaitable[Path]]

WEB = """
[[web.operator]]
name = "Root"
role = "admin"
[web.proxy]
networks = ["127.0.0.0/8"]
"""
ROOT = {"Remote-User": "Root"}
KINDS = [(320, True), (1280, True), (320, False)]
NAMES = ["phone", "desktop", "phone without scripts"]


async def sound(page: Page, keep: Keep, name: str, width: int, *, scripts: bool) -> None:
    """The picture is kept; where scripts run, nothing is amiss and nothing hangs over."""
    await keep(page, f"{name}-{width}{'' if scripts else '-no-scripts'}")
    if scripts:
        await is_accessible(page)
        await fits(page)


@pytest.mark.parametrize(("width", "scripts"), KINDS, ids=NAMES)
async def test_a_strangers_mail_is_sorted(lend: Lender, tab: Open, keep: Keep, width: int, scripts: bool) -> None:
    async with lend(web=WEB, desk='unknown_clients = "hold"') as gateway:
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", "Printer on fire", "It burns on the third floor."))
        await gateway.take(letter("Anna <anna@client.test>", "support@desk.test", "Still burning", "Do come."))
        await gateway.take(letter("Bulk <win@bulk.test>", "support@desk.test", "You have won", "Click here."))
        page = await tab(width, 900, java_script_enabled=scripts, extra_http_headers=ROOT)
        await page.goto(f"http://{gateway.web}/")
        await page.get_by_role("heading", name="Inbound", exact=True).wait_for()
        await sound(page, keep, "inbound", width, scripts=scripts)
        await page.get_by_label("Choose “You have won”").check()
        await page.get_by_role("button", name="Discard").click()
        await page.get_by_role("status").get_by_text("1 message was discarded.").wait_for()
        await page.get_by_role("link", name="Printer on fire").click()
        await page.get_by_text("It burns on the third floor.").wait_for()
        await page.get_by_text("would become a client").wait_for()
        await page.get_by_text("sends the letter 'registered'").wait_for()
        await sound(page, keep, "sorting", width, scripts=scripts)
        await page.get_by_label("also 1 more held message").first.check()
        await page.get_by_role("button", name="Assign", exact=True).click()
        await page.get_by_role("status").get_by_text("2 messages were assigned").wait_for()
        first, second = await gateway.letters_to("anna@client.test", 2)
        assert {"[#1]" in each.subject for each in (first, second)} == {True, False}
        await gateway.quiet()
        await page.reload()
        await page.get_by_role("link", name="Ticket #").click()
        await page.get_by_text("It burns on the third floor.").first.wait_for()
        assert [row["state"] for row in await gateway.settled(3)] == ["done", "done", "ignored"]


@pytest.mark.parametrize(("width", "scripts"), [(320, True), (1280, False)], ids=["phone", "desktop without scripts"])
async def test_a_lost_message_is_found_and_why_is_learned(lend: Lender, tab: Open, keep: Keep, width: int, scripts: bool) -> None:
    mail = letter("Anna <anna@client.test>", "support@desk.test", "Where is my answer?", "You never wrote back.")
    async with lend(web=WEB) as gateway:
        gateway.relay.on("RCPT", reply("550 5.1.1 no such user"), matching=lambda address: "anna@" in address)
        await gateway.take(mail)
        await gateway.quiet()
        page = await tab(width, 900, java_script_enabled=scripts, extra_http_headers=ROOT)
        await page.goto(f"http://{gateway.web}/why")
        await sound(page, keep, "why", width, scripts=scripts)
        await page.get_by_label("Which message?").fill(mail["Message-ID"])
        await page.get_by_role("button", name="Find").click()
        await page.get_by_text("anna@client.test: failed: 550 5.1.1 no such user").wait_for()
        await sound(page, keep, "why-found", width, scripts=scripts)
        await page.get_by_role("listitem").filter(has_text="ticket registered").get_by_role("link").click()
        await page.get_by_text("Why it is not sent:").wait_for()
        await sound(page, keep, "outbox-letter", width, scripts=scripts)
        gateway.relay.heal()
        await page.get_by_role("button", name="Send now").click()
        await page.get_by_role("status").get_by_text("1 letter is due now.").wait_for()
        [arrived] = await gateway.letters_to("anna@client.test")
        assert "[#1]" in arrived.subject


async def test_a_mail_that_is_dropped_in_is_explained_and_its_pictures_are_not_fetched(lend: Lender, tab: Open, keep: Keep) -> None:
    mail = letter("Eve <eve@client.test>", "support@desk.test", "Hello", "Plain words.")
    mail.add_alternative('<p>Laid out words.</p><img src="http://track.test/pixel.gif">', subtype="html")
    asked: list[str] = []

    async def note(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    async with lend(web=WEB) as gateway:
        page = await tab(1280, 900, extra_http_headers=ROOT)
        await page.route(lambda url: gateway.web not in url, note)
        await page.goto(f"http://{gateway.web}/why")
        file = {"name": "lost.eml", "mimeType": "message/rfc822", "buffer": mail.as_bytes()}
        await page.get_by_label("Mail", exact=True).set_input_files(file)  # type: ignore[arg-type]
        await page.get_by_role("button", name="Explain").click()
        await page.get_by_text("opens a ticket in the department 'support'").wait_for()
        await page.get_by_text("With what the database knows").wait_for()
        await sound(page, keep, "explained", 1280, scripts=True)
        assert await gateway.rows("SELECT id FROM inbound_messages") == []
        assert asked == []
