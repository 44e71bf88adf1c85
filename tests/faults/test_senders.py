"""`kill -9` of senders at each stage of a delivery, several of them at one queue: nothing is lost, and only a letter whose final dot had
gone out may come twice, under the same Message-ID and counted as a possible duplicate."""

import asyncio
import contextlib
import hashlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.domain.letter import URGENT, AttachmentRef
from storage import outbox
from storage.engine import connect, sessions
from tests.faults.halts import Dialogue, Reached, Statement, halted
from tests.faults.service import PATIENCE
from tests.journeys.running import write_config
from tests.outbound.letters import new_letter
from tests.peers.smtp_peer import Received, SmtpPeer, slow
from tests.processes.harness import Parent, alive, parent, until

pytestmark = pytest.mark.timeout(900)

FILE = b"%PDF" * 250_000
"""More than the sockets between a sender and its relay hold, so that half of it can be on its way."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The sender stands at the look-up of a letter's files, which it puts the bytes together of."""

    name: str


@dataclass(frozen=True, slots=True)
class Stage:
    step: Statement | Dialogue | Reading
    again: bool = False
    """Whether the relay may have taken the letter: it gets it once more, and somebody counts it."""
    attempts: int = 2
    lost: bool = False
    """What it had told the database comes to nothing."""


STAGES = (
    Stage(Statement("it is claimed", "UPDATE ON outbox_messages WHEN OLD.state = 'queued' AND NEW.state = 'leased'", commit=True)),
    Stage(Reading("it is put together")),
    Stage(Dialogue("the relay greets", "CONNECT")),
    Stage(Dialogue("the relay says what it can", "EHLO")),
    Stage(Dialogue("MAIL is said", "MAIL")),
    Stage(Dialogue("RCPT is said", "RCPT")),
    Stage(Dialogue("DATA is said", "DATA")),
    Stage(Dialogue("half of the content is sent", "CONTENT", after=100_000)),
    Stage(Dialogue("the final dot is sent", "END"), again=True),
    Stage(Statement("the relay has taken it", "UPDATE ON outbox_messages WHEN NEW.state = 'sent'"), again=True, lost=True),
    Stage(Statement("its end is being committed", "UPDATE ON outbox_messages WHEN NEW.state = 'sent'", commit=True), attempts=1),
)

THEIR_CONNECTIONS_END = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'deskgate sender%'
"""
FILES_ARE_WAITED_FOR = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'blobs'::regclass AND NOT granted)"


class Crew:
    """Senders at one queue, each under a supervisor of its own."""

    def __init__(self, url: str, relay: SmtpPeer) -> None:
        self.relay = relay
        self.engine: AsyncEngine = connect(url, pool_size=3)
        self.sessions = sessions(self.engine)
        self.supervisors: list[Parent] = []

    def senders(self) -> list[int]:
        return [pid for each in self.supervisors for pid in each.children().values()]

    async def write(self, *names: str, files: bytes = b"") -> dict[str, int]:
        """Letters to `NAME@client.test`, which wait for `release`; their ids by name."""
        async with self.sessions.begin() as session:
            await outbox.hold(session, "until all is ready")
            refs: tuple[AttachmentRef, ...] = ()
            if files:
                digest = hashlib.sha256(files)
                refs = (AttachmentRef(digest.hexdigest(), "file.pdf", "application/pdf", len(files)),)
                await session.execute(
                    text("INSERT INTO blobs (sha256, content, size) VALUES (:key, :content, :size) ON CONFLICT DO NOTHING"),
                    {"key": digest.digest(), "content": files, "size": len(files)},
                )
            letters = [new_letter(f"{name}@client.test", urgency=URGENT, attachments=refs) for name in names]
            ids = await outbox.add(session, letters)
        return dict(zip(names, ids, strict=True))

    async def release(self) -> None:
        async with self.sessions.begin() as session:
            await outbox.release(session)
            await session.execute(text("SELECT pg_notify('outbox', '')"))

    async def show(self, letter: int) -> outbox.Outgoing:
        async with self.sessions() as session:
            shown = await outbox.show(session, letter)
        assert shown is not None
        return shown

    async def sent(self, letter: int) -> outbox.Outgoing:
        deadline = time.monotonic() + PATIENCE
        while (shown := await self.show(letter)).state != "sent":
            assert time.monotonic() < deadline, f"{shown} {[each.told() for each in self.supervisors]}"
            await asyncio.sleep(0.03)
        return shown

    async def holder(self, letter: int) -> int | None:
        """The process that has it under lease, as far as that is committed."""
        async with self.engine.connect() as connection:
            worker = await connection.scalar(text("SELECT leased_by FROM outbox_messages WHERE id = :id"), {"id": letter})
        return int(worker.split("/")[-2]) if worker else None

    async def bury(self) -> None:
        """Takes back what dead senders held, as those who live do when its leases are over."""
        async with self.engine.begin() as connection:
            held = (await connection.execute(text("SELECT DISTINCT leased_by FROM outbox_messages WHERE state = 'leased'"))).scalars()
            dead = [each for each in held if not alive(int(each.split("/")[-2]))]
            over = "UPDATE outbox_messages SET lease_until = clock_timestamp() WHERE state = 'leased' AND leased_by = ANY(:dead)"
            await connection.execute(text(over), {"dead": dead})
        async with self.sessions.begin() as session:
            await outbox.return_expired(session)
        await self.release()


@asynccontextmanager
async def crew(url: str, folder: Path, relay: SmtpPeer, number: int) -> AsyncIterator[Crew]:
    config = write_config(folder, url, relay.url)
    made = Crew(url, relay)
    async with AsyncExitStack() as life:
        life.push_async_callback(made.engine.dispose)
        command = ["-m", "gateway", "serve", "--role", "sender", "--config", str(config)]
        made.supervisors = [await life.enter_async_context(parent(command, cwd=folder)) for _ in range(number)]
        for each in made.supervisors:
            await each.ready()
        yield made


@asynccontextmanager
async def standing_at(step: Statement | Dialogue | Reading, of: Crew) -> AsyncIterator[Reached]:
    match step:
        case Statement() | Dialogue():
            async with halted(step, of.engine, of.relay) as reached:
                yield reached
        case Reading():
            async with of.engine.connect() as connection:
                await connection.execute(text("LOCK TABLE blobs IN ACCESS EXCLUSIVE MODE"))

                async def waiting() -> str:
                    async with of.engine.connect() as other:
                        for _ in range(int(PATIENCE / 0.02)):
                            if await other.scalar(text(FILES_ARE_WAITED_FOR)):
                                return "sender-0"
                            await asyncio.sleep(0.02)
                    raise AssertionError("nobody reads the files")

                yield waiting
        case _:
            assert_never(step)


async def kill(of: Crew, letter: int) -> None:
    """Whoever has it; where that cannot be seen yet, everybody."""
    holder = await of.holder(letter)
    killed = of.senders() if holder is None else [holder]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not any(map(alive, killed)), PATIENCE)


async def test_killed_at_each_stage_a_letter_arrives_and_comes_twice_only_where_its_dot_had_gone_out(
    tmp_path: Path, database_url: str, relay: SmtpPeer
) -> None:
    async with crew(database_url, tmp_path, relay, 2) as senders:
        for number, stage in enumerate(STAGES):
            await relay.hang_up()
            [letter] = (await senders.write(f"stage{number}", files=FILE)).values()
            async with standing_at(stage.step, senders) as reached:
                await senders.release()
                await reached()
                await kill(senders, letter)
                if stage.lost:
                    await rows(senders, THEIR_CONNECTIONS_END)
            shown = await end_of(letter, senders)
            told = (stage.step.name, shown)
            taken, perhaps = relay.to(f"stage{number}@client.test"), interrupted(relay, f"stage{number}@client.test")
            assert {each.message_id for each in (*taken, *perhaps)} == {shown.message_id}, told
            assert len({each.content for each in (*taken, *perhaps)}) == 1, told
            assert len(taken) + len(perhaps) == (2 if stage.again else 1), told
            assert len(taken) + len(perhaps) - 1 <= shown.possible_duplicates, told
            assert shown.attempts == stage.attempts, told


async def end_of(letter: int, senders: Crew) -> outbox.Outgoing:
    """Once it is sent, however often what the dead held must be taken back: a statement of theirs may still be under way."""
    while True:
        await senders.bury()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                return await senders.sent(letter)


def interrupted(relay: SmtpPeer, address: str) -> list[Received]:
    """What came as far as its dot, and was never answered."""
    return [each for each in relay.unanswered if address in each.recipients]


async def test_four_senders_at_one_queue_that_are_killed_at_random_send_nothing_twice_that_is_not_counted(
    tmp_path: Path, database_url: str, relay: SmtpPeer, long_form: bool
) -> None:
    letters, kills = (5000, 100) if long_form else (300, 4)
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    relay.on("END", slow(0.02))
    async with crew(database_url, tmp_path, relay, 4) as senders:
        ids = await senders.write(*(f"c{number}" for number in range(letters)))
        await senders.release()
        for _ in range(kills):
            await asyncio.sleep(dice.uniform(0.1, 0.6))
            living = senders.senders()
            if living:
                os.kill(dice.choice(living), signal.SIGKILL)
        deadline = time.monotonic() + (1800 if long_form else PATIENCE)
        while waiting := await rows(senders, "SELECT id, state, attempts, due_at, leased_by FROM outbox_messages WHERE state <> 'sent'"):
            assert time.monotonic() < deadline, (seed, waiting[:20])
            await senders.bury()
            await asyncio.sleep(0.3)
        found = await rows(senders, "SELECT id, attempts, possible_duplicates, leased_by FROM outbox_messages")
        workers = {each["leased_by"] for each in found}
    by_letter = {each["id"]: each for each in found}
    taken = Counter(address for each in (*relay.messages, *relay.unanswered) for address in each.recipients)
    assert taken.keys() == {f"{name}@client.test" for name in ids}, seed
    for name, letter in ids.items():
        assert taken[f"{name}@client.test"] - 1 <= by_letter[letter]["possible_duplicates"], (seed, by_letter[letter])
    assert all(each["possible_duplicates"] == 0 for each in found if each["attempts"] == 1), seed
    assert len({each.message_id for each in relay.messages}) == letters, seed
    assert len(workers) > 1, f"several were at work: {workers}"


async def rows(senders: Crew, query: str) -> list[dict[str, Any]]:
    async with senders.engine.connect() as connection:
        return [dict(row._mapping) for row in (await connection.execute(text(query))).all()]
