"""The benchmark of the console, on a small desk: its pages are there for somebody who has logged in, and its searches find what they are
named for."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.bench import console
from gateway.deeds import ticket_lists
from gateway.domain.ticket_lists import TicketFilter
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
TICKETS = 1000


async def test_every_page_is_timed_and_every_search_finds_what_it_is_named_for(
    database_url: str, sessions: Sessions, tmp_path: Path
) -> None:
    found = await console.measure(database_url, tmp_path, tickets=TICKETS, rounds=1)
    asked = console.pages(TICKETS)
    assert found["pages"].keys() == asked.keys()
    assert all(seconds > 0 for seconds in found["pages"].values())
    assert found["slowest_median_seconds"] == max(found["pages"].values())
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM ticket_search")) == TICKETS
        for words, most in (
            ("order 100500", 1),
            ("client126@firm126.test", 4),
            ("invoices", TICKETS),
            ("счета", TICKETS),
            ("faktury", TICKETS),
            ('"black after the restart"', TICKETS),
            ("confirm*", TICKETS),
        ):
            search = await ticket_lists.search_of(session, words)
            page = await ticket_lists.page(session, ORGANISATION, TicketFilter(), None, search)
            assert 0 < len(page.rows) <= most, words
        for words in ("technician paczka", "chrysanthemum"):
            assert not (
                await ticket_lists.page(session, ORGANISATION, TicketFilter(), None, await ticket_lists.search_of(session, words))
            ).rows
