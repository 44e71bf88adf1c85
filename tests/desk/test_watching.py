"""Alarms on a real database: what is looked at, what is written, and that two who look tell once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gateway.desk.watching import watch
from gateway.domain.alarms import Alarm, AlarmBounds, State
from gateway.domain.organisation import Organisation
from gateway.domain.states import LetterKind
from storage import alarms, outbox
from storage.engine import sessions
from storage.measuring import measure
from storage.watching import look
from tests.desk.values import ORGANISATION
from tests.outbound.letters import new_letter

TOLD = "ops@operators.test"
SOON = replace(AlarmBounds(), to=(TOLD,), held=timedelta(hours=1))
DESK = replace(ORGANISATION, alarms=SOON)
AT_ONCE = replace(ORGANISATION, alarms=replace(AlarmBounds(), stalled=timedelta(0)))
"""Tells of a standstill at the first look, and writes to nobody."""

ARRIVED = """
    INSERT INTO inbound_messages (state, lease_until, received_at, due_at, finished_at, reverse_path, recipients, entry, peer, size,
        redelivery_key, trace_id, attempts)
    SELECT CAST(:state AS text), CASE WHEN :state = 'leased' THEN now() END, now() - CAST(:age AS interval), now() - CAST(:age AS interval),
        CASE WHEN :state NOT IN ('queued', 'leased') THEN now() - CAST(:age AS interval) END,
        'anna@client.test', '{support@desk.test}', 'smtp', '{}', 1, '', 't', :attempts
    RETURNING id
"""


async def arrived(engine: AsyncEngine, state: str, minutes: float, attempts: int = 0) -> int:
    async with engine.begin() as connection:
        given = {"state": state, "age": timedelta(minutes=minutes), "attempts": attempts}
        return int((await connection.execute(text(ARRIVED), given)).scalar_one())


async def look_once(engine: AsyncEngine, organisation: Organisation = DESK) -> int:
    async with sessions(engine).begin() as session:
        return await watch(session, organisation)


async def written(engine: AsyncEngine) -> list[outbox.Outgoing]:
    async with sessions(engine)() as session:
        return await outbox.list_outbox(session, outbox.Filter(kind=LetterKind.ALARM))


async def up(engine: AsyncEngine) -> set[str]:
    async with sessions(engine)() as session:
        return set(await alarms.up(session))


async def alter(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_fresh_installation_has_no_alarm(engine: AsyncEngine) -> None:
    async with sessions(engine).begin() as session:
        assert await look(session) == State()
        measured = await measure(session)
        assert await watch(session, DESK) == 0
        assert await alarms.known(session) == {}
    assert not any(measured.ages.values())
    assert (measured.paused, measured.destinations_down, measured.alarms) == (False, 0, frozenset())


async def test_held_mail_that_waits_too_long_is_told_once_and_again_when_it_is_sorted(engine: AsyncEngine) -> None:
    number = await arrived(engine, "held", 90)
    assert await look_once(engine) == 1
    assert await look_once(engine) == 0
    [letter] = await written(engine)
    assert [each["address"] for each in letter.recipients] == [TOLD]
    assert letter.subject == "Example Desk: held mail waits for a person: 1 in all, the oldest for 2 h"
    assert await up(engine) == {Alarm.HELD_MAIL}
    await alter(engine, f"UPDATE inbound_messages SET state = 'ignored' WHERE id = {number}")
    assert await look_once(engine) == 1
    assert (await written(engine))[0].subject == "Example Desk: over – no held mail waits too long any more"
    assert await up(engine) == set()
    assert await look_once(engine) == 0


async def test_two_who_look_at_once_tell_once(engine: AsyncEngine) -> None:
    await arrived(engine, "held", 90)
    assert sorted(await asyncio.gather(*(look_once(engine) for _ in range(4)))) == [0, 0, 0, 1]
    assert len(await written(engine)) == 1


@pytest.mark.parametrize("state", ["queued", "leased"])
async def test_a_message_that_nobody_ends_is_a_standstill(engine: AsyncEngine, state: str) -> None:
    await arrived(engine, state, 30)
    await arrived(engine, state, 5)
    await look_once(engine, AT_ONCE)
    assert await up(engine) == {Alarm.PIPELINE_STALLED}
    async with sessions(engine).begin() as session:
        state_now, measured = await look(session), await measure(session)
    assert state_now.inbound_head is not None
    assert (state_now.inbound_head.key, round(state_now.inbound_head.seconds / 60)) == ("1/0", 30)
    assert round(measured.ages["inbound", state] / 60) == 30
    await alter(engine, "UPDATE inbound_messages SET state = 'done', lease_until = NULL, finished_at = now()")
    await look_once(engine, AT_ONCE)
    assert await up(engine) == set()


async def test_mail_that_is_to_be_tried_later_is_no_standstill(engine: AsyncEngine) -> None:
    await arrived(engine, "queued", -60, attempts=3)
    assert await look_once(engine, AT_ONCE) == 0
    assert await up(engine) == set()


async def test_letters_that_nobody_sends_are_a_standstill_unless_it_is_known_why(engine: AsyncEngine) -> None:
    async with sessions(engine).begin() as session:
        await outbox.add(session, [new_letter("anna@client.test")])
    await look_once(engine, AT_ONCE)
    assert await up(engine) == {Alarm.SENDING_STALLED}
    async with sessions(engine).begin() as session:
        await outbox.note_down(session, "relay", "451 4.3.0 later")
    await alter(engine, "UPDATE destinations_down SET down_since = now() - interval '3 hours'")
    await look_once(engine, AT_ONCE)
    assert await up(engine) == {Alarm.DESTINATION_DOWN}
    async with sessions(engine).begin() as session:
        await outbox.note_down(session, "relay", None)
        await outbox.hold(session, "wrong template")
    await look_once(engine, AT_ONCE)
    assert await up(engine) == set()


async def test_that_sending_is_paused_is_told_by_a_letter_that_goes_out(engine: AsyncEngine) -> None:
    async with sessions(engine).begin() as session:
        await outbox.add(session, [new_letter("anna@client.test")])
        await outbox.hold(session, "wrong template")
    await alter(engine, "UPDATE controls SET changed_at = now() - interval '3 hours' WHERE name = 'outbox'")
    assert await look_once(engine) == 1
    async with sessions(engine)() as session:
        told = await outbox.load(session, (await written(engine))[0].id)
    assert told is not None
    assert told.forced
    assert "wrong template" in told.text


@pytest.mark.parametrize("why", ["foreign", "shadow"])
async def test_a_drill_and_a_shadow_write_to_nobody(engine: AsyncEngine, why: str) -> None:
    await arrived(engine, "held", 90)
    if why == "foreign":
        async with sessions(engine).begin() as session:
            await outbox.add(session, [new_letter("anna@client.test")])
        await alter(engine, """INSERT INTO controls (name, value) VALUES ('outbox', '{"foreign": true, "why_foreign": "restored"}')""")
        await alter(engine, "UPDATE controls SET changed_at = now() - interval '3 hours'")
    desk = DESK if why == "foreign" else replace(DESK, desk=replace(DESK.desk, shadow=True))
    assert await look_once(engine, desk) == 0
    assert await written(engine) == []
    assert await up(engine) == {Alarm.HELD_MAIL} | ({Alarm.SENDING_PAUSED} if why == "foreign" else set())


async def test_mail_that_was_buried_today_is_told_of_and_is_past_tomorrow(engine: AsyncEngine) -> None:
    await arrived(engine, "buried", 60)
    await look_once(engine)
    assert await up(engine) == {Alarm.BURIED_MAIL}
    await alter(engine, "UPDATE inbound_messages SET finished_at = now() - interval '25 hours'")
    await look_once(engine)
    assert await up(engine) == set()


async def opened(engine: AsyncEngine, session: AsyncSession) -> None:
    """A transaction that keeps old rows, as a forgotten console does."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    await session.execute(text("SELECT count(*) FROM tickets"))


async def test_an_open_transaction_is_seen_with_what_it_holds_back(engine: AsyncEngine) -> None:
    bounds = replace(SOON, transaction=timedelta(milliseconds=1))
    async with sessions(engine)() as forgotten:
        await opened(engine, forgotten)
        for _ in range(3):
            await arrived(engine, "ignored", 1)
        await look_once(engine, replace(DESK, alarms=bounds))
        assert Alarm.OLD_TRANSACTION in await up(engine)
        async with sessions(engine)() as session:
            measured = await measure(session)
        assert measured.oldest_transaction > 0
        assert measured.oldest_xmin >= 3
        assert measured.wraparound >= measured.oldest_xmin
        assert 0 < measured.connections < measured.most_connections
        assert measured.alarms == {Alarm.OLD_TRANSACTION}
