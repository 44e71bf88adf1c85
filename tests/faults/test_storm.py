"""Whole stories go on while whoever takes part in them is killed at random moments."""

import asyncio
import os
import random
import signal
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests.faults.service import PATIENCE, Service, service
from tests.journeys.running import letter, reply_to
from tests.peers.smtp_peer import Received, SmtpPeer

pytestmark = [pytest.mark.timeout(4 * 3600), pytest.mark.long]

KILLS, LONG_KILLS = 30, 1000
AT_ONCE = 4
"""Stories told at the same time."""

SETTLING = 1800.0
"""Seconds; a letter whose senders were killed again and again waits ever longer for the next one."""

VICTIMS = {"listener-0": 4, "intake-0": 4, "parser": 4, "sender-0": 4, "web-0": 2, "forker": 2, "postmaster": 2, "parent": 2}
"""With their weights: who handles mail is killed more often than who does not, and who takes everybody along less."""

SENDS = ("sender-0", "forker", "parent")
"""Whose death may leave a letter taken by the relay, but not recorded as sent."""


class Storm:
    def __init__(self, desk: Service, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)
        self.over = False
        self.killed: Counter[str] = Counter()
        self.told: list[int] = []
        self._numbers = count(1)

    async def rage(self, kills: int) -> None:
        """Kill so many, then let the stories come to their ends."""
        tellers = [asyncio.create_task(self.tell()) for _ in range(AT_ONCE)]
        try:
            while self.killed.total() < kills and not any(each.done() for each in tellers):
                await asyncio.sleep(self.dice.uniform(0.2, 1.6))
                await self.kill(self.dice.choices(*zip(*VICTIMS.items(), strict=True))[0])
            self.over = True
            async with asyncio.timeout(SETTLING):
                await asyncio.gather(*tellers)
        finally:
            for each in tellers:
                each.cancel()

    async def kill(self, victim: str) -> None:
        pid = self.desk.victims().get(victim)
        if pid is None:
            return  # it is still being started again
        self.killed[victim] += 1
        if victim == "parent":
            await self.desk.kill_parent()
        else:
            os.kill(pid, signal.SIGKILL)

    async def tell(self) -> None:
        while not self.over:
            await self.story(next(self._numbers))

    async def letter(self, address: str, *words: str) -> Received:
        while (found := self.desk.find(address, *words)) is None:
            await asyncio.sleep(0.05)
        return found

    async def story(self, number: int) -> None:
        """A client asks, Dana answers, the client gives thanks; every mail is sent until it is acknowledged."""
        client, name = f"client{number}@c{number}.test", f"Story-{number}."
        await self.desk.deliver(letter(client, "support@desk.test", name, f"Question of {name}"))
        self.told.append(number)
        notified = await self.letter("dana@staff.test", name, "Question of")
        await self.desk.deliver(reply_to(notified, "Dana Agent <dana@staff.test>", f"Answer to {name}"))
        answered = await self.letter(client, f"Answer to {name}")
        await self.desk.deliver(reply_to(answered, client, f"Thanks for {name}"))
        await self.letter("oleg@staff.test", f"Thanks for {name}")


async def test_whoever_is_killed_whenever_each_acknowledged_mail_has_one_ticket_and_each_letter_goes_once(
    data_dir: Path, relay: SmtpPeer, long_form: bool
) -> None:
    seed = random.randrange(10**6)
    async with service(data_dir, relay) as desk:
        storm = Storm(desk, seed)
        try:
            await storm.rage(LONG_KILLS if long_form else KILLS)
            await desk.quiet(PATIENCE)
            await assert_told_once(desk, storm)
        except BaseException as error:
            error.add_note(await desk.waiting())
            error.add_note(f"seed {seed}, killed {dict(storm.killed)}, stories {len(storm.told)}")
            error.add_note("\n".join([*desk.log, *desk.process.log][-200:]))
            raise


async def assert_told_once(desk: Service, storm: Storm) -> None:
    tickets = await desk.rows("SELECT subject, status FROM tickets")
    assert sorted(each["subject"] for each in tickets) == sorted(f"Story-{number}." for number in storm.told)
    kinds = await desk.rows(
        "SELECT t.subject, array_agg(a.kind ORDER BY a.id) AS kinds FROM tickets t JOIN articles a ON a.ticket = t.number GROUP BY 1"
    )
    assert {each["subject"]: each["kinds"] for each in kinds} == {
        f"Story-{number}.": ["client_message", "agent_reply", "client_message"] for number in storm.told
    }
    outcomes = Counter(each["outcome"] for each in await desk.rows("SELECT outcome FROM inbound_messages"))
    assert outcomes.keys() <= {"ticket", "agent_reply", "client_reply", "duplicate"}
    assert [outcomes[each] for each in ("ticket", "agent_reply", "client_reply")] == [len(storm.told)] * 3
    letters = Counter(each["kind"] for each in await desk.rows("SELECT kind FROM outbox_messages"))
    told = len(storm.told)
    assert letters == {"registered": told, "new_ticket": 2 * told, "agent_reply": told, "client_reply": 2 * told}
    repeated = await desk.repeated_letters()
    # A letter whose final dot was answered in the very moment that its sender was killed: few, and never without such a death.
    assert repeated <= sum(storm.killed[each] for each in SENDS), repeated
