"""Finding a message's way: by whatever is known of it, whether or not it is on a ticket."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.domain.letter import NewRecipient
from storage import outbox, tracing
from storage.engine import sessions
from storage.tracing import Found
from tests.outbound.letters import new_letter

HELD = """
    INSERT INTO inbound_messages (state, reverse_path, recipients, entry, peer, size, redelivery_key, trace_id, message_id, finished_at)
    VALUES ('held', 'anna@client.test', '{support@desk.test}', 'smtp', '{}', 1, '', :trace, :id, now()) RETURNING id
"""


def key(bare: str) -> bytes:
    return hashlib.sha256(bare.encode()).digest()


async def held(engine: AsyncEngine, trace: str, message_id: str) -> int:
    async with engine.begin() as connection:
        return int((await connection.execute(text(HELD), {"trace": trace, "id": message_id})).scalar_one())


async def wrote(engine: AsyncEngine, **changes: Any) -> int:
    async with sessions(engine).begin() as session:
        [number] = await outbox.add(session, [new_letter(**changes)])
        return number


async def test_mail_on_no_ticket_is_found_by_its_id_and_by_its_trace(engine: AsyncEngine) -> None:
    first = await held(engine, "abc-1", "one@client.test")
    again = await held(engine, "def-1", "one@client.test")
    other = await held(engine, "def-2", "other@client.test")
    async with sessions(engine)() as session:
        assert await tracing.by_message_id(session, "one@client.test", key("one@client.test")) == Found((again, first))
        assert await tracing.by_message_id(session, "none@client.test", key("none@client.test")) == Found()
        assert await tracing.by_trace(session, "def-2") == Found((other,))
        assert not await tracing.by_trace(session, "def")
        assert await tracing.by_number(session, first) == Found((first,))
        assert not await tracing.by_number(session, first, inbound=False)


async def test_a_letter_leads_to_the_mail_that_caused_it_and_is_found_by_a_recipients_own_id(engine: AsyncEngine) -> None:
    cause = await held(engine, "abc-1", "one@client.test")
    own = (NewRecipient("dana@staff.test", message_id="<r.own@desk.test>"),)
    caused = await wrote(engine, effect=b"1", inbound_id=cause, trace_id="abc-1", message_id="<a@desk.test>", recipients=own)
    alone = await wrote(engine, effect=b"2", trace_id="rating-1", message_id="<b@desk.test>")
    async with sessions(engine)() as session:
        for bare in ("a@desk.test", "r.own@desk.test"):
            assert await tracing.by_message_id(session, bare, key(bare)) == Found((cause,))
        assert await tracing.by_message_id(session, "b@desk.test", key("b@desk.test")) == Found((), (alone,))
        assert await tracing.by_trace(session, "rating-1") == Found((), (alone,))
        assert await tracing.by_number(session, caused, inbound=False) == Found((cause,))
        [told] = await tracing.letters_of(session, cause, "abc-1", ())
        assert (told.id, [each.address for each in told.recipients]) == (caused, ["dana@staff.test"])
        assert [each.id for each in await tracing.letters(session, [alone, 99])] == [alone]


async def test_a_letter_without_a_trace_is_nobodys_but_its_causes(engine: AsyncEngine) -> None:
    """What rules and commands write has none; an empty one joins nothing."""
    await wrote(engine, effect=b"1", trace_id="")
    cause = await held(engine, "", "one@client.test")
    async with sessions(engine)() as session:
        assert await tracing.letters_of(session, cause, "", ()) == []


@pytest.mark.parametrize("hostile", ["x' OR '1'='1", "%", "_", "a\\b", "ä@ü"])
async def test_whatever_is_asked_for_finds_itself_alone(engine: AsyncEngine, hostile: str) -> None:
    await held(engine, "abc-1", "one@client.test")
    async with sessions(engine)() as session:
        assert not await tracing.by_message_id(session, hostile, key(hostile))
        assert not await tracing.by_trace(session, hostile)
