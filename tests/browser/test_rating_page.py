"""The rating page as clients meet it: on a telephone, at a desk, in the dark, with the keyboard alone, and without scripts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.satisfaction import BUILT_IN_FIVE, Level, Satisfaction
from gateway.web.words import WORDS
from tests.browser.conftest import Open
from tests.web.site import Site, site

Sessions = async_sessionmaker[AsyncSession]
Keep = Callable[[Page, str], Awaitable[Path]]

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">'
    '<rect width="96" height="96" rx="20" fill="#1f5fbf"/>'
    '<path d="M24 34h48v32H24zl24 18 24-18" fill="none" stroke="#fff" stroke-width="5"/>'
    "</svg>"
)


@pytest.fixture
async def pages(sessions: Sessions, tmp_path: Path) -> AsyncIterator[Site]:
    """Tickets 1, 2 and 3 in English, Russian and Polish; the company has a picture."""
    logo = tmp_path / "logo.svg"
    logo.write_text(LOGO)
    async with site(sessions, Satisfaction(logo=str(logo))) as made:
        await made.open("Printer on fire", "en")
        await made.open("Принтер горит, и дым идёт прямо в переговорную на втором этаже", "ru")
        await made.open("Drukarka się pali", "pl")
        yield made


@pytest.mark.parametrize(("width", "height"), [(320, 640), (768, 1024), (1280, 800)], ids=["phone", "tablet", "desktop"])
async def test_it_fits_every_width_in_light_and_dark_and_rates_with_scripts_off(
    pages: Site, tab: Open, keep: Keep, width: int, height: int
) -> None:
    page = await tab(width, height, java_script_enabled=False)
    for ticket, language in enumerate(WORDS, 1):
        await page.goto(pages.url + pages.link(4, ticket))
        await fits(page, width)
        await in_light_and_dark(page, keep, f"rate-{width}-{language}")
    await page.get_by_role("radio", name=BUILT_IN_FIVE[1].name(language), exact=True).check()
    await page.get_by_label(WORDS[language].comment).fill("Nadal <b>się</b> pali.\nBardzo.")
    await page.get_by_role("button").click()
    await page.get_by_role("heading", name=WORDS[language].thanks).wait_for()
    await fits(page, width)
    await in_light_and_dark(page, keep, f"thanks-{width}-{language}")
    assert await pages.ticket(3) == ("open", 2, "Niezadowolony", "Nadal <b>się</b> pali.\nBardzo.")


async def in_light_and_dark(page: Page, keep: Keep, name: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await keep(page, f"{name}-{scheme}")
        grounds.append(await page.locator("main").evaluate("each => getComputedStyle(each).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(29, 35, 44)"]


async def fits(page: Page, width: int) -> None:
    """Nothing runs out of the window, nor out of the box that it stands in; what is touched is large enough."""
    for selector in ("header p", "h1", "main p", ".levels label", ".levels .name", "textarea", "button"):
        for each in await page.locator(selector).all():
            box = await each.bounding_box()
            assert box is not None
            assert box["x"] >= 0, selector
            assert box["x"] + box["width"] <= width, selector
            # WCAG 2.2, 2.5.8 asks for 24 pixels, and good custom for 44.
            assert selector not in (".levels label", "button") or min(box["width"], box["height"]) >= 44
    for label in await page.locator(".levels label").all():
        outer, inner = await label.bounding_box(), await label.locator(".name").bounding_box()
        assert outer is not None
        assert inner is not None
        assert inner["x"] >= outer["x"], await label.inner_text()
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"], await label.inner_text()


async def test_the_keyboard_alone_is_enough(pages: Site, tab: Open, keep: Keep) -> None:
    page = await tab(320, 640)
    await page.goto(pages.url + pages.link(4))
    seen = []
    for key in ("Tab", "ArrowUp", "Tab"):
        await page.keyboard.press(key)
        seen.append(await page.evaluate(f"[document.activeElement.name, document.activeElement.value, {OUTLINED}]"))
        await keep(page, f"keyboard-{len(seen)}")
    assert seen == [["score", "4", True], ["score", "3", True], ["comment", "", True]]
    await page.keyboard.type("By keys")
    await page.keyboard.press("Tab")
    assert await page.evaluate(f"[document.activeElement.type, {OUTLINED}]") == ["submit", True]
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name=WORDS["en"].thanks).wait_for()
    assert await pages.ticket() == ("closed", 3, "Neutral", "By keys")


# Of a radio button its label shows the focus.
OUTLINED = """[document.activeElement, document.activeElement.closest('label')].some(
    each => each && getComputedStyle(each).outlineStyle === 'solid' && parseFloat(getComputedStyle(each).outlineWidth) >= 2)"""


async def test_opening_it_sends_nothing_and_fetches_nothing_but_the_picture(pages: Site, tab: Open) -> None:
    page = await tab()
    asked: list[tuple[str, str]] = []
    complaints: list[str] = []
    page.on("request", lambda each: asked.append((each.method, each.url.removeprefix(pages.url).partition("?")[0])))
    page.on("console", lambda each: complaints.append(each.text))
    await page.goto(pages.url + pages.link(1), wait_until="networkidle")
    assert asked == [("GET", pages.link(1)), ("GET", "/logo")]
    assert complaints == []
    assert await page.locator("header img").evaluate("each => each.complete && each.naturalWidth") == 96
    assert await pages.ratings() == []
    pages.organisation = replace(pages.organisation, satisfaction=Satisfaction())
    asked.clear()
    await page.goto(pages.url + pages.link(1), wait_until="networkidle")
    assert asked == [("GET", pages.link(1))], "and without one nothing"


async def test_nothing_can_be_sent_without_a_choice(sessions: Sessions, tab: Open, keep: Keep) -> None:
    levels = (*BUILT_IN_FIVE[:3], Level((("en", "Switched off"),), "x", 4, None, active=False))
    async with site(sessions, Satisfaction(levels)) as pages:
        await pages.open()
        page = await tab(320, 640)
        await page.goto(pages.url + pages.link(4))
        await page.get_by_role("button").click()
        assert await page.evaluate("document.querySelector('form').checkValidity()") is False
        assert await pages.ratings() == []
        await page.evaluate("document.querySelector('form').noValidate = true")
        await page.get_by_role("button").click()
        await page.get_by_text(WORDS["en"].choose).wait_for()
        await keep(page, "unchosen")


async def test_a_scale_of_eleven_fits_too(sessions: Sessions, tab: Open, keep: Keep) -> None:
    levels = tuple(
        Level((("en", "Absolutely extraordinarily good" if score == 10 else f"{score}"),), "★", score, None) for score in range(11)
    )
    async with site(sessions, Satisfaction(levels)) as pages:
        await pages.open()
        for width in (320, 1280):
            page = await tab(width, 800)
            await page.goto(pages.url + pages.link(10))
            await keep(page, f"eleven-{width}")
            await fits(page, width)


async def test_back_and_again_shows_the_choice_already_made(pages: Site, tab: Open, keep: Keep) -> None:
    page = await tab(320, 640)
    await page.goto(pages.url + pages.link(5))
    await page.get_by_label(WORDS["en"].comment).fill("Fine")
    await page.get_by_role("button").click()
    await page.get_by_role("heading", name=WORDS["en"].thanks).wait_for()
    await page.goto(pages.url + pages.link(5))
    await page.get_by_text("You chose “Very satisfied”").wait_for()
    assert await page.get_by_label(WORDS["en"].comment).input_value() == "Fine"
    await keep(page, "again")
    await page.reload()
    assert await pages.ratings() == [(1, 5, "Fine", False)]


async def test_the_page_is_named_for_those_who_hear_it(pages: Site, tab: Open) -> None:
    page = await tab()
    await page.goto(pages.url + pages.link(4, ticket=2))
    words = WORDS["ru"]
    heard = await page.locator("body").aria_snapshot()
    assert f'group "{words.ask}"' in heard
    for level in BUILT_IN_FIVE:
        assert f'radio "{level.name("ru")}"' in heard
    assert f'textbox "{words.comment}"' in heard
    assert f'button "{words.send}"' in heard
    assert await page.locator("textarea").evaluate("each => document.getElementById(each.getAttribute('aria-describedby')).innerText")


# WCAG 2.2, 1.4.3 and 1.4.11: contrast of text 4.5, of the borders of what is used 3.
CONTRAST = """
([selector, property]) => {
    const light = colour => colour.map(each => each / 255)
        .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
        .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const element = document.querySelector(selector);
    let ground = property === 'color' ? element : element.parentElement;
    while ((rgb(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
    const two = [getComputedStyle(element)[property], getComputedStyle(ground).backgroundColor].map(each => light(rgb(each).slice(0, 3)));
    return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_contrast_is_enough(pages: Site, tab: Open, scheme: str) -> None:
    await pages.post(pages.link(5))
    page = await tab(color_scheme=scheme)
    await page.goto(pages.url + pages.link(4))
    for selector in (
        "header p",
        "h1",
        ".request",
        ".earlier",
        "legend",
        ".levels .name",
        "label:has(:checked) .name",
        ".field",
        ".hint",
        "textarea",
        "button",
    ):
        assert await page.evaluate(CONTRAST, [selector, "color"]) >= 4.5, selector
    for selector in (".levels label", "label:has(:checked)", "textarea"):
        assert await page.evaluate(CONTRAST, [selector, "borderTopColor"]) >= 3, selector
    await page.goto(pages.url + pages.link(4))
    await page.evaluate("document.querySelector('form').noValidate = true; document.querySelector('textarea').removeAttribute('maxlength')")
    await page.get_by_label(WORDS["en"].comment).fill("x" * 2001)
    await page.get_by_role("button").click()
    await page.get_by_text(WORDS["en"].comment_too_long).wait_for()
    assert await page.evaluate(CONTRAST, [".wrong", "color"]) >= 4.5
