"""/preview/TOKEN/NAME over real HTTP: operators see a letter as it would be; nobody else sees it, and nothing is sent."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.letters.operators import Templates
from gateway.tokens.preview import preview_token
from gateway.web.preview_words import WORDS
from tests.desk.values import KEYRING
from tests.web.site import Site, site

Sessions = async_sessionmaker[AsyncSession]

SUBJECT = "{{7*7}} <script>alert(1)</script>"


@pytest.fixture
async def pages(sessions: Sessions) -> AsyncIterator[Site]:
    async with site(sessions) as made:
        await made.open(SUBJECT, language="pl")
        yield made


def page(name: str = "resolved", ticket: int = 1) -> str:
    return f"/preview/{preview_token(KEYRING, ticket, datetime.now(UTC) + timedelta(hours=1))}/{name}"


def frame(at: str, body: str) -> str:
    found = re.search(r'<iframe src="([^"]+)" title="[^"]+" sandbox>', body)
    assert found is not None
    return urljoin(at, str(found[1]).replace("&amp;", "&"))


async def test_a_letter_is_shown_in_text_and_html_as_its_client_would_get_it(pages: Site) -> None:
    shown = await pages.get(page())
    assert shown.status == 200
    assert "Zgłoszenie #1" in shown.body
    assert f"Re: {SUBJECT} [#1]".replace("<", "&lt;").replace(">", "&gt;") in shown.body
    assert "<script" not in shown.body
    letter = await pages.get(frame(page(), shown.body))
    assert letter.status == 200
    assert "zostało rozwiązane" in letter.body
    assert "<script" not in letter.body
    assert await pages.letters() == []
    assert await pages.ratings() == []


async def test_language_and_reader_can_be_chosen_and_anything_else_is_passed_over(pages: Site) -> None:
    english = await pages.get(f"{page('reopened')}?language=en&audience=staff")
    assert "Ticket #1 is open again." in english.body
    assert "Reply to this e-mail to answer the client." in english.body
    russian = await pages.get(f"{page('registered')}?language=ru&audience=client")
    assert "Мы получили ваше сообщение" in russian.body
    strange = await pages.get(f"{page()}?language=xx&audience=<b>")
    assert "Zgłoszenie #1" in strange.body
    assert "<b>" not in strange.body.replace('<b aria-current="true">', "").replace("<b><bdi>", "")


async def test_around_it_nothing_foreign_is_allowed_and_the_letter_itself_runs_no_script(pages: Site) -> None:
    around = await pages.get(page())
    letter = await pages.get(frame(page(), around.body))
    assert "frame-src 'self'" in around.headers["content-security-policy"]
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(letter.headers["content-security-policy"].split("; "))
    for each in (around, letter):
        assert each.headers["referrer-policy"] == "no-referrer"
        assert each.headers["cache-control"] == "no-store"


async def test_who_edits_a_template_sees_it_and_what_is_wrong_with_it(pages: Site) -> None:
    pages.templates = Templates({"pl/resolved.txt": "Subject: Moje\n\nGotowe: {{ ticket.number }}\n"})
    assert "Gotowe: 1" in (await pages.get(page())).body
    pages.templates = Templates({"pl/resolved.txt": "Subject: Moje\n\nGotowe: {{ ticket.nummer }}\n"})
    faulty = await pages.get(page(), Accept_Language="ru")
    assert WORDS["ru"].faults in faulty.body
    assert "pl/resolved.txt, line 3: ticket.nummer" in faulty.body
    assert "zostało rozwiązane" in faulty.body, "the letter that would go out instead"


async def test_a_link_that_is_over_altered_or_of_what_is_not_there_shows_nothing(pages: Site) -> None:
    over = f"/preview/{preview_token(KEYRING, 1, datetime.now(UTC) - timedelta(seconds=1))}/resolved"
    for each in (
        over,
        "/preview/x/resolved",
        page("nonsense"),
        page(ticket=2),
        page().replace("resolved", "resolved/letter").replace("/preview/", "/preview/a"),
    ):
        answer = await pages.get(each)
        assert answer.status == 404
        assert WORDS["en"].title in answer.body
        assert "script" not in answer.body.partition("</style>")[2]
