"""Hostile mail where it waits for a person, and a letter of the outbox that is hostile itself, in a real browser: nothing runs, and nothing
is loaded."""

from email.message import EmailMessage

from playwright.async_api import Frame, Page
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.browser.conftest import Open
from tests.browser.hostile_html import LINKS, LOADS, SCRIPTS, written
from tests.browser.test_hostile_mail import all_tried, ran, spying
from tests.console.site import ConsoleSite, console_site
from tests.console.test_inbound_pages import HOLDING
from tests.desk.office import Office
from tests.desk.office import written as mail_of
from tests.waiting import until

Sessions = async_sessionmaker[AsyncSession]
VECTORS = SCRIPTS | LINKS | LOADS
OPEN_ALL = "for (const each of document.querySelectorAll('details')) { each.open = true }"
CLICK_ALL = (
    "for (const each of document.querySelectorAll('a, button, text')) { each.dispatchEvent(new MouseEvent('click', {bubbles: true})) }"
)
EAGER = "document.querySelector('iframe.mail').loading = 'eager'"
MARKED = """<img src=x onerror="document.documentElement.setAttribute('ran', 1)">"""


def hostile(spy: str) -> EmailMessage:
    """Every vector in its HTML, and one in each thing that the page shows beside."""
    mail = EmailMessage()
    mail["From"] = '"<script>document.documentElement.setAttribute(1)</script>" <eve@client.test>'
    mail["To"], mail["Subject"], mail["X-Header"] = "support@desk.test", f"Hello {MARKED}", MARKED
    mail.set_content(f"{MARKED}\n<script>document.documentElement.setAttribute('ran', 1)</script>")
    mail.add_alternative("\n".join(f"<div>{written(each, spy)}</div>" for each in VECTORS.values()), subtype="html")
    mail.add_attachment(b"x", maintype="text", subtype="html", filename='"><svg onload=alert(1)>.html')
    return mail


async def framed(page: Page, site: ConsoleSite, path: str) -> Frame:
    """The page with all of it unfolded, and the frame of its letter."""
    await page.goto(f"{site.url}/{path}")
    await page.evaluate(OPEN_ALL)
    await page.evaluate(EAGER)
    await until(lambda: any(each.url == f"{site.url}/{path}/html" for each in page.frames))
    [frame] = [each for each in page.frames if each.url == f"{site.url}/{path}/html"]
    await frame.wait_for_load_state()
    return frame


async def test_nothing_of_it_runs_or_loads_while_it_waits(sessions: Sessions, tab: Open) -> None:
    async with spying() as spy, console_site(sessions, organisation=HOLDING) as site:
        number = await Office(sessions, HOLDING).take(hostile(spy.url), "eve@client.test")
        await Office(sessions).take(mail_of("Bob <bob@client.test>"), "bob@client.test")
        [(letter,)] = await site.rows("SELECT id FROM outbox_messages WHERE kind = 'registered'")
        raw = "\n".join(f"<div>{written(each, spy.url)}</div>" for each in VECTORS.values())
        await site.alter("UPDATE outbox_messages SET html = :html, subject = :subject WHERE id = :id", html=raw, subject=MARKED, id=letter)
        page, control = await tab(), await tab()
        dialogs: list[str] = []
        page.context.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for path in (f"inbound/{number}", f"outbox/{letter}"):
            frame = await framed(page, site, path)
            await frame.evaluate(CLICK_ALL)
            assert not await ran(frame)
            assert not await ran(page.main_frame)
            assert page.url == f"{site.url}/{path}"
        for path in ("inbound?state=all", "outbox?state=all", f"why?id=inbound:{number}"):
            await page.goto(f"{site.url}/{path}")
            assert not await ran(page.main_frame)
        await all_tried(control, VECTORS)
        assert not await ran(page.main_frame)
        assert (dialogs, spy.asked) == ([], [])
