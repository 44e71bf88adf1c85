"""axe-core in the page: what it finds against WCAG 2.2 A and AA, and against its own good practice where that is serious."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = ("serious", "critical")


async def faults_of(page: Page) -> list[str]:
    """Each fault against WCAG, and each grave one against good practice: the rule, what it says, and where."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    return [
        line
        for each in found.response["violations"]
        if "best-practice" not in each["tags"] or each["impact"] in GRAVE
        for line in told(each)
    ]


def told(fault: dict[str, Any]) -> list[str]:
    return [f"{fault['id']} ({fault['impact']}): {fault['help']}: {node['html'][:200]}" for node in fault["nodes"]]


async def is_accessible(page: Page) -> None:
    """In light and in dark. The page has to have scripts on, for axe is one; its own policy is got round by the browser."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        faults = await faults_of(page)
        assert not faults, f"{page.url} in {scheme}:\n" + "\n".join(faults)


async def fits(page: Page) -> None:
    """Nothing is wider than the window (WCAG 2.2, 1.4.10), but for what scrolls in a place of its own."""
    width, shown = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= shown, f"{page.url} is {width} wide in {shown}"
