"""Who works on large pieces, and who says a word between them."""

import asyncio

from gateway.ingress.turns import PIECES, Turns


async def test_between_two_turns_of_the_loop_there_are_so_many_pieces_whoever_wants_how_many() -> None:
    turns, done, rounds = Turns(), 0, []

    async def pours() -> None:
        nonlocal done
        for _ in range(10):
            await turns.take()
            done += 1

    pouring = [asyncio.create_task(pours()) for _ in range(100)]
    while not all(each.done() for each in pouring):
        before = done
        await asyncio.sleep(0)
        rounds.append(done - before)
    assert done == 1000
    assert max(rounds) <= 2 * PIECES, "what was let in in one round may be done in the next, with that round's own"
    assert len(rounds) < 2 * done / PIECES, "and no round passes in idleness"


async def test_who_is_alone_never_waits() -> None:
    turns = Turns()
    other = asyncio.create_task(asyncio.sleep(0))
    for _ in range(PIECES):
        await turns.take()
    assert not other.done()
    await other


async def test_who_comes_first_is_first_and_who_goes_away_takes_no_turn_along() -> None:
    turns, order = Turns(), []

    async def one(number: int) -> None:
        await turns.take()
        order.append(number)

    coming = [asyncio.create_task(one(number)) for number in range(20)]
    await asyncio.sleep(0)
    coming[PIECES + 1].cancel()
    await asyncio.gather(*coming, return_exceptions=True)
    assert order == [number for number in range(20) if number != PIECES + 1]
    await asyncio.wait_for(turns.take(), 60)
