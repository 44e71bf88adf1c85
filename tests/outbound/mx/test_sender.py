"""The sender over mail servers of several domains: each fares for itself, and what one has taken is known at once."""

import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.domain.letter import RELAY
from gateway.domain.states import OutboxState
from storage import outbox
from tests.auth.nameserver import Zone
from tests.outbound.letters import new_letter
from tests.outbound.mx.world import world
from tests.outbound.test_sender import add, sending, show, until
from tests.peers.smtp_peer import hang, reply
from tests.waiting import PATIENCE

Sessions = async_sessionmaker[AsyncSession]
ZONE: Zone = {("a.test", "A"): ["127.0.0.2"], ("b.test", "A"): ["127.0.0.3"], ("down.test", "A"): ["127.0.0.99"]}


async def states_of(sessions: Sessions, letter_id: int) -> dict[str, str]:
    return {each["address"]: str(each["state"]) for each in (await show(sessions, letter_id)).recipients}


async def recipient(sessions: Sessions, letter_id: int, address: str, state: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await states_of(sessions, letter_id))[address] != state:
            await asyncio.sleep(0.02)


async def test_what_one_domain_has_taken_is_recorded_while_another_is_slow(sessions: Sessions) -> None:
    """A kill now would not send it again."""
    async with world(ZONE, "127.0.0.2", "127.0.0.3", ways={"timeout": 30.0}) as around:
        around.at("127.0.0.3").on("MAIL", hang())
        async with sending(sessions, around.transport, drain=0.2):
            [letter_id] = await add(sessions, new_letter("ann@a.test", "bob@b.test", "cy@A.test"))
            await recipient(sessions, letter_id, "ann@a.test", "sent")
            assert await states_of(sessions, letter_id) == {"ann@a.test": "sent", "bob@b.test": "queued", "cy@A.test": "sent"}
            assert (await show(sessions, letter_id)).state is OutboxState.LEASED
        assert [mail.recipients for mail in around.at("127.0.0.2").messages] == [("ann@a.test", "cy@A.test")]


async def test_a_domain_that_is_down_stops_nobody_and_nothing_is_sent_twice_for_it(sessions: Sessions) -> None:
    async with world(ZONE, "127.0.0.2") as around, sending(sessions, around.transport):
        [letter_id] = await add(sessions, new_letter("x@down.test", "ann@a.test"))
        [other] = await add(sessions, new_letter("ben@a.test"))
        await until(sessions, other, OutboxState.SENT)
        await recipient(sessions, letter_id, "ann@a.test", "sent")
        shown = await until(sessions, letter_id, OutboxState.QUEUED, attempts=3)
        assert shown.last_error == "down.test (127.0.0.99): connection refused"
        assert len(around.at("127.0.0.2").to("ann@a.test")) == 1


async def test_a_letter_for_a_domain_that_stays_down_expires(sessions: Sessions) -> None:
    async with world(ZONE) as around, sending(sessions, around.transport):
        letters = await add(sessions, *(new_letter(f"x{n}@down.test") for n in range(3)))
        async with asyncio.timeout(PATIENCE):
            while None in [(await show(sessions, each)).last_error for each in letters]:
                await asyncio.sleep(0.05)
        async with sessions.begin() as session:
            await session.execute(text("UPDATE outbox_messages SET expires_at = now()"))
        for each in letters:
            shown = await until(sessions, each, OutboxState.FAILED)
            assert (shown.recipients[0]["reply"] or "").startswith("given up after ")
            assert "connection refused" in (shown.recipients[0]["reply"] or "")


async def test_a_slow_domain_does_not_keep_the_senders_hands(sessions: Sessions) -> None:
    """All of them would wait there, while letters to everybody else lie in the queue."""
    async with world(ZONE, "127.0.0.2", "127.0.0.3", ways={"timeout": 30.0}, limits={"connections": 2, "pause": 0.2}) as around:
        around.at("127.0.0.2").on("MAIL", hang())
        async with sending(sessions, around.transport, hands=4, reserved=1, drain=0.2):
            slow = await add(sessions, *(new_letter(f"s{n}@a.test") for n in range(12)))
            async with asyncio.timeout(PATIENCE):
                while around.at("127.0.0.2").open_connections < 2:
                    await asyncio.sleep(0.02)
            begun = time.monotonic()
            quick = await add(sessions, *(new_letter(f"q{n}@b.test") for n in range(6)))
            for each in quick:
                await until(sessions, each, OutboxState.SENT)
            assert time.monotonic() - begun < 25, "and not after the 30 s that the other hangs"
            # Who found no place has not used an attempt up.
            assert {(await show(sessions, each)).attempts for each in slow} <= {0, 1}
        assert around.at("127.0.0.2").most_open_connections == 2


async def test_greylisting_holds_up_its_own_recipients_alone(sessions: Sessions) -> None:
    async with world(ZONE, "127.0.0.2", "127.0.0.3") as around, sending(sessions, around.transport):
        around.at("127.0.0.3").on("RCPT", reply("450 4.2.0 greylisted"), times=1)
        [letter_id] = await add(sessions, new_letter("ann@a.test", "bob@b.test"))
        await until(sessions, letter_id, OutboxState.SENT)
        assert len(around.at("127.0.0.2").messages) == len(around.at("127.0.0.3").messages) == 1


async def test_letters_that_wait_for_a_probe_tell_why_and_have_not_been_tried(sessions: Sessions) -> None:
    async with world(ZONE, limits={"first_probe": 60.0, "longest_probe": 60.0}) as around, sending(sessions, around.transport):
        letters = await add(sessions, *(new_letter(f"x{n}@down.test") for n in range(8)))
        async with asyncio.timeout(PATIENCE):
            shown = [await show(sessions, each) for each in letters]
            # One that is just being taken up, to be given back, counts an attempt for that moment.
            while None in {each.last_error for each in shown} or sorted(each.attempts for each in shown) != [0] * 7 + [1]:
                await asyncio.sleep(0.05)
                shown = [await show(sessions, each) for each in letters]
        assert {each.last_error for each in shown} == {"down.test (127.0.0.99): connection refused"}
        assert all(each.next_attempt_at is not None for each in shown)


async def test_a_relay_that_was_down_is_forgotten_where_letters_go_straight_to_their_domains(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await outbox.note_down(session, RELAY, "421 down")
    async with world(ZONE, "127.0.0.2") as around, sending(sessions, around.transport):
        async with asyncio.timeout(PATIENCE):
            while await standings(sessions):
                await asyncio.sleep(0.05)


async def standings(sessions: Sessions) -> list[outbox.Destination]:
    async with sessions() as session:
        return await outbox.standings(session)


async def test_a_letter_whose_sender_was_killed_after_all_had_it_is_sent_and_goes_to_nobody(sessions: Sessions) -> None:
    """What each domain has taken is written down at once, and the end of the attempt after it."""
    [letter_id] = await add(sessions, new_letter("ann@a.test", "bob@b.test"))
    async with sessions.begin() as session:
        await session.execute(text("UPDATE outbox_recipients SET state = 'sent', reply = '250 taken', finished_at = now()"))
    async with world(ZONE, "127.0.0.2", "127.0.0.3") as around, sending(sessions, around.transport):
        shown = await until(sessions, letter_id, OutboxState.SENT)
        assert around.at("127.0.0.2").connections == 0
    assert shown.sent_at is not None
    assert shown.attempts == 1
