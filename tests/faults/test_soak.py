"""Mixed load for a long time: memory, descriptors, tasks and rows come back to where they were.

Ten minutes in the long form, or what DESKGATE_SOAK_MINUTES says: `DESKGATE_SOAK_MINUTES=60 pytest --long -n0 -s tests/faults/test_soak.py`.
"""

import asyncio
import contextlib
import os
import random
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest

from tests.faults.service import PATIENCE, Service, service
from tests.ingress.smtp_client import Client
from tests.journeys.running import letter, reply_to
from tests.peers.smtp_peer import SmtpPeer
from tests.processes.harness import children_of

pytestmark = pytest.mark.timeout(3 * 3600)

MIB = 1 << 20
MINUTES = float(os.environ.get("DESKGATE_SOAK_MINUTES", "10"))
LONG_ROUND, SHORT_ROUND = 60.0, 2.5
"""Seconds of load between two looks at the processes at rest."""
SHORT_ROUNDS = 3
STORIES = 3
LARGE = 2 * MIB
SPARE = 6
"""Descriptors and tasks more or less that rest allows: a pool's connections, a cache's refresh."""
GROWTH = 0.1
"""Of a process' memory, over all rounds after the first."""
GROUND = 24 * MIB
"""What is no growth in any case: arenas of the allocator that large content leaves half empty."""
TASKS = re.compile(r'^deskgate_tasks\{role="(\w+)"\} (\S+)$', re.MULTILINE)
LEFT = {
    "leased messages": "SELECT count(*) AS n FROM inbound_messages WHERE state IN ('queued', 'leased')",
    "leased letters": "SELECT count(*) AS n FROM outbox_messages WHERE state IN ('queued', 'leased')",
    "contents without a message": """SELECT count(*) AS n FROM inbound_contents c
        WHERE NOT EXISTS (SELECT FROM inbound_messages m WHERE m.id = c.inbound_id)""",
    "files without a reference": "SELECT count(*) AS n FROM blobs WHERE refs <= 0",
    "files with other than their number of references": """SELECT count(*) AS n FROM blobs b WHERE b.refs <>
        (SELECT count(*) FROM attachments a WHERE a.sha256 = b.sha256)
        + (SELECT count(*) FROM outbox_messages o, jsonb_array_elements(o.attachments) f WHERE f ->> 'sha256' = encode(b.sha256, 'hex'))""",
    "expired keys": "SELECT count(*) AS n FROM effects WHERE expires_at < now() - interval '1 day'",
    "leases of jobs": "SELECT count(*) AS n FROM schedule WHERE lease_until < now() - interval '1 minute'",
    "open transactions": """SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
        AND state LIKE 'idle in transaction%' AND state_change < now() - interval '1 minute'""",
}
"""What must not be there when nothing is under way."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Of each process by its slot, while nothing is under way."""

    rss: Mapping[str, int]
    descriptors: Mapping[str, int]
    tasks: Mapping[str, int]


@dataclass(slots=True, eq=False)
class Soak:
    desk: Service
    over: float = 0.0
    done: Counter[str] = field(default_factory=Counter)
    dice: random.Random = field(default_factory=lambda: random.Random(8))
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def round(self, seconds: float) -> None:
        self.over = time.monotonic() + seconds
        kinds: Sequence[Callable[[], Awaitable[None]]] = (*[self.story] * STORIES, self.large, self.rude, self.broken_off, self.command)
        await asyncio.gather(*map(self._repeat, kinds))

    async def _repeat(self, act: Callable[[], Awaitable[None]]) -> None:
        while time.monotonic() < self.over:
            await act()
            self.done[getattr(act, "__name__", "")] += 1
            await asyncio.sleep(self.dice.uniform(0.02, 0.2))

    async def story(self) -> None:
        """A client asks, an agent answers with a command, the client gives thanks."""
        number = next(self._numbers)
        client, name = f"client{number}@c{number}.test", f"Story-{number}."
        await self.desk.send(letter(client, "support@desk.test", name, f"Question of {name}"))
        notified = await self.desk.letter("dana@staff.test", name, "Question of")
        await self.desk.send(reply_to(notified, "Dana Agent <dana@staff.test>", f"@tags soak\n\nAnswer to {name}"))
        answered = await self.desk.letter(client, f"Answer to {name}")
        await self.desk.send(reply_to(answered, client, f"Thanks for {name}"))
        await self.desk.letter("oleg@staff.test", f"Thanks for {name}")
        kept = self.desk.relay.messages
        kept[:] = [each for each in kept if name.encode() not in each.content]

    async def large(self) -> None:
        mail = self._mail("Large")
        mail.add_attachment(self.dice.randbytes(LARGE), maintype="application", subtype="octet-stream", filename="large.bin")
        await self.desk.send(mail)
        await asyncio.sleep(1.0)

    async def command(self) -> None:
        """From the terminal, against the same database."""
        await self.desk.json("status")
        await asyncio.sleep(1.0)

    async def rude(self) -> None:
        with contextlib.suppress(ConnectionError):
            async with Client(self.desk.smtp[1], self.desk.smtp[0], patience=PATIENCE) as client:
                await client.hello()
                for _ in range(30):
                    if not await client.say(self.dice.choice([b"\0\xff\r\n", b"MAIL FROM:<\r\n", b"NOOP\r\n", b"x" * 4000 + b"\r\n"])):
                        return

    async def broken_off(self) -> None:
        """In the middle of large content."""
        with contextlib.suppress(ConnectionError):
            async with Client(self.desk.smtp[1], self.desk.smtp[0], patience=PATIENCE) as client:
                await client.hello()
                await client.envelope("ann@client.test", "support@desk.test")
                await client.say("DATA")
                client.send((b"x" * 76 + b"\r\n") * self.dice.randrange(100, 30_000))
                await client.writer.drain()

    def _mail(self, subject: str) -> EmailMessage:
        number = next(self._numbers)
        return letter(f"client{number}@c{number}.test", "support@desk.test", f"{subject} {number}")

    async def rest(self) -> Rest:
        """Once all is done."""
        await self.desk.quiet(PATIENCE)
        self.desk.relay.messages.clear()
        await asyncio.sleep(1.5)  # the count of tasks is taken every second
        slots = self.desk.process.children()
        pids = {"parent": self.desk.process.pid, **slots}
        # The oldest is the one that served from the start; others come and go with what is parsed.
        pids |= {"parser": min(parsers)} if (parsers := children_of(slots["intake-0"])) else {}
        exposed = await asyncio.to_thread(self._metrics)
        return Rest(
            {slot: rss(pid) for slot, pid in pids.items()},
            {slot: len(list(Path(f"/proc/{pid}/fd").iterdir())) for slot, pid in pids.items()},
            {role: round(float(number)) for role, number in TASKS.findall(exposed)},
        )

    def _metrics(self) -> str:
        with urllib.request.urlopen(f"http://{self.desk.web}/metrics", timeout=30) as answer:
            return str(answer.read().decode())


def rss(pid: int) -> int:
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def slope(values: Sequence[float]) -> float:
    """A round, by least squares."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    spread = sum((number - middle) ** 2 for number in range(len(values)))
    return sum((number - middle) * (value - mean) for number, value in enumerate(values)) / spread if spread else 0.0


async def test_under_mixed_load_nothing_grows_and_nothing_is_left_behind(
    tmp_path: Path, database_url: str, relay: SmtpPeer, long_form: bool
) -> None:
    seconds, rounds = (LONG_ROUND, max(3, round(MINUTES * 60 / LONG_ROUND))) if long_form else (SHORT_ROUND, SHORT_ROUNDS)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    async with service(tmp_path, relay, database_url, environment={"TMPDIR": str(temporary)}) as desk:
        children = desk.process.children()
        soak, rests = Soak(desk), []
        for _ in range(rounds):
            await soak.round(seconds)
            rests.append(await soak.rest())
        assert desk.process.children() == children, "nobody died"
        first, last = rests[0], rests[-1]
        for slot, at_first in first.rss.items():
            values = [each.rss[slot] for each in rests if slot in each.rss]
            growth = slope(values) * (len(values) - 1)
            print(
                f"\n{slot}: {at_first / MIB:.0f} MiB, growth {growth / MIB:.1f} MiB, descriptors {first.descriptors[slot]} to"
                f" {last.descriptors.get(slot)}"
            )
            assert growth < max(GROUND, GROWTH * at_first), (slot, [each // MIB for each in values])
            assert last.descriptors.get(slot, 0) <= first.descriptors[slot] + SPARE, (slot, [each.descriptors for each in rests])
        print(f"tasks {dict(first.tasks)} to {dict(last.tasks)}; {rounds} rounds of {seconds:.0f} s: {dict(soak.done)}")
        assert first.tasks.keys() == {"listener", "intake", "sender", "web"}
        assert all(last.tasks[role] <= number + SPARE for role, number in first.tasks.items()), [each.tasks for each in rests]
        assert {what: (await desk.rows(query))[0]["n"] for what, query in LEFT.items()} == dict.fromkeys(LEFT, 0)
        assert not list(temporary.iterdir())
        assert soak.done.keys() == {"story", "large", "rude", "broken_off", "command"}
