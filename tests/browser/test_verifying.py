"""Verifying that an outside mailbox forwards to us, with a result that comes while the operator looks: through a whole gateway, in a real
browser, with scripts and without."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.journeys.lending import Lender
from tests.journeys.running import Running
from tests.waiting import PATIENCE

Keep = Callable[[Page, str], Awaitable[Path]]

WEB = """
[[web.operator]]
name = "Dana"
role = "agent"
agent = "dana@staff.test"
[web.proxy]
networks = ["127.0.0.0/8"]
"""
MAILBOX = "info@company.test"
ZONE = {("company.test", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"], ("desk.test", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"]}


async def redirected(gateway: Running) -> None:
    """As the outside mailbox does it."""
    [probe] = await gateway.letters_to(MAILBOX)
    await gateway.send(probe.content, "support@desk.test", reverse_path=probe.reverse_path)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [320, 1280], ids=["phone", "desktop"])
async def test_the_result_comes_while_the_operator_looks(lend: Lender, tab: Open, keep: Keep, width: int, scripts: bool) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    async with lend(web=WEB, zone=ZONE) as gateway:
        page = await tab(width, 900, java_script_enabled=scripts, extra_http_headers={"Remote-User": "Dana"})
        await page.goto(f"http://{gateway.web}/addresses")
        await page.get_by_label("Outside mailbox that forwards to us").fill(MAILBOX)
        await page.get_by_role("button", name="Verify", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"Verifying {MAILBOX}")
        await expect(page.locator("#probe")).to_contain_text("The letter has not come back yet.")
        name = f"verifying-{width}{'' if scripts else '-no-scripts'}"
        await keep(page, f"{name}-waiting")
        await redirected(gateway)
        # Nobody touches the page.
        await expect(page.locator("#probe")).to_contain_text("It came back.")
        await expect(page.locator("#probe .badge")).to_have_text("works")
        await expect(page.locator("#probe")).to_contain_text("From was kept")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await keep(page, f"{name}-works")
        await page.goto(f"http://{gateway.web}/addresses/show?address=support@desk.test")
        await expect(page.get_by_role("heading", level=3, name=re.compile(re.escape(MAILBOX)))).to_contain_text("works")


async def test_dns_is_asked_while_the_operator_looks_and_says_what_to_publish(lend: Lender, tab: Open, keep: Keep) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    async with lend(web=WEB, zone=ZONE) as gateway:
        page = await tab(1280, 900, extra_http_headers={"Remote-User": "Dana"})
        await page.goto(f"http://{gateway.web}/addresses/show?address=support@desk.test")
        await expect(page.locator("#shown")).to_contain_text("Asked")
        await page.get_by_role("button", name="Ask DNS now").click()
        await expect(page.locator("#shown")).not_to_contain_text("DNS is being asked")
        await expect(page.locator("#shown")).to_contain_text("The domain has no DMARC policy")
        await expect(page.locator("#shown")).to_contain_text("_dmarc.desk.test. TXT")
        await keep(page, "address-dns")


async def test_a_gateway_at_work_tells_how_it_fares(lend: Lender, tab: Open, keep: Keep) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    operator = WEB.replace('role = "agent"\nagent = "dana@staff.test"', 'role = "admin"')
    async with lend(web=operator) as gateway:
        page = await tab(1280, 900, extra_http_headers={"Remote-User": "Dana"})
        async with page.expect_response(lambda answer: answer.url.endswith("/health") and answer.ok):
            await page.goto(f"http://{gateway.web}/health")
        while not await gateway.rows("SELECT 1 FROM nodes") or not await gateway.rows("SELECT 1 FROM health_samples"):
            await page.wait_for_timeout(200)
        await page.reload()
        await expect(page.get_by_role("heading", name="Machines that serve")).to_be_visible()
        for role in ("listener", "intake", "sender", "web"):
            await expect(page.get_by_role("row", name=re.compile(rf"^{role} "))).to_be_visible()
        await expect(page.get_by_role("img", name="Mail that came in, by quarters of an hour")).to_be_visible()
        await keep(page, "health-at-work")
