"""MTA-STS policies in the database, which outlive the sender that fetched them."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.outbound.mx.policies import Database
from gateway.outbound.mx.sts import Policy
from gateway.outbound.retry import Deferred
from storage import sts
from tests.outbound.mx.world import ONE, Remembered, world

ENFORCE = Policy("enforce", ("mx.client.test", "*.client.test"), 86400)


async def test_a_policy_is_kept_until_it_expires_and_the_last_one_counts(sessions: async_sessionmaker[AsyncSession]) -> None:
    store = Database(sessions)
    assert await store.policy("client.test") is None
    await store.keep("client.test", "1", Policy("testing", ("mx.client.test",), 60))
    await store.keep("client.test", "2", ENFORCE)
    kept = await store.policy("client.test")
    assert kept is not None
    assert (kept.identity, kept.policy.mode, kept.policy.mx) == ("2", "enforce", ENFORCE.mx)
    assert 0 <= kept.age < 60
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE sts_policies SET expires_at = now() - interval '1 second', fetched_at = now() - interval '1 day'")
        )
    assert await store.policy("client.test") is None


async def test_what_has_expired_is_forgotten_by_and_by(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions.begin() as session:
        await session.execute(
            text("""INSERT INTO sts_policies (domain, policy_id, mode, mx, expires_at)
                    SELECT 'd' || n || '.test', '1', 'none', '{}', now() - interval '1 hour' FROM generate_series(1, 15) n""")
        )
    await Database(sessions).keep("client.test", "1", ENFORCE)
    async with sessions() as session:
        assert (await session.execute(text("SELECT array_agg(domain) FROM sts_policies"))).scalar_one() == ["client.test"]


async def test_two_senders_may_keep_the_same_policy_at_once(sessions: async_sessionmaker[AsyncSession]) -> None:
    store = Database(sessions)
    await asyncio.gather(*(store.keep("client.test", str(n), ENFORCE) for n in range(5)))
    assert await store.policy("client.test") is not None


async def test_a_policy_that_was_never_more_than_a_second_long_is_gone(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions.begin() as session:
        await sts.keep(session, "client.test", "1", "enforce", ("mx.client.test",), 0)
    assert await Database(sessions).policy("client.test") is None


class Away(Remembered):
    async def policy(self, domain: str) -> None:
        raise ConnectionRefusedError(111, "Connection refused")


async def test_while_the_database_is_away_nobody_knows_what_a_domain_demands_and_the_letter_waits() -> None:
    async with world(ONE, "127.0.0.2", policies_at=9, store=Away()) as around:
        said = (await around.deliver())["ann@client.test"]
        assert isinstance(said, Deferred)
        assert said.reply == "whether client.test has an MTA-STS policy cannot be told: the database is away"
        assert around.at("127.0.0.2").connections == 0
