"""The *Health* page: what is amiss with its remedy, what waits, the last day, and the nodes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.console.day import Span, hours, quarters, total
from gateway.console.lasting import lasting
from gateway.console.words import words_of
from gateway.desk.watching import watch
from gateway.domain.health import RoleAtWork, Sample
from gateway.domain.language import Language
from storage import health, outbox
from tests.console.site import ADMIN, AGENT, ConsoleSite, Sessions, console_site
from tests.desk.values import ORGANISATION
from tests.health.kept import letter, mail

AT = datetime(2026, 11, 22, 14, 7, 30, tzinfo=UTC)


async def sampled(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await health.take_sample(session)


async def watched(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await watch(session, ORGANISATION)


async def test_an_empty_desk_is_well_in_each_language_and_says_when_there_will_be_more(sessions: Sessions) -> None:
    async with console_site(sessions) as site:
        for language, answer in (await site.in_each_language("/health")).items():
            words = words_of(language)
            assert words("health.nothing_amiss") in answer.said
            assert words("health.no_day_title") in answer.said and words("health.no_nodes") in answer.said


async def test_what_waits_is_counted_with_its_age_and_leads_to_its_list(sessions: Sessions) -> None:
    await mail(sessions, 600, "queued", outcome=None)
    await mail(sessions, 3 * 3600, "held")
    await letter(sessions, written=300, state="queued")
    await letter(sessions, written=300, state="failed", ended=100)
    async with console_site(sessions) as site:
        answer = await site.get("/health")
    assert "Mail to be worked on 1 10 min" in answer.said
    assert "Mail that waits for a person 1 3 h" in answer.said
    assert "Letters to be sent 1 5 min" in answer.said
    assert "Letters that were given up 1" in answer.said
    assert {"inbound?state=held", "outbox?state=failed"} <= set(answer.links())


async def test_the_last_day_is_drawn_and_told_in_a_table(sessions: Sessions) -> None:
    for ago in (30, 40, 50):
        await mail(sessions, ago)
    await letter(sessions, written=45, sent=40)
    await sampled(sessions)
    async with console_site(sessions) as site:
        found = await site.in_each_language("/health")
    assert found["en"].body.count("<svg") == 4
    assert re.search(r"the last hour</th><td class=\"number\">3</td><td class=\"number\">1</td>", found["en"].body)
    assert re.search(r"<title>\d\d:\d\d: 3 messages</title>", found["en"].body)
    assert re.search(r"<title>\d\d:\d\d: 3 письма</title>", found["ru"].body)
    assert "style=" not in found["en"].body


async def test_an_alarm_that_is_up_is_told_with_its_remedy_in_the_readers_language(sessions: Sessions) -> None:
    await mail(sessions, 5 * 3600, "held")
    await watched(sessions)
    async with console_site(sessions) as site:
        found = await site.in_each_language("/health")
    assert "held mail waits for a person: 1 in all, the oldest for 5 h" in found["en"].said
    assert "deskgate inbound assign" in found["en"].said
    assert "задержанная почта ждёт человека" in found["ru"].said and "wstrzymana poczta czeka" in found["pl"].said
    assert all(words_of(language)("health.nothing_amiss") not in answer.said for language, answer in found.items())


async def test_sending_that_is_held_and_servers_that_are_down_are_told_at_once(sessions: Sessions) -> None:
    await letter(sessions, written=60, state="queued")
    async with sessions.begin() as session:
        await outbox.hold(session, "the move to the new relay")
        await outbox.note_down(session, "relay", "connection refused")
    async with console_site(sessions) as site:
        answer = await site.get("/health")
    assert "Sending is paused: the move to the new relay" in answer.said
    assert "relay cannot be reached, and 1 letter waits" in answer.said and "connection refused" in answer.said


async def test_whoever_sees_some_departments_reads_counts_of_theirs_and_no_volumes(sessions: Sessions) -> None:
    await mail(sessions, 5 * 3600, "held", to="sales@desk.test")
    await mail(sessions, 5 * 3600, "held", to="support@desk.test")
    await watched(sessions)
    await sampled(sessions)
    async with console_site(sessions, AGENT) as site:
        theirs = await site.get("/health")
        site.operator = ADMIN
        everything = await site.get("/health")
    assert "Mail that waits for a person 1" in theirs.said and "Mail that waits for a person 2" in everything.said
    assert "<svg" not in theirs.body and "<svg" in everything.body
    assert "2 in all" not in theirs.said and "2 in all" in everything.said


async def test_nodes_are_told_with_their_processes_and_whether_they_are_still_heard_of(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await health.hear_of_node(session, "mx1", "1.0", [RoleAtWork("listener", 2, 2, 0)], stopping=False)
        await health.hear_of_node(session, "mx2", "1.0", [RoleAtWork("intake", 2, 1, 7)], stopping=False)
        await session.execute(text("UPDATE nodes SET seen_at = now() - interval '1 hour' WHERE name = 'mx2'"))
    async with console_site(sessions) as site:
        answer = await site.get("/health")
    assert re.search(r"mx1 serves Heard of \d+ s ago, Deskgate 1.0", answer.said)
    assert "mx2 not heard of Heard of 60 min ago" in answer.said
    assert "intake 1 of 2 too few 7" in answer.said


async def test_samples_that_stopped_are_told(sessions: Sessions) -> None:
    await sampled(sessions)
    async with console_site(sessions) as site:
        assert "no intake runs" not in (await site.get("/health")).said
        await later(site, timedelta(minutes=10))
        assert "no intake runs" in (await site.get("/health")).said


async def later(site: ConsoleSite, passed: timedelta) -> None:
    site.later = passed


def test_a_day_is_of_quarters_and_says_where_nothing_is_known() -> None:
    spans = quarters(
        [
            Sample(AT - timedelta(days=2), arrived=9),
            Sample(AT - timedelta(minutes=20), arrived=2, inbound_seconds=5),
            Sample(AT - timedelta(minutes=19), arrived=3, inbound_seconds=3),
            Sample(AT, sent=1),
        ],
        AT,
    )
    assert len(spans) == 96 and spans[-1].begin == AT.replace(minute=0, second=0)
    assert [(each.begin.hour, each.begin.minute, each.arrived, each.sent) for each in spans if each.known] == [
        (13, 45, 5, 0),
        (14, 0, 0, 1),
    ]
    assert spans[-2].inbound_seconds == 5, "the longest of them"


def test_hours_are_sums_of_their_quarters() -> None:
    spans = quarters([Sample(AT - timedelta(minutes=each), arrived=1) for each in (10, 30, 50)], AT)
    found = hours(spans)
    assert found[0].begin.hour == 14 and found[0].arrived == 0 and found[1].arrived == 3 and found[1].known
    assert len(found) in (24, 25) and not found[5].known


def test_totals_are_of_samples_after_their_beginning() -> None:
    samples = [Sample(AT - timedelta(hours=2), arrived=5), Sample(AT, arrived=1, failed=2)]
    assert total(samples, AT - timedelta(hours=1)) == Span(AT - timedelta(hours=1), known=True, arrived=1, failed=2)


@pytest.mark.parametrize(
    ("seconds", "language", "told"),
    [
        (0.4, "en", "0 s"),
        (119, "en", "119 s"),
        (120, "en", "2 min"),
        (7199, "ru", "119 мин"),
        (7200, "pl", "2 godz."),
        (3 * 86400, "ru", "3 дн."),
    ],
)
def test_how_long_something_lasted_is_told_in_one_unit(seconds: float, language: Language, told: str) -> None:
    assert lasting(seconds, words_of(language)) == told
