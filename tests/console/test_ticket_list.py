"""The list of tickets: what it shows to whom, page by page, and what the search and each filter keep."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from gateway.console.ticket_filters import Asked, asked_of, position, written
from gateway.domain.states import Status
from gateway.domain.ticket_lists import Order, Position, TicketFilter, departments_of
from storage import ticket_lists
from tests.console.site import ADMIN, AGENT, CLERK, SALES, VIEWER, Answer, ConsoleSite, console_site
from tests.desk.values import ORGANISATION
from tests.search.opening import Sessions, execute, indexed, note, open_one


@pytest.fixture
async def site(sessions: Sessions) -> AsyncIterator[ConsoleSite]:
    """1 and 2 are support's, 3 is sales', 4 is closed, 5 of a department that is no more."""
    await open_one(sessions, "It burns.", "Printer <b>")
    await open_one(sessions, "Gdzie jest moja faktura?", "Faktura", "ewa@firma.test", "Ewa Kowalska")
    await open_one(sessions, "Пришлите счёт", "Счёт", "olga@client.test", "Ольга", gateway="sales@desk.test")
    await open_one(sessions, "Old story", "Story")
    await open_one(sessions, "An orphan", "Orphan")
    await execute(sessions, "UPDATE tickets SET status = 'closed' WHERE number = 4")
    await execute(sessions, "UPDATE tickets SET department = 'removed' WHERE number = 5")
    await execute(sessions, "UPDATE tickets SET assignee = 'dana@staff.test', status = 'open' WHERE number = 2")
    await execute(sessions, "UPDATE tickets SET assignee = 'left@staff.test' WHERE number = 1")
    await execute(sessions, "INSERT INTO ticket_tags (ticket, key, tag) VALUES (1, 'vip', 'VIP'), (3, 'hidden', 'Hidden')")
    await execute(sessions, "UPDATE tickets SET updated_at = now() - number * interval '1 hour'")
    await execute(sessions, "UPDATE tickets SET client_waiting_since = now() - number * interval '1 day' WHERE number < 4")
    await indexed(sessions)
    async with console_site(sessions, ADMIN) as made:
        yield made


def listed(answer: Answer) -> list[int]:
    """Numbers of the tickets, in their order."""
    assert answer.status == 200, answer.said[:500]
    return [int(each.rpartition("/")[2]) for each in answer.links() if each.rpartition("/")[2].isdecimal()]


# One site for all: opening the tickets takes longer than listing them.
FILTERS: Sequence[tuple[dict[str, str], list[int]]] = [
    ({}, [1, 2, 3, 5]),
    ({"status": "all"}, [1, 2, 3, 4, 5]),
    ({"status": "closed"}, [4]),
    ({"status": "spam"}, []),
    ({"status": "nonsense"}, [1, 2, 3, 5]),
    ({"department": "sales"}, [3]),
    ({"department": "support"}, [1, 2, 5]),
    ({"assignee": "dana@staff.test"}, [2]),
    ({"assignee": "dana@home.test"}, [2]),
    ({"assignee": "nobody"}, [1, 3, 5]),
    ({"tag": "vip"}, [1]),
    ({"tag": "VIP"}, [1]),
    ({"gateway": "sales@desk.test"}, [3]),
    ({"client": "2"}, [2]),
    ({"client": "99999999999999999999"}, [1, 2, 3, 5]),
    ({"order": "number"}, [5, 3, 2, 1]),
    ({"order": "waiting"}, [3, 2, 1, 5]),
    ({"q": "faktury"}, [2]),
    ({"q": "Kowalskiej"}, [2]),
    ({"q": "счета"}, [3]),
    ({"q": "story"}, [4]),
    ({"q": "story", "status": "active"}, []),
    ({"q": "#4"}, [4]),
    ({"q": "faktura", "at": "nonsense"}, [2]),
    ({"at": "f1_2026"}, [1, 2, 3, 5]),
    ({"q": "\0'\"<>&|!():*"}, []),
]


async def test_each_filter_keeps_its_tickets(site: ConsoleSite) -> None:
    kept = [(query, listed(await site.ask("GET", "/tickets", params=query))) for query, _ in FILTERS]
    assert kept == FILTERS


async def test_an_operator_sees_and_counts_and_finds_their_departments_alone(site: ConsoleSite) -> None:
    for operator, numbers, tags in (
        (AGENT, [1, 2, 4, 5], ["VIP"]),
        (SALES, [3], ["Hidden"]),
        (VIEWER, [1, 2, 3, 4, 5], ["VIP", "Hidden"]),
        (replace(SALES, departments=()), [], []),
    ):
        site.operator = operator
        page = await site.get("/tickets", status="all")
        assert listed(page) == numbers
        assert f"all {len(numbers)}" in page.said
        assert ("Счёт" in page.said) == (3 in numbers)
        assert [each for each in ("VIP", "Hidden") if f'value="{each}"' in page.body] == tags
        for words, number in (("faktura", 2), ("счёт", 3), ("#3", 3), ("olga@client.test", 3)):
            assert listed(await site.get("/tickets", q=words)) == ([number] if number in numbers else [])
        for_client = await site.get("/tickets", client="3")
        assert listed(for_client) == ([3] if 3 in numbers else [])
        assert ("Ольга" in for_client.said) == (3 in numbers)


async def test_my_tickets_are_those_of_the_agent_that_i_am(site: ConsoleSite) -> None:
    site.operator = AGENT
    assert listed(await site.get("/tickets", assignee="me")) == [2]
    site.operator = CLERK
    assert listed(await site.get("/tickets", assignee="me")) == []


async def test_counts_by_status_and_gateway_follow_the_other_filters(site: ConsoleSite) -> None:
    said = (await site.get("/tickets")).said
    assert "to do 4" in said
    assert "all 5" in said
    assert "support@desk.test (3)" in said
    assert "sales@desk.test (1)" in said
    said = (await site.get("/tickets", gateway="sales@desk.test")).said
    assert "to do 1" in said
    assert "support@desk.test (3)" in said
    said = (await site.get("/tickets", q="faktura")).said
    assert "all 1" in said
    assert "sales@desk.test (0)" in said


async def test_found_words_are_marked_and_nothing_of_a_ticket_is_markup(site: ConsoleSite) -> None:
    await note(site.sessions, 1, "<script>alert(1)</script> a burning <mark>faktura</mark>")
    await indexed(site.sessions)
    page = await site.get("/tickets", q="burn faktury")
    assert "<mark>burning</mark>" in page.body
    assert "<script>alert" not in page.body
    assert page.body.count("<mark>") == 2
    assert "Printer &lt;b&gt;" in page.body


async def test_the_page_is_whole_in_each_language_and_when_nothing_is_there(site: ConsoleSite) -> None:
    pages = await site.in_each_language("/tickets?status=all")
    assert "Обращения" in pages["ru"].said
    assert "Zgłoszenia" in pages["pl"].said
    for query in ("q=nothinglikeit", "status=trash", "q=the", "tag=none", "q=faktura"):
        await site.in_each_language(f"/tickets?{query}")
    await execute(site.sessions, "UPDATE tickets SET status = 'closed'")
    assert "Nothing is left to do" in (await site.get("/tickets")).said


async def test_a_desk_without_tickets_says_what_to_do(sessions: Sessions) -> None:
    async with console_site(sessions, ADMIN) as site:
        for language, page in (await site.in_each_language("/tickets")).items():
            assert 'class="empty"' in page.body, language
        assert "There are no tickets yet" in (await site.get("/tickets")).said


async def test_a_merged_ticket_is_not_listed(site: ConsoleSite) -> None:
    await execute(site.sessions, "UPDATE tickets SET merged_into = 1 WHERE number = 2")
    assert listed(await site.get("/tickets", status="all")) == [1, 3, 4, 5]


async def test_pages_lead_to_every_ticket_once_and_back(sessions: Sessions) -> None:
    await execute(sessions, "INSERT INTO clients (id, name) VALUES (1, 'Anna')")
    await execute(
        sessions,
        "INSERT INTO tickets (subject, department, language, client_id, updated_at, client_waiting_since) "
        "SELECT 'x', 'support', 'en', 1, date '2026-01-01' + n / 3 * interval '1 day', date '2026-01-01' + n / 4 * interval '1 day' "
        "FROM generate_series(1, 23) AS n",
    )
    for order in (Order.UPDATED, Order.NUMBER, Order.WAITING):
        await leads_to_all_and_back(sessions, order)


async def leads_to_all_and_back(sessions: Sessions, order: Order) -> None:
    there: list[list[int]] = []
    async with sessions() as session:
        page = await ticket_lists.list_page(session, TicketFilter(), order, limit=5)
        assert page.newer is None
        there.append([row["number"] for row in page.rows])
        while page.older is not None:
            page = await ticket_lists.list_page(session, TicketFilter(), order, page.older, 5)
            there.append([row["number"] for row in page.rows])
        back = [there[-1]]
        while page.newer is not None:
            page = await ticket_lists.list_page(session, TicketFilter(), order, page.newer, 5)
            back.append([row["number"] for row in page.rows])
    assert sorted(number for page_numbers in there for number in page_numbers) == list(range(1, 24))
    assert back == there[::-1]


async def test_pages_of_a_search_lead_to_every_ticket_once_and_back(sessions: Sessions) -> None:
    for each in range(7):
        await open_one(sessions, f"burning {'and burning ' * (each % 3)}{each}", f"Subject {each}")
    await indexed(sessions)
    async with console_site(sessions, ADMIN) as site:
        whole = listed(await site.get("/tickets", q="burn"))
    assert len(whole) == 7
    asked = TicketFilter(seen=departments_of(("support",), ORGANISATION))
    async with sessions() as session:
        page = await ticket_lists.search_page(session, asked, "'burn'", common=False, limit=3)
        there = [[row["number"] for row in page.rows]]
        while page.older is not None:
            page = await ticket_lists.search_page(session, asked, "'burn'", common=True, at=page.older, limit=3)
            there.append([row["number"] for row in page.rows])
        back = [there[-1]]
        while page.newer is not None:
            page = await ticket_lists.search_page(session, asked, "'burn'", common=False, at=page.newer, limit=3)
            back.append([row["number"] for row in page.rows])
    assert [number for page_numbers in there for number in page_numbers] == whole
    assert back == there[::-1]


async def test_the_links_between_pages_keep_the_filter(sessions: Sessions) -> None:
    await execute(sessions, "INSERT INTO clients (id, name) VALUES (1, 'Anna')")
    await execute(
        sessions,
        "INSERT INTO tickets (subject, department, language, client_id, status, updated_at) "
        "SELECT 'x', 'support', 'en', 1, 'resolved', now() - n * interval '1 minute' FROM generate_series(1, 60) AS n",
    )
    async with console_site(sessions, ADMIN) as site:
        first = await site.get("/tickets", status="resolved", department="support")
        [older] = [each for each in first.links() if "at=" in each]
        second = await site.get(f"/{older}")
        [newer] = [each for each in second.links() if "at=" in each]
        assert listed(first) + listed(second) == list(range(1, 61))
        assert listed(await site.get(f"/{newer}")) == listed(first)


async def test_what_only_too_common_words_find_is_capped_and_said_so(site: ConsoleSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_lists, "MOST", 2)
    page = await site.get("/tickets", q="client.test")
    assert len(listed(page)) == 2
    assert "the newest 2 were looked at" in page.said


@pytest.mark.parametrize("by", [12.5, 3.0])
def test_a_position_survives_its_link(by: float) -> None:
    asked = Asked(q="words")
    at = Position(by, 7, back=True)
    assert position(written(at), asked) == at
    assert position(written(at), Asked()) is None


@pytest.mark.parametrize("given", ["", "x", "f", "f1", "f1_", "b-1_2", "f1_nan", "f1_inf", "f1_1e999", "f١_1", "f1_2026-01-01T00:00:00"])
def test_a_position_of_nothing_is_the_first_page(given: str) -> None:
    assert position(given, Asked(q="words")) is None
    assert position(given, Asked()) is None


def test_a_search_and_a_client_are_looked_for_among_all_that_was_not_thrown_away() -> None:
    assert asked_of({}).statuses == (Status.NEW, Status.OPEN, Status.PENDING)
    assert Status.CLOSED in asked_of({"q": "x"}).statuses
    assert Status.CLOSED in asked_of({"client": "1"}).statuses
    assert Status.SPAM not in asked_of({"q": "x"}).statuses
    assert asked_of({"q": "x", "status": "spam"}).statuses == (Status.SPAM,)
