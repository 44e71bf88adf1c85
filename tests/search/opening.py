"""Tickets to search in, opened by the desk's own steps, and indexed as the schedule does."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds import ticket_lists, tickets
from gateway.deeds.deed import Deed
from gateway.deeds.hand import Hand
from gateway.deeds.ticket_lists import Found
from gateway.deeds.wishes import Opening, file_of
from gateway.desk.indexing import index_tickets
from gateway.domain.actor import Actor
from gateway.domain.audit import Access, Who
from gateway.domain.states import Role
from gateway.domain.steps import Person
from gateway.domain.ticket_lists import TicketFilter
from storage.search import Stems
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
OLEG = Actor(Role.AGENT, "Олег Агентов", "oleg@staff.test")
EVERYTHING = TicketFilter()


def oleg(effect: str) -> Hand:
    return Hand(OLEG, ORGANISATION, Deed("tests", Access.CHANGE, Who("oleg", "oleg", "tests"), ORGANISATION), effect)


async def open_one(
    sessions: Sessions,
    words: str = "It burns.",
    subject: str = "Printer",
    client: str = "anna@client.test",
    name: str = "Anna",
    gateway: str | None = None,
) -> int:
    opening = Opening(Person(name, client), subject, words, gateway)
    async with sessions.begin() as session:
        done = await tickets.open_by_hand(session, oleg(f"{words[:50]}{subject}{client}{gateway}"), opening)
    return done.ticket


async def note(sessions: Sessions, number: int, words: str, filename: str | None = None) -> None:
    files = (file_of(filename, "text/plain", b"x"),) if filename else ()
    async with sessions.begin() as session:
        await tickets.note(session, oleg(f"note {number} {words}"), number, words, files)


async def indexed(sessions: Sessions) -> int:
    return await index_tickets(sessions, Stems())


async def found(sessions: Sessions, words: str, asked: TicketFilter = EVERYTHING, limit: int = 50) -> Found:
    async with sessions() as session:
        search = await ticket_lists.search_of(session, words)
        return await ticket_lists.page(session, ORGANISATION, asked, None, search, None, limit)


async def numbers(sessions: Sessions, words: str, asked: TicketFilter = EVERYTHING) -> list[int]:
    return [row["number"] for row in (await found(sessions, words, asked)).rows]


async def execute(sessions: Sessions, statement: str, **values: object) -> None:
    async with sessions.begin() as session:
        await session.execute(text(statement), values)


async def count(sessions: Sessions, table: str) -> int:
    async with sessions() as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())
