"""What people do to mail and letters, whichever the door: who may, what is refused, and that it is done once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.deeds import inbound, outbox
from gateway.deeds.deed import Deed
from gateway.deeds.inbound import Sorted, from_addresses
from gateway.deeds.refused import Missing, NotYet, Refused
from gateway.domain.audit import Access, Who
from gateway.domain.facts import Assignment
from gateway.domain.visible import Visible, visible_to
from tests.desk.office import Office, written
from tests.desk.values import ORGANISATION

Sessions = async_sessionmaker[AsyncSession]
HOLDING = replace(ORGANISATION, desk=replace(ORGANISATION.desk, unknown_clients="hold"))
SUPPORT, SALES = (visible_to((each,), HOLDING) for each in ("support", "sales"))
NEW = Assignment(None, None)


def deed() -> Deed:
    return Deed("inbound.assign", Access.CHANGE, Who("Root", "Root", "console"), HOLDING)


@asynccontextmanager
async def undone(sessions: Sessions, why: type[Refused]) -> AsyncIterator[AsyncSession]:
    with pytest.raises(why):
        async with sessions.begin() as session:
            yield session


@pytest.mark.parametrize(
    ("departments", "expected"),
    [
        (None, None),
        (("sales",), Visible(("sales",), ("sales@desk.test",), (), ("support@desk.test", "old@desk.test"))),
        (("support",), Visible(("support",), ("support@desk.test", "old@desk.test"), ("any.test",), ("sales@desk.test",))),
        (("sales", "support"), Visible(("sales", "support"), ("support@desk.test", "sales@desk.test", "old@desk.test"), ("any.test",), ())),
        ((), Visible((), (), (), ("support@desk.test", "sales@desk.test", "old@desk.test"))),
    ],
    ids=["everything", "one address", "a catch-all", "both", "none"],
)
def test_what_a_department_takes_is_what_it_sees(departments: tuple[str, ...] | None, expected: Visible | None) -> None:
    assert visible_to(departments, ORGANISATION) == expected


@pytest.mark.parametrize(
    ("authors", "domains", "key", "meant"),
    [
        (["a@b.test"], [], "a@b.test", True),
        (["a@b.test"], [], "c@b.test", False),
        ([], ["b.test"], "c@b.test", True),
        ([], ["b.test"], "c@sub.b.test", False),
        ([], [""], "", False),
    ],
)
def test_writers_are_meant_by_address_or_domain(authors: list[str], domains: list[str], key: str, meant: bool) -> None:
    assert from_addresses(authors, domains)(key) is meant


async def test_assigning_twice_has_one_effect_and_to_another_client_is_refused(sessions: Sessions) -> None:
    office = Office(sessions, HOLDING)
    number = await office.take(written("Anna <anna@client.test>"))
    async with sessions.begin() as session:
        assert await inbound.assign(session, deed(), HOLDING, [number, number], NEW) == Sorted((number,), ())
    async with sessions.begin() as session:
        assert await inbound.assign(session, deed(), HOLDING, [number], NEW) == Sorted((), (number,))
    async with undone(sessions, NotYet) as session:
        await inbound.assign(session, deed(), HOLDING, [number], Assignment(None, "sales"))
    async with undone(sessions, NotYet) as session:
        await inbound.discard(session, deed(), [number])
    for each in await office.claim():
        await office.work(each)
    async with undone(sessions, Refused) as session:
        await inbound.discard(session, deed(), [number])
    assert await office.rows("SELECT count(*) FROM tickets") == [(1,)]


@pytest.mark.parametrize(
    ("author", "key"),
    [("Dana <dana@staff.test>", "inbound.why_agent"), ("Desk <sales@desk.test>", "inbound.why_ours")],
    ids=["an agent", "ourselves"],
)
async def test_who_is_of_the_desk_becomes_no_client_and_undoes_the_whole(sessions: Sessions, author: str, key: str) -> None:
    office = Office(sessions, HOLDING)
    fine, wrong = await office.receive(written("Anna <anna@client.test>")), await office.receive(written(author))
    address = author.partition("<")[2].rstrip(">")
    await office.alter("UPDATE inbound_messages SET state = 'held', author = 'anna@client.test'")
    await office.alter(f"UPDATE inbound_messages SET author = '{address}' WHERE id = {wrong}")
    with pytest.raises(Refused) as refused:
        async with sessions.begin() as session:
            await inbound.assign(session, deed(), HOLDING, [fine, wrong], NEW)
    assert refused.value.key == key
    assert await office.rows("SELECT DISTINCT state FROM inbound_messages") == [("held",)]
    async with sessions.begin() as session:
        assert await inbound.assign(session, deed(), HOLDING, [fine, wrong], NEW, passing_over=True) == Sorted((fine,), ())


async def test_what_is_anothers_is_missing_whatever_is_done_to_it(sessions: Sessions) -> None:
    office = Office(sessions, HOLDING)
    number = await office.take(written("Anna <anna@client.test>"))
    async with undone(sessions, Missing) as session:
        await inbound.assign(session, deed(), HOLDING, [number], NEW, sees=SALES)
    async with undone(sessions, Missing) as session:
        await inbound.discard(session, deed(), [number], sees=SALES)
    async with undone(sessions, Missing) as session:
        await inbound.replay(session, deed(), number, sees=SALES)
    async with undone(sessions, Refused) as session:
        await inbound.assign(session, deed(), HOLDING, [number], Assignment(None, "sales"), sees=SUPPORT)
    async with sessions.begin() as session:
        assert await inbound.held_from(session, from_addresses(["anna@client.test"]), sees=SALES) == []
        assert await inbound.held_from(session, from_addresses(["anna@client.test"]), sees=SUPPORT) == [number]
    assert await office.rows("SELECT state, assigned FROM inbound_messages") == [("held", None)]


async def test_letters_that_are_not_theirs_are_told_like_letters_that_are_not_there(sessions: Sessions) -> None:
    office = Office(sessions)
    await office.take(written("Anna <anna@client.test>"))
    numbers = [row[0] for row in await office.rows("SELECT id FROM outbox_messages ORDER BY id")]
    async with sessions.begin() as session:
        acted = await outbox.cancel(session, deed(), [*numbers, 999], sees=SALES)
        assert (acted.done, set(acted.refused.values())) == ((), {"absent"})
        assert (await outbox.cancel(session, deed(), numbers, sees=SUPPORT)).done == tuple(numbers)
    async with undone(sessions, Missing) as session:
        await outbox.seen(session, numbers[0], SALES)
