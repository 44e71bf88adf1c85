import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from gateway.workers.schedule import JOBS, RETRY_SECONDS, Job, Schedule, in_one
from storage import schedule

Sessions = async_sessionmaker[AsyncSession]

TOUCH = text("UPDATE controls SET changed_at = now() WHERE name = :name")


class Counted:
    def __init__(self, error: Exception | None = None) -> None:
        self.runs, self.error = 0, error

    async def __call__(self, sessions: Sessions) -> int:
        self.runs += 1
        if self.error is not None:
            raise self.error
        return self.runs


async def minutes_pass(sessions: Sessions) -> None:
    """For who holds a lease."""
    async with sessions.begin() as session:
        await session.execute(text("UPDATE schedule SET lease_until = lease_until - interval '5 min'"))


async def row(sessions: Sessions, job: str) -> tuple[timedelta, str | None, int]:
    """In how long it is due, its last error, its runs."""
    async with sessions() as session:
        found = (
            await session.execute(text("SELECT due_at - now() AS due_in, last_error, runs FROM schedule WHERE job = :job"), {"job": job})
        ).one()
    return found.due_in, found.last_error, found.runs


async def test_a_job_runs_once_a_period_however_many_schedules_look(sessions: Sessions) -> None:
    work = Counted()
    nodes = [Schedule(sessions, f"node {number}", [Job("count", 3600.0, work)]) for number in range(4)]
    await asyncio.gather(*(node.run_due() for node in nodes))
    await asyncio.gather(*(node.run_due() for node in nodes))
    due_in, error, runs = await row(sessions, "count")
    assert (work.runs, error, runs) == (1, None, 1)
    assert timedelta(minutes=59) < due_in <= timedelta(hours=1)


async def test_a_job_that_fails_is_tried_again_soon_and_does_not_keep_others_from_running(sessions: Sessions) -> None:
    failing, work = Counted(ValueError("no room")), Counted()
    await Schedule(sessions, "node", [Job("failing", 3600.0, failing), Job("count", 3600.0, work)]).run_due()
    due_in, error, runs = await row(sessions, "failing")
    assert (error, runs, work.runs) == ("ValueError: no room", 1, 1)
    assert due_in <= timedelta(seconds=RETRY_SECONDS)


async def test_a_job_that_was_only_in_somebodys_way_is_tried_again_soon_and_is_no_error(sessions: Sessions) -> None:
    """Two transactions want two rows, each the one that the other has: PostgreSQL ends one of them."""
    async with sessions.begin() as session:
        await session.execute(text("INSERT INTO controls (name, value) VALUES ('one', '{}'), ('two', '{}')"))

    def both(first: str, second: str) -> Callable[[AsyncSession], Awaitable[None]]:
        async def work(session: AsyncSession) -> None:
            await session.execute(TOUCH, {"name": first})
            await both_have_one.wait()
            await session.execute(TOUCH, {"name": second})

        return work

    both_have_one = asyncio.Barrier(2)
    jobs = [Job("there", 3600.0, in_one(both("one", "two"))), Job("back", 3600.0, in_one(both("two", "one")))]
    with capture_logs() as logs:
        await asyncio.gather(*(Schedule(sessions, f"node of {each.name}", [each]).run_due() for each in jobs))
    errors = [error for _, error, _ in [await row(sessions, each.name) for each in jobs] if error is not None]
    assert len(errors) == 1
    assert "deadlock detected" in errors[0]
    assert [(each["event"], each["log_level"]) for each in logs if each["event"] != "job_done"] == [("job_put_off", "info")]


async def test_what_a_failing_job_did_is_undone(sessions: Sessions) -> None:
    async def half(session: AsyncSession) -> None:
        await session.execute(text("INSERT INTO controls (name, value) VALUES ('half', '{}')"))
        raise ValueError

    await Schedule(sessions, "node", [Job("half", 1.0, in_one(half))]).run_due()
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM controls WHERE name = 'half'")) == 0


async def test_the_lease_of_a_dead_worker_is_taken_over_and_its_late_end_does_not_count(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        assert await schedule.take(session, "count", "dead", 60.0)
    async with sessions.begin() as session:
        assert not await schedule.take(session, "count", "node", 60.0)
    await minutes_pass(sessions)
    async with sessions.begin() as session:
        assert await schedule.take(session, "count", "node", 60.0)
    async with sessions.begin() as session:
        assert not await schedule.finish(session, "count", "dead", 3600.0)
        assert await schedule.finish(session, "count", "node", 3600.0)


async def test_a_job_keeps_its_lease_as_long_as_it_runs_and_no_longer_than_its_process_lives(sessions: Sessions) -> None:
    begun, end, work = asyncio.Event(), asyncio.Event(), Counted()

    async def lasting(_: Sessions) -> None:
        begun.set()
        await end.wait()

    running = asyncio.create_task(Schedule(sessions, "first", [Job("count", 3600.0, lasting)], lease=1.5).run_due())
    await begun.wait()
    other = Schedule(sessions, "second", [Job("count", 3600.0, work)])
    await asyncio.sleep(2.0)
    await other.run_due()
    assert work.runs == 0
    end.set()
    await running
    assert (await row(sessions, "count"))[1:] == (None, 1)

    begun.clear()
    end.clear()
    async with sessions.begin() as session:
        await session.execute(text("UPDATE schedule SET due_at = now()"))
    dead = asyncio.create_task(Schedule(sessions, "third", [Job("count", 3600.0, lasting)]).run_due())
    await begun.wait()
    dead.cancel()
    await asyncio.wait([dead])
    await other.run_due()
    assert work.runs == 0
    await minutes_pass(sessions)
    await other.run_due()
    assert work.runs == 1


async def test_it_stops_when_told(sessions: Sessions) -> None:
    work, stop = Counted(), asyncio.Event()
    running = asyncio.create_task(Schedule(sessions, "node", [Job("count", 0.0, work)], look=0.01).run(stop))
    while work.runs < 3:
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 60)


async def test_what_has_served_its_time_is_forgotten(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(
            text("""
                INSERT INTO effects (key, inbound_id, expires_at) VALUES
                    ('past', 1, now() - interval '1 s'), ('future', 2, now() + interval '1 h'), ('never', 3, NULL)
            """)
        )
        await session.execute(
            text("""
                INSERT INTO automatic_letters (at, address, domain, network, subject_key)
                SELECT now() - interval '1 hour' * hours, 'a@b.test', 'b.test', '', '' FROM unnest(ARRAY[1, 47, 49, 100]) AS hours
            """)
        )
    async with sessions.begin() as session:
        assert await schedule.forget(session) == 3
    async with sessions() as session:
        assert set(await session.scalars(text("SELECT convert_from(key, 'UTF8') FROM effects"))) == {"future", "never"}
        assert await session.scalar(text("SELECT count(*) FROM automatic_letters")) == 2


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
async def test_every_job_of_ours_may_run_twice(job: Job, sessions: Sessions) -> None:
    for _ in range(2):
        await job.run(sessions)
