"""Mail that comes in on many connections while something fails, as mail servers bring it: what is not acknowledged comes again."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count

from tests.faults.service import PATIENCE, Service
from tests.ingress.smtp_client import Client
from tests.journeys.running import letter
from tests.processes.harness import until

CONNECTIONS = 8
COMMIT_SECONDS = 10.0
"""`limits.commit_seconds` by default."""
SLACK = 5.0
"""Seconds more for a reply, on a machine that does much else."""
BACK = 30.0
"""Seconds after the end of a fault within which mail is taken again there. Ten are promised; docs/reliability.md has what was measured."""


@dataclass(slots=True, eq=False)
class Load:
    """`persistent`: as mail servers are. Else each connection ends with the first reply that is none of those that lead to 250."""

    desk: Service
    persistent: bool = True
    over: bool = False
    pause: float = 0.05
    acknowledged: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Of the acknowledgements, monotonic."""
    replies: Counter[str] = field(default_factory=Counter)
    """Those that did not lead to 250, by code and enhanced status; `""` where a connection was closed without one."""
    ends: list[str] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds of the reply that took longest."""
    words: str = "It does not work."
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def send(self) -> None:
        unsent = [self._mail()]
        while not self.over or (self.persistent and unsent):
            try:
                async with Client(self.desk.smtp[1], self.desk.smtp[0], patience=PATIENCE) as client:
                    await self._session(client, unsent)
            except (ConnectionError, OSError):
                self.ends.append("reset")
            if not self.persistent:
                return
            await asyncio.sleep(0.1)

    async def _session(self, client: Client, unsent: list[EmailMessage]) -> None:
        """One mail after another. `unsent` has the one that is not acknowledged, if there is one: after an exception too."""
        greeting = await self._said(client, None, "220") or await self._said(client, "EHLO client.test", "250")
        while greeting is None:
            if not unsent:
                unsent.append(self._mail())
            if (reply := await self._send_one(client, unsent[0])) is not None:
                self.ends.append(reply[:3])
                return
            unsent.clear()
            await asyncio.sleep(self.pause)
            if self.over:
                return
        self.ends.append(greeting[:3])

    async def _send_one(self, client: Client, mail: EmailMessage) -> str | None:
        steps = (
            (f"MAIL FROM:<{mail['From']}>", "250"),
            (f"RCPT TO:<{mail['To']}>", "250"),
            ("DATA", "354"),
            (mail.as_bytes().replace(b"\n", b"\r\n") + b".\r\n", "250"),
        )
        for said, wanted in steps:
            if (reply := await self._said(client, said, wanted)) is not None:
                return reply
        self.acknowledged.append(str(mail["Subject"]))
        self.times.append(time.monotonic())
        return None

    async def _said(self, client: Client, said: str | bytes | None, wanted: str) -> str | None:
        """The reply, if it is not the wanted one."""
        began = time.monotonic()
        reply = await (client.reply() if said is None else client.say(said))
        self.slowest = max(self.slowest, time.monotonic() - began)
        if reply.startswith(wanted):
            return None
        self.replies[reply[:9].rstrip()] += 1
        return reply

    def _mail(self) -> EmailMessage:
        number = next(self._numbers)
        return letter(f"c{number}@client.test", "support@desk.test", f"Mail {number}", self.words)

    async def until_acknowledged(self, more: int, seconds: float = PATIENCE) -> None:
        wanted = len(self.acknowledged) + more
        await until(lambda: len(self.acknowledged) >= wanted, seconds, lambda: f"{dict(self.replies)} {self.desk.process.told()}")

    async def until_put_off(self) -> None:
        """Until a message has met the fault."""
        known = self.replies.total()
        await until(lambda: self.replies.total() > known, COMMIT_SECONDS + PATIENCE, self.desk.process.told)

    async def until_answered(self, more: int) -> None:
        """Until so many more messages were acknowledged or put off: what a fault makes slow may be either."""
        known = len(self.acknowledged) + self.replies.total()
        await until(
            lambda: len(self.acknowledged) + self.replies.total() >= known + more, COMMIT_SECONDS + PATIENCE, self.desk.process.told
        )

    async def until_back(self) -> float:
        """After how many seconds a message is acknowledged again; asserts that it is soon."""
        began, known = time.monotonic(), len(self.times)
        await until(lambda: len(self.times) > known, PATIENCE, lambda: f"{dict(self.replies)} {self.desk.process.told()}")
        seconds = self.times[known] - began
        assert seconds < BACK, f"back after {seconds:.1f} s"
        return seconds

    def assert_put_off_in_time(self, commit_seconds: float = COMMIT_SECONDS) -> None:
        """Nothing but 4xx, and that soon."""
        assert all(each.startswith("4") for each in self.replies if each), dict(self.replies)
        assert self.slowest < commit_seconds + SLACK, f"a reply after {self.slowest:.1f} s"


@asynccontextmanager
async def load(
    desk: Service, *, connections: int = CONNECTIONS, persistent: bool = True, pause: float = 0.05, words: str = "It does not work."
) -> AsyncIterator[Load]:
    made = Load(desk, persistent, pause=pause, words=words)
    tasks = [asyncio.create_task(made.send()) for _ in range(connections)]
    try:
        yield made
        made.over = True
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)
    finally:
        for each in tasks:
            each.cancel()


async def assert_one_ticket_each(desk: Service, clients: Load, *, only: bool = True, besides: Sequence[str] = ()) -> None:
    """Each acknowledged mail has one ticket, and each letter of it went once. `only`: nothing has any but those and `besides`."""
    began = time.monotonic()
    await desk.settled(len(clients.acknowledged) + len(besides), PATIENCE)
    await desk.quiet(PATIENCE)
    told("all done", after=time.monotonic() - began)
    wanted = Counter([*clients.acknowledged, *besides])
    found = Counter(each["subject"] for each in await desk.rows("SELECT subject FROM tickets"))
    assert not wanted - found, f"lost: {wanted - found}"
    more = found - wanted
    assert not more if only else not more.keys() & wanted.keys() and set(more.values()) <= {1}, f"more than once, or of nobody: {more}"
    assert await desk.repeated_letters() == 0, "\n".join(
        ["", *desk.about_repeated, *(each for each in desk.process.log if "level=info" not in each)]
    )


def told(what: str, **figures: float) -> None:
    """With `-s`: what docs/reliability.md has of it."""
    print(f"\n{what}: " + ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in figures.items()))
