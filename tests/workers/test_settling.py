"""Work that is settled together: who shares a transaction, and that nobody spoils it for the others."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.workers.settling import Settling
from storage.company import Turn, together

Sessions = async_sessionmaker[AsyncSession]


async def noted(session: AsyncSession, asked: Sequence[int]) -> Sequence[int]:
    """Each with the transaction that it was written in."""
    written = "INSERT INTO notes SELECT unnest(CAST(:asked AS int[])) RETURNING CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
    return (await session.execute(text(written), {"asked": list(asked)})).scalars().all()


async def locked(session: AsyncSession, asked: Sequence[int]) -> Sequence[None]:
    return [None for _ in asked]


class Work:
    """Notes its number; some do not get so far, or fail afterwards."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.runs = 0

    async def __call__(self, session: AsyncSession) -> int:
        self.runs += 1
        await together(session, Turn.KEYS, locked, self.number)
        await self.before(session)
        transaction: int = await together(session, Turn.OPENED, noted, self.number)
        await self.after(session)
        return transaction

    async def before(self, session: AsyncSession) -> None:
        """Nothing is written yet."""

    async def after(self, session: AsyncSession) -> None:
        """Its note is."""


class Poison(Work):
    async def before(self, session: AsyncSession) -> None:
        raise ValueError("poison")


class LatePoison(Work):
    async def after(self, session: AsyncSession) -> None:
        raise ValueError("late poison")


class Unsociable(Work):
    async def before(self, session: AsyncSession) -> None:
        await session.execute(text("SELECT 1"))


class Twofold(Work):
    async def after(self, session: AsyncSession) -> None:
        await together(session, Turn.OPENED, noted, 10 * self.number)


@pytest.fixture
async def settling(sessions: Sessions) -> Settling[int]:
    async with sessions.begin() as session:
        await session.execute(text("CREATE TABLE notes (number int UNIQUE CHECK (number <> 13))"))
    return Settling(sessions)


async def notes(sessions: Sessions) -> list[int]:
    async with sessions() as session:
        return list((await session.execute(text("SELECT number FROM notes ORDER BY number"))).scalars())


async def settled(settling: Settling[int], *work: Work) -> list[int | BaseException]:
    return await asyncio.gather(*(settling.settle(each) for each in work), return_exceptions=True)


async def test_what_waits_at_the_same_time_shares_a_transaction(settling: Settling[int], sessions: Sessions) -> None:
    transactions = await settled(settling, *map(Work, range(5)))
    assert len(set(transactions)) == 1
    [alone] = await settled(settling, Work(5))
    assert alone not in transactions
    assert await notes(sessions) == [0, 1, 2, 3, 4, 5]


async def test_a_company_is_no_larger_than_it_may_be(settling: Settling[int], sessions: Sessions) -> None:
    transactions = await settled(Settling(sessions, largest=2), *map(Work, range(5)))
    assert len(set(transactions)) == 3


@pytest.mark.parametrize("odd", [Poison, Unsociable])
async def test_who_cannot_go_on_before_it_wrote_leaves_the_others_together(
    odd: type[Work], settling: Settling[int], sessions: Sessions
) -> None:
    first, own, last = Work(1), odd(2), Work(3)
    done = await settled(settling, first, own, last)
    assert done[0] == done[2] != done[1]
    assert (first.runs, own.runs, last.runs) == (1, 2, 1)
    assert await notes(sessions) == ([1, 3] if odd is Poison else [1, 2, 3])
    assert isinstance(done[1], ValueError) == (odd is Poison)


@pytest.mark.parametrize("odd", [LatePoison, Twofold])
async def test_who_cannot_go_on_after_it_wrote_has_each_done_by_itself(
    odd: type[Work], settling: Settling[int], sessions: Sessions
) -> None:
    done = await settled(settling, Work(1), odd(2), Work(3))
    assert len(set(map(str, done))) == 3
    assert await notes(sessions) == ([1, 3] if odd is LatePoison else [1, 2, 3, 20])


async def test_what_the_database_refuses_of_one_is_refused_to_that_one(settling: Settling[int], sessions: Sessions) -> None:
    first, refused, last = await settled(settling, Work(1), Work(13), Work(3))
    assert "CheckViolation" in str(refused)
    assert isinstance(first, int)
    assert isinstance(last, int)
    assert await notes(sessions) == [1, 3]


async def test_a_database_that_goes_away_is_told_to_all_at_once(settling: Settling[int], sessions: Sessions, engine: AsyncEngine) -> None:
    class Cut(Work):
        async def after(self, session: AsyncSession) -> None:
            await together(session, Turn.ENDED, ended, self.number)

    async def ended(session: AsyncSession, asked: Sequence[int]) -> Sequence[None]:
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return [None for _ in asked]

    work = [Cut(number) for number in range(3)]
    done = await settled(settling, *work)
    assert all(isinstance(each, Exception) for each in done)
    assert [each.runs for each in work] == [1, 1, 1]
    assert await notes(sessions) == []


async def test_whoever_is_held_up_by_a_lock_holds_up_nobody_else_for_long(settling: Settling[int], sessions: Sessions) -> None:
    class Impatient(Work):
        async def after(self, session: AsyncSession) -> None:
            await together(session, Turn.ENDED, waited, self.number)

    async def waited(session: AsyncSession, asked: Sequence[int]) -> Sequence[None]:
        if 1 in asked:
            await session.execute(text("SET LOCAL lock_timeout = '20ms'"))
            await session.execute(text("SELECT pg_advisory_xact_lock(1)"))
        return [None for _ in asked]

    async with sessions.begin() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(1)"))
        late, other = await settled(settling, Impatient(1), Impatient(2))
    assert "lock timeout" in str(late)
    assert isinstance(other, int)
    assert await notes(sessions) == [2]


async def test_what_is_large_is_settled_by_itself(settling: Settling[int]) -> None:
    small, large, other = await asyncio.gather(settling.settle(Work(1)), settling.settle(Work(2), alone=True), settling.settle(Work(3)))
    assert small == other != large


async def test_who_is_cancelled_while_it_waits_is_left_out(settling: Settling[int], sessions: Sessions) -> None:
    work = [Work(number) for number in range(3)]
    tasks = [asyncio.create_task(settling.settle(each)) for each in work]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert isinstance((await asyncio.gather(*tasks, return_exceptions=True))[1], asyncio.CancelledError)
    assert work[1].runs == 0
    assert await notes(sessions) == [0, 2]


async def test_closing_waits_for_the_transaction_under_way(settling: Settling[int], sessions: Sessions) -> None:
    task = asyncio.create_task(settling.settle(Work(1)))
    await asyncio.sleep(0)
    await settling.aclose()
    assert await notes(sessions) == [1]
    await task


async def test_a_member_that_waits_for_anything_but_its_turn_is_set_apart(settling: Settling[int], sessions: Sessions) -> None:
    class Sleepy(Work):
        async def before(self, session: AsyncSession) -> None:
            await asyncio.sleep(0)

    sleepy = Sleepy(2)
    done = await settled(settling, Work(1), sleepy)
    assert done[0] != done[1]
    assert sleepy.runs == 2
    assert await notes(sessions) == [1, 2]
