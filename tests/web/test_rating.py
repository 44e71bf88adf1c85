"""/rate/TOKEN over real HTTP on a real database: looking changes nothing, the button does, and once (C8–C11)."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.satisfaction import BUILT_IN_FIVE, Satisfaction
from gateway.domain.states import Status
from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.rating import rate_token
from gateway.web.rating import Limits, limits
from gateway.web.throttle import Throttle
from gateway.web.words import WORDS
from storage.ratings import tallies
from tests.desk.values import KEYRING, ORGANISATION
from tests.web.site import ANNA, DANA, Answer, Site, chosen, comment_of, scores, site

Sessions = async_sessionmaker[AsyncSession]

ENGLISH = WORDS["en"]


@pytest.fixture
async def pages(sessions: Sessions) -> AsyncIterator[Site]:
    """Anna's resolved ticket, which is Dana's."""
    async with site(sessions) as made:
        await made.open()
        yield made


async def everything(pages: Site) -> list[object]:
    """All that a rating could change."""
    ticket = await pages.rows("SELECT * FROM tickets ORDER BY number")
    return [ticket, await pages.ratings(), await pages.events(), await pages.letters(), pages.woken]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whoever_only_looks_changes_nothing(pages: Site, method: str) -> None:
    before = await everything(pages)
    for score in (1, 2, 5):
        answer = await pages.ask(
            method, f"{pages.link(score)}?score=1&comment=scanned", User_Agent="LinkScanner/1.0", Sec_Purpose="prefetch"
        )
        assert answer.status == 200
    assert await everything(pages) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused(pages: Site, method: str) -> None:
    before = await everything(pages)
    assert (await pages.ask(method, pages.link(1))).status == 405
    assert await everything(pages) == before


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
async def test_the_page_shows_the_links_choice_and_all_the_others(pages: Site, score: int) -> None:
    page = (await pages.get(pages.link(score))).body
    assert scores(page) == ["1", "2", "3", "4", "5"]
    assert chosen(page) == [str(score)]
    assert all(level.name("en") in page and level.symbol in page for level in BUILT_IN_FIVE)
    assert "Request #1" in page
    assert "Printer on fire" in page
    assert page.count("<form") == page.count("<button") == page.count("<textarea") == 1
    assert '<form method="post">' in page, "without an action: it goes back to this very address"


@pytest.mark.parametrize("language", ["en", "ru", "pl"])
async def test_every_page_is_in_the_tickets_language(pages: Site, language: str) -> None:
    words = WORDS[language]  # type: ignore[index]
    await pages.open("Принтер", language)
    link = pages.link(4, ticket=2)
    assert (await pages.get(link, Accept_Language="de")).body.count(words.title) == 2
    thanks = (await pages.post(link)).body
    assert words.thanks in thanks
    assert BUILT_IN_FIVE[3].name(language) in thanks  # type: ignore[arg-type]
    assert f'<html lang="{language}">' in thanks
    assert words.earlier.split("{")[0] in (await pages.get(link)).body
    pages.later = timedelta(days=31)
    assert words.expired.title in (await pages.get(link)).body


async def test_a_good_rating_is_recorded_told_as_an_event_and_closes_the_ticket(pages: Site) -> None:
    answer = await pages.post(pages.link(5), comment="Quick &\r\nkind\r\n")
    assert answer.status == 200
    assert ENGLISH.thanks in answer.body
    assert "Very satisfied" in answer.body
    assert ORGANISATION.desk.name in answer.body
    assert await pages.ticket() == ("closed", 5, "Very satisfied", "Quick &\nkind")
    rated, changed = await pages.events()
    assert rated == ("rated", "client", ANNA, {"score": 5, "level": "Very satisfied", "comment": "Quick &\nkind"})
    assert changed == ("status_changed", "client", ANNA, {"from": "resolved", "to": "closed"})
    [row] = await pages.rows("SELECT score, level, comment, agent, department, replaced_at FROM ratings")
    assert row == (5, "Very satisfied", "Quick &\nkind", DANA, "support", None)


@pytest.mark.parametrize(
    ("assignee", "told"), [(DANA, [DANA]), (None, [DANA, "oleg@staff.test"]), ("ina@staff.test", [DANA, "oleg@staff.test"])]
)
async def test_a_bad_rating_reopens_and_tells_the_assignee_else_the_department(
    sessions: Sessions, assignee: str | None, told: list[str]
) -> None:
    async with site(sessions) as pages:
        await pages.open(assignee=assignee)
        answer = await pages.post(pages.link(2), comment="It burns again")
        assert ENGLISH.reopened in answer.body
        assert (await pages.ticket())[:2] == ("open", 2)
        assert [kind for kind, *_ in await pages.events()] == ["rated", "status_changed", "reopened"]
        assert await pages.letters() == [("reopened", each) for each in told]
        assert pages.woken == 1


async def test_the_same_rating_sent_twice_has_its_effect_once(pages: Site) -> None:
    first = await pages.post(pages.link(2), comment="Again")
    before = await everything(pages)
    second = await pages.post(pages.link(2), comment="Again")
    assert second == replace(first, headers=second.headers)
    assert await everything(pages) == before


async def test_ten_of_the_same_at_once_have_their_effect_once(pages: Site) -> None:
    answers = await asyncio.gather(*(pages.post(pages.link(1), comment="Slow") for _ in range(10)))
    assert {each.status for each in answers} == {200}
    assert await pages.ratings() == [(1, 1, "Slow", False)]
    assert len(await pages.letters()) == 1
    assert [kind for kind, *_ in await pages.events()] == ["rated", "status_changed", "reopened"]


async def test_different_ratings_at_once_leave_one_that_counts(pages: Site) -> None:
    answers = await asyncio.gather(*(pages.post(pages.link(score)) for score in (1, 2, 3, 4, 5)))
    assert {each.status for each in answers} == {200}
    rows = await pages.ratings()
    [standing] = [score for _, score, _, replaced in rows if not replaced]
    assert len(rows) == 5
    assert (await pages.ticket())[1] == standing
    async with pages.sessions() as session:
        assert [each.count for each in await tallies(session)] == [1]


async def test_a_second_thought_replaces_the_first(pages: Site) -> None:
    await pages.post(pages.link(5), comment="Fine")
    page = (await pages.get(pages.link(3))).body
    assert "You chose “Very satisfied” on" in page
    assert chosen(page) == ["3"]
    assert comment_of(page) == "Fine"
    await pages.post(pages.link(5), score="2", comment="No, it burns")
    assert await pages.ratings() == [(1, 5, "Fine", True), (1, 2, "No, it burns", False)]
    assert await pages.ticket() == ("open", 2, "Dissatisfied", "No, it burns")


async def test_a_rating_too_old_to_be_changed_stands(pages: Site) -> None:
    await pages.post(pages.link(5))
    await pages.alter("UPDATE ratings SET created_at = now() - interval '30 days 1 minute'")
    before = await everything(pages)
    for answer in (await pages.get(pages.link(5)), await pages.post(pages.link(1), comment="Late")):
        assert answer.status == 410
        assert ENGLISH.used_up.title in answer.body
    assert (await pages.post(pages.link(5))).status == 200, "the very same is said again, and is no change"
    assert await everything(pages) == before


async def test_a_later_letter_asks_anew_and_the_earlier_one_is_spent(pages: Site) -> None:
    await pages.post(pages.link(5))
    await pages.alter("UPDATE ratings SET created_at = now() - interval '31 days'")
    await pages.alter("UPDATE tickets SET status = 'resolved'")
    later = timedelta(days=20)
    assert (await pages.post(pages.link(2, letter=later))).status == 200
    assert await pages.ratings() == [(1, 5, "", False), (1, 2, "", False)], "both count: the client was served twice"
    await pages.alter("UPDATE ratings SET created_at = now() - interval '31 days'")
    assert (await pages.post(pages.link(4))).status == 410


async def test_the_same_bad_rating_by_a_later_letter_reopens_again(pages: Site) -> None:
    await pages.post(pages.link(2))
    await pages.alter("UPDATE tickets SET status = 'resolved'")
    await pages.post(pages.link(2, letter=timedelta(days=1)))
    assert (await pages.ticket())[0] == "open"
    assert len(await pages.letters()) == 2
    assert await pages.ratings() == [(1, 2, "", True), (1, 2, "", False)]


def other(token: str) -> str:
    return token[:20] + ("a" if token[20] != "a" else "b") + token[21:]


FOREIGN = Keyring((b"somebody else's secret, long too",))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda pages: pages.link(4), 200),
        (lambda pages: pages.link(4).upper().replace("/RATE", "/rate"), 200),
        (lambda pages: pages.link(4, letter=timedelta(days=-30, seconds=-1)), 410),
        (lambda pages: pages.link(4, ticket=7), 410),
        (lambda pages: other(pages.link(4)), 404),
        (lambda pages: pages.link(4)[:-1], 404),
        (lambda pages: f"{pages.link(4)}.", 404),
        (lambda pages: f"/rate/{rate_token(FOREIGN, 1, 4, pages.expires_at)}", 404),
        (lambda pages: f"/rate/{KEYRING.sign(Purpose.THREAD, bytes((0, 0, 0, 1)))}", 404),
        (lambda pages: "/rate/x", 404),
        (lambda pages: "/rate/%00%ff%F0%9F%99%82", 404),
        (lambda pages: f"/rate/{'a' * 5000}", 404),
    ],
)
async def test_only_a_genuine_living_link_rates(pages: Site, make: object, status: int, method: str) -> None:
    before = await everything(pages)
    path = make(pages)  # type: ignore[operator]
    answer = await (pages.get(path) if method == "GET" else pages.post(path, comment="x"))
    assert answer.status == status
    if status != 200:
        assert await everything(pages) == before
        assert "<main>" in answer.body
        assert "<form" not in answer.body


async def test_a_stranger_is_told_in_the_language_of_their_browser(pages: Site) -> None:
    answer = await pages.get("/rate/x", Accept_Language="de,pl;q=0.8,en;q=0.5")
    assert WORDS["pl"].unknown.title in answer.body


async def test_a_link_of_a_merged_ticket_rates_the_one_that_lives_on(pages: Site) -> None:
    await pages.open("The same fire")
    await pages.alter("UPDATE tickets SET merged_into = 1, status = 'closed' WHERE number = 2")
    link = pages.link(4, ticket=2)
    assert "Request #1" in (await pages.get(link)).body
    assert (await pages.post(link)).status == 200
    assert (await pages.ticket())[:2] == ("closed", 4)
    assert (await pages.ticket(2))[1] is None


async def test_a_merge_after_the_rating_does_not_make_it_count_twice(pages: Site) -> None:
    await pages.open("The same fire")
    link = pages.link(5, ticket=2)
    await pages.post(link)
    await pages.alter("UPDATE tickets SET merged_into = 1 WHERE number = 2")
    assert "You chose “Very satisfied”" in (await pages.get(link)).body
    await pages.post(link, score="3")
    assert await pages.ratings() == [(2, 5, "", True), (1, 3, "", False)]


@pytest.mark.parametrize(
    ("before", "score", "after", "told"),
    [
        (Status.RESOLVED, 4, Status.CLOSED, 0),
        (Status.RESOLVED, 1, Status.OPEN, 1),
        (Status.CLOSED, 5, Status.CLOSED, 0),
        (Status.CLOSED, 2, Status.OPEN, 1),
        (Status.CANCELLED, 2, Status.OPEN, 1),
        (Status.OPEN, 2, Status.OPEN, 0),
        (Status.PENDING, 1, Status.OPEN, 0),
        (Status.OPEN, 5, Status.CLOSED, 0),
        (Status.SPAM, 1, Status.SPAM, 0),
        (Status.TRASH, 1, Status.TRASH, 0),
        (Status.TRASH, 5, Status.TRASH, 0),
    ],
)
async def test_what_a_rating_makes_of_the_status(pages: Site, before: Status, score: int, after: Status, told: int) -> None:
    await pages.alter("UPDATE tickets SET status = :status", status=before)
    answer = await pages.post(pages.link(score))
    assert answer.status == 200
    assert (ENGLISH.reopened in answer.body) is (before is not after and after is Status.OPEN)
    assert (await pages.ticket())[:2] == (after, score)
    assert len(await pages.letters()) == told


async def every_kind_of_page(pages: Site) -> list[Answer]:
    return [
        await pages.get(pages.link(4)),
        await pages.post(pages.link(4), score="77"),
        await pages.post(pages.link(4)),
        await pages.get("/rate/x"),
        await pages.get(pages.link(4, letter=timedelta(days=-31))),
        await pages.ask("POST", pages.link(4), b"{}", Content_Type="application/json"),
    ]


async def test_every_page_forbids_scripts_frames_referrers_and_keeping(pages: Site) -> None:
    answers = await every_kind_of_page(pages)
    assert [each.status for each in answers] == [200, 422, 200, 404, 410, 415]
    for each in answers:
        policy = dict(directive.strip().partition(" ")[::2] for directive in each.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "unsafe" not in each.headers["content-security-policy"]
        assert "script-src" not in policy
        assert each.headers["referrer-policy"] == "no-referrer"
        assert each.headers["cache-control"] == "no-store"
        assert each.headers["x-content-type-options"] == "nosniff"
        assert "noindex" in each.headers["x-robots-tag"]
        assert each.headers["content-type"] == "text/html; charset=utf-8"
        assert "set-cookie" not in each.headers
        assert not re.search(r"<script|javascript:|https?:|//|\son[a-z]+=", each.body.replace(ORGANISATION.desk.name, ""))


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


async def test_pages_show_the_companys_picture_which_is_read_once_a_configuration(sessions: Sessions, tmp_path: Path) -> None:
    logo = tmp_path / "logo"
    logo.write_bytes(PNG)
    async with site(sessions, Satisfaction(logo=str(logo))) as pages:
        await pages.open()
        for page in (await pages.get(pages.link(4)), await pages.post(pages.link(4)), await pages.get("/rate/x")):
            [address] = re.findall(r'<img src="\.\.(/logo\?v=[0-9a-f]+)" alt="">', page.body)
        picture = await pages.get(address)
        assert (picture.status, picture.headers["content-type"]) == (200, "image/png")
        assert "sandbox" in picture.headers["content-security-policy"]
        logo.unlink()
        assert (await pages.get(address)).status == 200
        pages.organisation = replace(pages.organisation)
        assert (await pages.get(address)).status == 404, "a reload reads it anew"
        assert "<img" not in (await pages.get(pages.link(4))).body


async def test_the_configuration_of_the_moment_counts(pages: Site) -> None:
    pages.organisation = replace(pages.organisation, satisfaction=Satisfaction(BUILT_IN_FIVE[2:]))
    assert scores((await pages.get(pages.link(4))).body) == ["3", "4", "5"]


async def test_one_peer_who_asks_too_often_waits_and_others_do_not(sessions: Sessions) -> None:
    tight = replace(limits(), peer=Throttle(3, 60))
    async with site(sessions, bounds=tight) as pages:
        await pages.open()
        answers = [await pages.get("/rate/x", Accept_Language="ru") for _ in range(4)]
        assert [each.status for each in answers] == [404, 404, 404, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert WORDS["ru"].too_often.title in answers[-1].body
        # A proxy on this machine tells whom it asks for.
        assert (await pages.get(pages.link(4), X_Forwarded_For="198.51.100.7")).status == 200


async def test_the_links_of_one_letter_take_ten_ratings_and_then_one_a_minute(pages: Site) -> None:
    answers = [await pages.post(pages.link(score), comment=str(turn)) for turn in range(6) for score in (1, 5)]
    assert [each.status for each in answers] == [200] * 10 + [429] * 2
    assert (await pages.get(pages.link(4))).status == 200
    assert len(await pages.letters()) <= 5


async def test_forged_links_leave_a_tickets_own_alone(sessions: Sessions) -> None:
    tight = Limits(Throttle(1000, 1), Throttle(1, 60), Throttle(1, 60))
    async with site(sessions, bounds=tight) as pages:
        await pages.open()
        for _ in range(5):
            assert (await pages.get(other(pages.link(4)))).status == 404
        assert (await pages.get(pages.link(4))).status == 200
        assert (await pages.get(pages.link(5))).status == 429, "links of one letter count together"
        assert (await pages.get(pages.link(4, letter=timedelta(days=1)))).status == 200


async def test_a_database_that_is_away_is_said_politely(pages: Site) -> None:
    await pages.alter("ALTER TABLE tickets RENAME TO away")
    await pages.alter("CREATE VIEW tickets AS SELECT *, pg_terminate_backend(pg_backend_pid()) FROM away")
    for answer in (await pages.get(pages.link(4)), await pages.post(pages.link(4))):
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert ENGLISH.away.title in answer.body


async def test_a_defect_of_ours_is_said_politely_too(pages: Site) -> None:
    await pages.alter("ALTER TABLE ratings RENAME TO gone")
    answer = await pages.get(pages.link(4))
    assert answer.status == 500
    assert ENGLISH.away.title in answer.body
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_ticket_that_is_gone_is_said_so(pages: Site) -> None:
    await pages.alter("DELETE FROM tickets")
    for answer in (await pages.get(pages.link(4)), await pages.post(pages.link(4))):
        assert answer.status == 410
        assert ENGLISH.gone.title in answer.body
