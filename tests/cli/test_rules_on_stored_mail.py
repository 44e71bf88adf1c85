"""`deskgate rules test --since`: what is stored, with what was known when it came."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.cli.rules import of_stored
from gateway.config.convert import organisation, ours
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.verdict import Verdict
from storage import inbound
from storage.inbound import past
from storage.models import client_addresses, clients, inbound_messages
from tests.config.reading import settings_of

SETTINGS = settings_of("""
[[gateway]]
address = "support@desk.test"
[desk]
secret = "0123456789abcdef0123456789abcdef"
[[rule]]
name = "known"
when.known_client = true
then.tags = "known"
[[rule]]
name = "answers"
when.reply = true
then.tags = "answer"
[[rule]]
name = "proven"
when.verdict = { dmarc = "pass" }
then.tags = "proven"
[[rule]]
name = "by envelope"
when.recipient = "support+jobs@desk.test"
then.tags = "jobs"
""")
Sessions = async_sessionmaker[AsyncSession]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def store(sessions: Sessions, *subjects: str) -> list[int]:
    arrivals = []
    for subject in subjects:
        envelope = Envelope("anna@client.test", ("Support+Jobs@desk.test",), Peer(Entry.STDIN))
        content = f"From: anna@client.test\nTo: support@desk.test\nSubject: {subject}\n\nHello!\n"
        arrivals.append(inbound.Arrival(envelope, content.encode(), subject.encode().ljust(32)))
    async with sessions.begin() as session:
        return await inbound.receive(session, arrivals)


async def told(sessions: Sessions, since: datetime) -> dict[str, list[str]]:
    async with sessions() as session:
        found = await of_stored(session, since, organisation(SETTINGS), ours(SETTINGS))
    return {each["subject"] or each["error"]: each["rules"] for each in found}


async def test_what_was_known_then_counts(sessions: Sessions) -> None:
    first, second = await store(sessions, "first", "second")
    async with sessions.begin() as session:
        # Anna became a client by the first of them.
        arrived = await session.scalar(text("SELECT received_at FROM inbound_messages WHERE id = :id"), {"id": first})
        client = await session.scalar(insert(clients).values(name="Anna").returning(clients.c.id))
        known = {"key": "anna@client.test", "address": "anna@client.test", "client_id": client}
        await session.execute(insert(client_addresses).values(**known, created_at=arrived + timedelta(seconds=1)))
        later = {"received_at": arrived + timedelta(minutes=1), "outcome": "client_reply", "verdict": asdict(Verdict(dmarc="pass"))}
        await session.execute(
            text("UPDATE inbound_contents SET received_at = :at WHERE inbound_id = :id"), {"at": later["received_at"], "id": second}
        )
        await session.execute(update(inbound_messages).where(inbound_messages.c.id == second).values(**later))
    assert await told(sessions, LONG_AGO) == {"first": ["by envelope"], "second": ["known", "answers", "proven", "by envelope"]}
    assert list(await told(sessions, later["received_at"])) == ["second"]


async def test_all_of_it_is_looked_at_batch_by_batch_and_in_order(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "BATCH", 2)
    subjects = [f"mail {n}" for n in range(5)]
    await store(sessions, *subjects)
    assert list(await told(sessions, LONG_AGO)) == subjects
    assert await told(sessions, datetime.now(UTC) + timedelta(days=1)) == {}


async def test_bytes_that_are_no_longer_kept_are_said_to_be(sessions: Sessions) -> None:
    await store(sessions, "gone")
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM inbound_contents"))
    assert await told(sessions, LONG_AGO) == {"its bytes are no longer kept": []}
