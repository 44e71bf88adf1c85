"""The *Ratings* page: sums and plots of one's own departments, and what clients wrote."""

import re
from datetime import UTC, datetime

import pytest

from gateway.console.ratings import Asked, month_name, shades, spanned
from gateway.console.words import words_of
from gateway.domain.language import Language
from tests.console.site import ADMIN, AGENT, SALES, VIEWER, ConsoleSite, Sessions, console_site

TICKET = """
    WITH client AS (INSERT INTO clients (name) VALUES ('Anna') RETURNING id)
    INSERT INTO tickets (subject, status, department, gateway, language, merged_into, client_id)
    SELECT :subject, 'resolved', :department, 'support@desk.test', 'en', CAST(:merged AS bigint), id FROM client
"""
RATING = """
    INSERT INTO ratings (ticket, score, level, comment, agent, department, link_expires_at, created_at, replaced_at)
    VALUES (:ticket, :score, :level, :comment, CAST(:agent AS text), :department, now(),
        now() - make_interval(days => CAST(:days AS integer)),
        CASE WHEN :replaced THEN now() END)
"""
DANA = "dana@staff.test"


async def ticket(site: ConsoleSite, department: str = "support", subject: str = "Printer on fire", merged: int | None = None) -> int:
    await site.alter(TICKET, subject=subject, department=department, merged=merged)
    [(number,)] = await site.rows("SELECT max(number) FROM tickets")
    assert isinstance(number, int)
    return number


async def rate(
    site: ConsoleSite,
    number: int,
    score: int,
    comment: str = "",
    *,
    agent: str | None = DANA,
    department: str = "support",
    days: int = 0,
    replaced: bool = False,
) -> None:
    values = {"comment": comment, "agent": agent, "department": department, "days": days, "replaced": replaced}
    await site.alter(RATING, ticket=number, score=score, level=f"level {score}", **values)


async def test_without_ratings_the_page_says_when_clients_are_asked(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        for language, answer in (await site.in_each_language("/ratings")).items():
            assert words_of(language)("ratings.empty_title") in answer.said
            assert "<svg" not in answer.body


async def test_ratings_are_summed_by_month_agent_and_department_with_a_plot_and_a_table_of_each(sessions: Sessions) -> None:
    async with console_site(sessions, VIEWER) as site:
        one, two = await ticket(site), await ticket(site, "sales")
        await rate(site, one, 5)
        await rate(site, one, 4, agent=None)
        await rate(site, two, 1, department="sales", days=62)
        await rate(site, one, 1, replaced=True)
        answer = await site.get("/ratings")
    assert answer.status == 200
    assert "3 ratings 3.33 Mean" in answer.said
    assert answer.body.count("<svg") == 4 and answer.body.count('role="img"') == 4
    assert re.search(r'<th scope="row">Dana Agent</th><td class="number">2</td><td class="number">3</td>', answer.body)
    assert re.search(r'<th scope="row">Nobody</th><td class="number">1</td><td class="number">4</td>', answer.body)
    assert re.search(r'<th scope="row">Support</th><td class="number">2</td><td class="number">4.5</td>', answer.body)
    assert "style=" not in answer.body, "the policy of our pages drops it"


async def test_each_language_has_the_whole_page(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await rate(site, await ticket(site), 5, "Thanks", days=40)
        await rate(site, await ticket(site), 2)
        found = await site.in_each_language("/ratings")
    assert "2 ratings" in found["en"].said and "2 оценки" in found["ru"].said and "2 oceny" in found["pl"].said
    assert "3.5" in found["en"].said and "3,5" in found["ru"].said


async def test_an_operator_sees_ratings_of_their_departments_alone(sessions: Sessions) -> None:
    async with console_site(sessions, SALES) as site:
        await rate(site, await ticket(site), 1, "of support")
        await rate(site, await ticket(site, "sales"), 5, "of sales", department="sales")
        # Rated while it was with sales; what it says now belongs to support.
        await rate(site, await ticket(site), 4, "moved away", department="sales")
        answer = await site.get("/ratings")
        asked = await site.get("/ratings", department="support")
        site.operator = ADMIN
        everything = await site.get("/ratings", department="sales")
    assert "2 ratings" in answer.said
    assert "of sales" in answer.said and "of support" not in answer.said and "moved away" not in answer.said
    assert "Support" not in answer.said
    assert asked.said == answer.said, "another department is asked for in vain"
    assert "moved away" in everything.said and "of support" not in everything.said


async def test_what_clients_wrote_is_escaped_and_leads_to_the_ticket_that_lives_on(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        living = await ticket(site, subject="Living")
        await rate(site, await ticket(site, merged=living), 3, "<script>alert(1)</script>\nand a line")
        answer = await site.get("/ratings")
        entries = await site.audited()
    assert "<script>alert(1)</script>" not in answer.body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nand a line" in answer.body
    assert f"tickets/{living}" in answer.links() and f"#{living} Living" in answer.said
    assert [(each[0], each[3]) for each in entries] == [("ratings.show", {"ticket": [living]})]


async def test_comments_come_a_page_at_a_time(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        number = await ticket(site)
        for each in range(25):
            await rate(site, number, 5, f"comment {each}.")
        first = await site.get("/ratings", months="3")
        [older] = [each for each in first.links() if "before=" in each]
        second = await site.get(f"/{older}")
    assert "comment 24." in first.said and "comment 5." in first.said and "comment 4." not in first.said
    assert "comment 4." in second.said and "comment 5." not in second.said
    assert "months=3" in older and not [each for each in second.links() if "before=" in each]


@pytest.mark.parametrize(
    "given", ["?months=7", "?months=x", "?before=-1", "?before=99999999999999999999", "?department=nobody", "?before=٣"]
)
async def test_what_nobody_could_mean_counts_as_not_asked(sessions: Sessions, given: str) -> None:
    async with console_site(sessions) as site:
        assert (await site.get(f"/ratings{given}")).status == 200


async def test_old_ratings_are_in_the_period_that_reaches_them(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        await rate(site, await ticket(site), 5, days=800)
        assert "No ratings in this time" in (await site.get("/ratings")).said
        assert "1 rating" in (await site.get("/ratings", months="0")).said


@pytest.mark.parametrize(("months", "since"), [(3, datetime(2025, 12, 1, tzinfo=UTC)), (12, datetime(2025, 3, 1, tzinfo=UTC)), (0, None)])
def test_a_period_begins_with_its_first_month(months: int, since: datetime | None) -> None:
    assert Asked(months, None, None).since(datetime(2026, 2, 28, 23, 59, tzinfo=UTC)) == since


def test_months_go_on_over_the_year() -> None:
    assert spanned("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert spanned("2026-02", "2026-02") == ["2026-02"]


@pytest.mark.parametrize(("language", "name"), [("en", "Nov 2026"), ("ru", "нояб. 2026"), ("pl", "lis 2026")])
def test_months_are_named_in_the_readers_language(language: Language, name: str) -> None:
    assert month_name("2026-11", words_of(language)) == name


@pytest.mark.parametrize(("number", "expected"), [(1, [0]), (2, [0, 4]), (3, [0, 2, 4]), (5, [0, 1, 2, 3, 4]), (7, [0, 1, 1, 2, 3, 3, 4])])
def test_levels_are_shaded_from_the_lowest_to_the_highest(number: int, expected: list[int]) -> None:
    assert shades(number) == expected


async def test_somebody_without_an_agent_of_their_own_departments_is_told_nothing_of_others(sessions: Sessions) -> None:
    async with console_site(sessions, AGENT) as site:
        await rate(site, await ticket(site, "sales"), 5, "secret", department="sales", agent="oleg@staff.test")
        answer = await site.get("/ratings")
    assert "secret" not in answer.body and "Олег" not in answer.body
