"""The pictures of docs/console.md: a day at the desk, seen by a real browser. They are taken anew by

    DESKGATE_SCREENSHOTS=docs/images pytest tests/browser/test_pictures.py

and are then made small; without the variable they go where pytest keeps its files, and the journeys are checked all the same.
"""

import os
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize

from tests.browser.conftest import Open
from tests.browser.smaller_png import SIGNATURE, pixels, smaller
from tests.browser.test_answering import CANNED
from tests.browser.test_desk_pages import a_day, a_year_of_ratings, addresses_of_all_kinds
from tests.console.site import Sessions, console_site
from tests.console.test_addresses_page import DESK
from tests.journeys.lending import Lender
from tests.journeys.running import Running, letter
from tests.packaging.tree import ROOT
from tests.peers.smtp_peer import reply

Take = Callable[[Page, str], Awaitable[None]]

WEB = """
[[web.operator]]
name = "Dana"
role = "admin"
[web.proxy]
networks = ["127.0.0.0/8"]
"""
DANA = {"Remote-User": "Dana"}
SIZE: ViewportSize = {"width": 1100, "height": 760}
PHONE: dict[str, Any] = {"width": 360, "height": 760, "color_scheme": "dark"}
MOST_BYTES = 900_000
SHOWN = re.compile(r"!\[([^\]]+)\]\((images/[\w-]+\.png)\)")


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """What the window shows, and no more: a picture between two paragraphs is no page."""
    folder = os.environ.get("DESKGATE_SCREENSHOTS")

    async def taken(page: Page, name: str) -> None:
        path = Path(folder or tmp_path) / f"console-{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shot = await page.screenshot()
        path.write_bytes(smaller(shot) if folder else shot)

    return taken


async def mail_of_a_day(gateway: Running) -> str:
    """The Message-ID of the one whose answer nobody gets."""
    lost = letter("Piotr Lis <piotr@klient.test>", "pomoc@desk.test", "Gdzie jest moja faktura?", "Dzień dobry, nie dostałem faktury.")
    await gateway.take(
        letter("Anna Berg <anna@client.test>", "support@desk.test", "Printer on fire", "It burns on the third floor.\n\n> Is it on?")
    )
    await gateway.take(
        letter("Олег Ким <oleg@klient.test>", "help@desk.test", "Не приходит счёт", "Здравствуйте! Жду счёт с понедельника.")
    )
    await gateway.take(letter("Mia Wong <mia@shop.test>", "sales@desk.test", "Forty licences", "What do forty of them cost?"))
    await gateway.take(letter("Bulk <win@bulk.test>", "support@desk.test", "You have won", "Click here."))
    await gateway.take(lost)
    await gateway.settled(5)
    return str(lost["Message-ID"])


async def press(page: Page, button: str, said: str) -> None:
    await page.get_by_role("button", name=button, exact=True).first.click()
    await page.get_by_role("status").get_by_text(said).wait_for()


async def sorting(page: Page, take: Take) -> None:
    await page.get_by_role("link", name="You have won").wait_for()
    await take(page, "inbound")
    for subject in ("Gdzie jest moja faktura?", "Не приходит счёт", "Forty licences", "Printer on fire"):
        await page.get_by_role("link", name=subject).click()
        await page.get_by_text("would become a client").wait_for()
        if subject == "Printer on fire":
            await take(page, "sorting")
        await press(page, "Assign", "1 message was assigned")
        await page.get_by_role("link", name="← Inbound").click()
        await page.goto(page.url.partition("inbound")[0] + "inbound")


async def answering(page: Page, number: int) -> None:
    text = page.get_by_label("Text", exact=True).and_(page.locator("textarea"))
    for way, words, status, said in (
        ("Note for colleagues", "She called twice. Be nice.", "", "Your note is on the ticket."),
        ("Reply to the client", "Dear Anna,\n\nplease use water. We are on our way.", "pending", "Your reply is on its way."),
        ("Private reply, never to the client", "Could you repair it today?", "", "Your private reply"),
    ):
        await page.get_by_label(way).check()
        await text.fill(words)
        if status:
            await page.get_by_label("Status afterwards").select_option(status)
        await press(page, "Send", said)
    assert page.url.partition("?")[0].endswith(f"tickets/{number}")


async def test_a_day_at_the_desk(lend: Lender, tab: Open, take: Take) -> None:
    async with lend(web=WEB, tables=CANNED, desk='unknown_clients = "hold"') as gateway:
        gateway.relay.on("RCPT", reply("550 5.1.1 no such user"), matching=lambda address: "piotr@" in address)
        lost = await mail_of_a_day(gateway)
        page, phone = await tab(**SIZE, extra_http_headers=DANA), await tab(**PHONE, extra_http_headers=DANA)
        desk = f"http://{gateway.web}/"
        await page.goto(desk)
        await sorting(page, take)
        rows = await gateway.settled(5)
        await gateway.quiet()
        number = next(row["ticket"] for row in rows if row["subject"] == "Printer on fire")
        await page.goto(f"{desk}tickets/{number}")
        await answering(page, number)
        await gateway.quiet()
        await page.goto(f"{desk}tickets/{number}")
        await page.get_by_text("Private reply · not for the client").wait_for()
        await page.set_viewport_size({"width": 1100, "height": 1180})
        await take(page, "ticket")
        await page.set_viewport_size(SIZE)
        await phone.goto(f"{desk}tickets/{number}")
        await phone.get_by_text("It burns on the third floor.").wait_for()
        await take(phone, "ticket-phone")
        await page.goto(f"{desk}tickets?status=all")
        await page.get_by_role("link", name="Printer on fire").wait_for()
        await take(page, "tickets")
        await page.goto(f"{desk}outbox")
        await page.get_by_text("550 5.1.1 no such user").first.wait_for()
        await take(page, "outbox")
        await page.goto(f"{desk}why")
        await page.get_by_label("Which message?").fill(lost)
        await page.get_by_role("button", name="Find").click()
        await page.get_by_text("piotr@klient.test: failed: 550 5.1.1 no such user").wait_for()
        await take(page, "why")


async def test_how_the_desk_fares(sessions: Sessions, tab: Open, take: Take) -> None:
    await a_day(sessions)
    await addresses_of_all_kinds(sessions)
    async with console_site(sessions, organisation=DESK) as site:
        await a_year_of_ratings(site)
        page = await tab(**SIZE)
        for name, heading in (("addresses", "From addresses"), ("ratings", "By month"), ("health", "The last day")):
            await page.goto(f"{site.url}/{name}")
            seen = page.get_by_role("heading", name=heading)
            await seen.wait_for()
            if name == "health":
                await seen.evaluate("each => each.scrollIntoView()")
            await take(page, name)


def test_the_document_shows_pictures_that_exist_are_small_and_are_told_in_words() -> None:
    shown = SHOWN.findall((ROOT / "docs/console.md").read_text("utf-8"))
    kept = {path: path.read_bytes() for path in (ROOT / "docs/images").glob("console-*.png")}
    assert {ROOT / "docs" / path for _, path in shown} == set(kept)
    assert len(shown) == len(kept) >= 9
    assert all(data.startswith(SIGNATURE) for data in kept.values())
    assert sum(map(len, kept.values())) < MOST_BYTES
    assert all(len(words) > 20 for words, _ in shown), "whoever cannot see them reads these"


async def test_a_smaller_picture_is_the_same_picture(tab: Open) -> None:
    page = await tab(40, 30)
    await page.set_content("<body bgcolor='#0a58b8'><p><font color='white'>Ein</font></p>")
    shot = await page.screenshot()
    small = smaller(shot)
    palette = small[small.index(b"PLTE") + 4 : small.index(b"IDAT") - 8]
    _, rows = pixels(shot)
    colours = {colour for row in rows for colour in row}
    assert len(colours) <= 256 and {tuple(palette[at : at + 3]) for at in range(0, len(palette), 3)} == colours
    again = await tab(40, 30)
    await again.goto(f"data:image/png;base64,{b64encode(small).decode()}")
    assert await again.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]") == [40, 30]
