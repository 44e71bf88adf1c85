"""Suppressed addresses: what outweighs what, what lifting keeps away, and what becomes of letters that wait."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gateway.domain.letter import NewLetter, NewRecipient, Party
from gateway.domain.states import LetterKind
from gateway.domain.suppressions import Cause
from storage import outbox, suppressions
from storage.engine import sessions

ANNA = "anna@client.test"


@pytest_asyncio.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with sessions(engine).begin() as session:
        yield session


def letter(effect: bytes, *addresses: str, **changes: Any) -> NewLetter:
    values: dict[str, Any] = {
        "kind": LetterKind.CLOSED,
        "headers": (("From", (Party("", "support@desk.test"),)),),
        "subject": "Closed",
        "text": "Closed.",
        "message_id": f"<{effect.hex()}@desk.test>",
        "recipients": tuple(NewRecipient(each) for each in addresses),
        "effect": effect,
    }
    return NewLetter(**values | changes)


async def in_force(session: AsyncSession) -> dict[str, Cause]:
    return {each.address: each.cause for each in await suppressions.listed(session)}


async def test_a_weightier_cause_stays_and_a_new_time_replaces_the_old(session: AsyncSession) -> None:
    assert await suppressions.suppress(session, ANNA, Cause.BOUNCE, "550", 90)
    assert await suppressions.suppress(session, ANNA, Cause.COMPLAINT, "abuse", 0)
    assert not await suppressions.suppress(session, ANNA, Cause.BOUNCE, "550", 90), "it would end before the complaint does"
    assert await in_force(session) == {ANNA: Cause.COMPLAINT}
    assert await suppressions.suppress(session, ANNA, Cause.PERSON, "asked for it", 1)
    found = (await suppressions.suppressed(session, [ANNA, "bob@client.test"]))[ANNA]
    assert (found.cause, found.why) == (Cause.PERSON, "asked for it")
    assert found.expires_at is not None
    assert found.expires_at - found.created_at == timedelta(days=1)


async def test_what_is_past_its_time_counts_as_if_it_were_not_there_and_is_forgotten(session: AsyncSession) -> None:
    await suppressions.suppress(session, ANNA, Cause.COMPLAINT, "abuse", 5)
    await session.execute(text("UPDATE suppressions SET expires_at = now() - interval '1 minute'"))
    assert await suppressions.suppressed(session, [ANNA]) == {}
    assert await in_force(session) == {}
    assert not await suppressions.lift(session, ANNA, "somebody")
    assert await suppressions.forget(session) == 0
    assert await suppressions.suppress(session, ANNA, Cause.BOUNCE, "550", 5), "and a lighter cause begins anew"
    await session.execute(text("UPDATE suppressions SET expires_at = now() - interval '31 days'"))
    assert await suppressions.forget(session) == 1


async def test_a_letter_from_before_it_was_lifted_brings_nothing_back(session: AsyncSession) -> None:
    [old] = await outbox.add(session, [letter(b"old", ANNA)])
    await session.execute(text("UPDATE outbox_messages SET created_at = now() - interval '1 hour'"))
    [new] = await outbox.add(session, [letter(b"new", ANNA)])
    await suppressions.suppress(session, ANNA, Cause.BOUNCE, "550", 90, outbox_id=old)
    assert not await suppressions.lift(session, ANNA, "its owner", only=Cause.COMPLAINT)
    assert await suppressions.lift(session, ANNA, "its owner", only=Cause.BOUNCE)
    assert not await suppressions.lift(session, ANNA, "its owner"), "it is lifted once"
    await session.execute(text("UPDATE suppressions SET lifted_at = now() - interval '1 minute'"))
    assert not await suppressions.suppress(session, ANNA, Cause.BOUNCE, "550", 90, outbox_id=old)
    assert await in_force(session) == {}
    assert await suppressions.suppress(session, ANNA, Cause.BOUNCE, "550 again", 90, outbox_id=new)
    assert await in_force(session) == {ANNA: Cause.BOUNCE}


async def test_what_waits_for_the_address_is_cancelled_for_it_alone(session: AsyncSession) -> None:
    cases = {
        b"alone": letter(b"alone", "Anna@client.test"),
        b"two": letter(b"two", ANNA, "bob@client.test"),
        b"later": letter(b"later", ANNA, due_in=timedelta(hours=1)),
        b"reply": letter(b"reply", ANNA, kind=LetterKind.AGENT_REPLY, automatic=False),
        b"probe": letter(b"probe", ANNA, kind=LetterKind.PROBE),
        b"leased": letter(b"leased", ANNA),
        b"sent": letter(b"sent", ANNA, "bob@client.test"),
    }
    ids = {effect: (await outbox.add(session, [each]))[0] for effect, each in cases.items()}
    leased = {"id": ids[b"leased"]}
    await session.execute(text("UPDATE outbox_messages SET state = 'leased', lease_until = now(), leased_by = 'x' WHERE id = :id"), leased)
    sent = text("UPDATE outbox_recipients SET state = 'sent' WHERE outbox_id = :id AND address = 'bob@client.test'")
    await session.execute(sent, {"id": ids[b"sent"]})
    await suppressions.cancel_waiting(session, ANNA, {ANNA}, "mail to it came back")
    query = text("""
        SELECT o.state, o.last_error, array_agg(r.state ORDER BY r.position) AS got FROM outbox_messages o
        JOIN outbox_recipients r ON r.outbox_id = o.id WHERE o.id = :id GROUP BY o.id
    """)
    found = {effect: (await session.execute(query, {"id": number})).one() for effect, number in ids.items()}
    assert {effect: (row.state, row.got) for effect, row in found.items()} == {
        b"alone": ("cancelled", ["cancelled"]),
        b"two": ("queued", ["cancelled", "queued"]),
        b"later": ("cancelled", ["cancelled"]),
        b"reply": ("queued", ["queued"]),
        b"probe": ("queued", ["queued"]),
        b"leased": ("leased", ["queued"]),
        b"sent": ("sent", ["cancelled", "sent"]),
    }
    assert found[b"alone"].last_error == "mail to it came back"
