"""What is kept of sessions and tries, and for how long."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.operators import Way
from storage import web_sessions
from storage.web_sessions import Opened, Span, Tries

NOW = datetime.now(UTC).replace(microsecond=0)
Sessions = async_sessionmaker[AsyncSession]


def opened(token: bytes, operator: str = "anna") -> Opened:
    return Opened(token, operator, b"f", Way.PASSWORD, "192.0.2.1", "Firefox")


async def test_reading_writes_once_a_minute(sessions: Sessions) -> None:
    span = Span(NOW, timedelta(hours=1), timedelta(hours=2))
    used = []
    async with sessions.begin() as session:
        id = await web_sessions.open_session(session, opened(b"a"), NOW)
        for seconds in (10, 59, 61, 70, 130):
            await web_sessions.use(session, id, NOW + timedelta(seconds=seconds))
            found = await web_sessions.by_token(session, b"a", span)
            assert found is not None
            used.append((found.used_at - NOW).total_seconds())
    assert used == [0, 0, 61, 61, 130]


async def test_what_is_over_is_not_listed_and_goes_in_the_end(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for token, age in ((b"a", timedelta(0)), (b"b", timedelta(hours=5)), (b"c", timedelta(days=9)), (b"d", timedelta(days=92))):
            await web_sessions.open_session(session, opened(token), NOW - age)
        await session.execute(text("UPDATE web_sessions SET used_at = now() WHERE token = :token"), {"token": b"d"})
        await session.execute(text("INSERT INTO login_attempts (at, name, network) VALUES (now() - interval '2 days', '\\x00', 'x')"))
        span = Span(NOW, timedelta(hours=4), timedelta(hours=16))
        assert [each.id for each in await web_sessions.listed(session, span)] == [1]
        assert await web_sessions.forget(session) == 2
        assert (await session.execute(text("SELECT count(*) FROM login_attempts"))).scalar_one() == 0
        assert await web_sessions.end_all(session) == [1, 2]


async def test_tries_wait_for_the_oldest_of_the_window_and_no_longer(sessions: Sessions) -> None:
    tries = Tries(of_both=2)
    waits = []
    for minutes in (0, 5, 10, 14, 16, 17, 21):
        async with sessions.begin() as session:
            wait = await web_sessions.attempt(session, b"anna", "192.0.2.1", tries, NOW + timedelta(minutes=minutes))
            waits.append(None if wait is None else wait.total_seconds() / 60)
    assert waits == [None, None, 5, 1, None, 3, None]


async def test_a_password_that_was_right_forgives_its_own_tries_alone(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for name, network in ((b"anna", "192.0.2.1"), (b"anna", "192.0.2.2"), (b"ivan", "192.0.2.1")):
            await web_sessions.attempt(session, name, network, Tries(), NOW)
        await web_sessions.right(session, b"anna", "192.0.2.1")
        left = await session.execute(text("SELECT convert_from(name, 'UTF8'), network FROM login_attempts ORDER BY id"))
        assert [tuple(row) for row in left] == [("anna", "192.0.2.2"), ("ivan", "192.0.2.1")]
