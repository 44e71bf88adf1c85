"""An SMTP client that keeps many sessions open and busy, cheap enough not to be what is measured."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import cast


@dataclass(frozen=True, slots=True)
class Load:
    """`content(number)` gives a message's octets, dots stuffed, without the end of data. Each session sends its next message at once."""

    connections: int
    messages: int
    content: Callable[[int], bytes]
    reverse_path: str = "load@client.test"
    recipient: str = "support@example.com"


@dataclass(slots=True)
class Outcome:
    """`replies` counts the answers to content by code; `latencies` are seconds from the end of data to its reply, sorted."""

    seconds: float = 0.0
    replies: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    broken: int = 0
    """Sessions that ended before they had nothing more to send."""

    @property
    def accepted(self) -> int:
        return self.replies[250]

    @property
    def per_second(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0

    def percentile(self, percent: float) -> float:
        """Seconds; 0 when nothing was answered."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))] if self.latencies else 0.0


async def run(host: str, port: int, load: Load) -> Outcome:
    """Sends all messages, and returns when the last is answered or no session is left. Connecting and EHLO are not timed."""
    loop = asyncio.get_running_loop()
    outcome = Outcome()
    numbers = iter(range(load.messages))
    sessions = [_Session(load, numbers, outcome) for _ in range(load.connections)]
    for session in sessions:
        await loop.create_connection(lambda session=session: session, host, port)  # type: ignore[misc]
    await asyncio.gather(*(session.greeted for session in sessions))
    began = time.perf_counter()
    for session in sessions:
        session.begin()
    await asyncio.gather(*(session.over for session in sessions))
    outcome.seconds = time.perf_counter() - began
    outcome.latencies.sort()
    return outcome


class _Session(asyncio.Protocol):
    """Steps through greeting, EHLO, then MAIL, RCPT, DATA, content again and again, one reply a step."""

    def __init__(self, load: Load, numbers: Iterator[int], outcome: Outcome) -> None:
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self._load = load
        self._numbers = numbers
        self._outcome = outcome
        self._buffer = b""
        self._step: Callable[[int], None] = self._on_greeting
        self._mail = f"MAIL FROM:<{load.reverse_path}>\r\n".encode()
        self._rcpt = f"RCPT TO:<{load.recipient}>\r\n".encode()
        self._number = 0
        self._sent_at = 0.0

    def begin(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            self._end()
            return
        self._number = number
        self._say(self._mail, self._on_mail)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        lines = (self._buffer + data).split(b"\r\n")
        self._buffer = lines.pop()
        for line in lines:
            if line[3:4] != b"-":
                self._step(int(line[:3]))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self._outcome.broken += 1
        self._end()

    def _end(self) -> None:
        for each in (self.greeted, self.over):
            if not each.done():
                each.set_result(None)

    def _say(self, octets: bytes, then: Callable[[int], None]) -> None:
        self._step = then
        self._transport.write(octets)

    def _on_greeting(self, code: int) -> None:
        self._say(b"EHLO load.client.test\r\n", self._on_hello)

    def _on_hello(self, code: int) -> None:
        self.greeted.set_result(None)

    def _on_mail(self, code: int) -> None:
        self._say(self._rcpt, self._on_rcpt)

    def _on_rcpt(self, code: int) -> None:
        self._say(b"DATA\r\n", self._on_data)

    def _on_data(self, code: int) -> None:
        if code != 354:
            self._on_content(code)
            return
        self._sent_at = time.perf_counter()
        self._say(self._load.content(self._number) + b".\r\n", self._on_content)

    def _on_content(self, code: int) -> None:
        self._outcome.latencies.append(time.perf_counter() - self._sent_at)
        self._outcome.replies[code] += 1
        if code == 250:
            self.begin()
        else:
            self._say(b"RSET\r\n", lambda _: self.begin())


def plain_messages(size: int) -> Callable[[int], bytes]:
    """Messages of about `size` octets that differ in their Message-ID, numbered on over all loads of this process."""
    line = b"The quick brown fox jumps over the lazy dog, again and again and again.\r\n"
    body = line * max(1, (size - 200) // len(line))
    serial = count()

    def content(_: int) -> bytes:
        head = (
            b"From: Load <load@client.test>\r\nTo: support@example.com\r\nSubject: Load\r\nMessage-ID: <%d.load@client.test>\r\n"
            b"Date: Sun, 01 Mar 2026 09:05:07 +0000\r\n\r\n"
        )
        return head % next(serial) + body

    return content
