"""How many letters of one domain are under way at once."""

import asyncio

import pytest

from gateway.outbound.mx.gate import LATEST, STEP, Gate


async def test_one_goes_alone_until_servers_are_known_to_take_letters() -> None:
    gate = Gate(3)
    assert await gate.enter(0.0)
    second = asyncio.create_task(gate.enter(5.0))
    await asyncio.sleep(0.01)
    assert not second.done()
    gate.widen()
    assert await second
    assert await gate.enter(0.0)
    assert not await gate.enter(0.0)
    gate.narrow()
    gate.leave()
    assert not await gate.enter(0.0)


async def test_after_one_has_waited_in_vain_nobody_waits_until_somebody_leaves() -> None:
    gate = Gate(1)
    assert await gate.enter(0.0)
    assert not await gate.enter(0.02)
    async with asyncio.timeout(20):
        assert not await gate.enter(30.0)
    later = asyncio.create_task(gate.enter(30.0))
    gate.leave()
    assert await later


async def test_a_letter_that_a_person_wants_passes_and_counts() -> None:
    gate = Gate(1)
    gate.force()
    gate.force()
    gate.leave()
    assert not await gate.enter(0.0)
    gate.leave()
    assert await gate.enter(0.0)


async def test_those_turned_away_come_again_one_after_another() -> None:
    gate = Gate(1)
    gate.force()
    assert [gate.turned_away(5.0) for _ in range(3)] == pytest.approx([5.0, 5.0 + STEP, 5.0 + 2 * STEP])
    for _ in range(100_000):
        last = gate.turned_away(5.0)
    assert last == LATEST
    gate.leave()
    assert gate.turned_away(5.0) == 5.0
