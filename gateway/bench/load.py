"""An SMTP client that keeps many sessions open and busy, cheap enough not to be what is measured."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Final, cast

TICK_SECONDS: Final = 0.001
JOINED: Final = 65536
"""Octets up to which it costs less to copy a content than to have its end go by itself."""
PROSE: Final = b"The quick brown fox jumps over the lazy dog, again and again and again.\r\n"
FILE: Final = b"UXVpY2sgYnJvd24gZm94ZXMganVtcCBvdmVyIHRoZSBsYXp5IGRvZywgYWdhaW4gYW5kIGFnYWlu\r\n"
"""What large mails are made of: base64."""


@dataclass(frozen=True, slots=True)
class Load:
    """`content(number)` gives a message's octets, dots stuffed, without the end of data. Each session sends its next message at once; with
    `rate`, messages begin so many a second, whoever is still busy, and those that find no session idle begin when one is."""

    connections: int
    messages: int
    content: Callable[[int], bytes]
    recipient: str = "support@example.com"
    rate: float | None = None

    def reverse_path(self, number: int) -> str:
        """A thousand, for mail does not come from one address."""
        return f"load{number % 1000}@client.test"


@dataclass(slots=True)
class Outcome:
    """`replies` counts the answers to content by code; `latencies` are seconds from the end of data to its reply, sorted."""

    seconds: float = 0.0
    replies: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    octets: int = 0
    """Of the contents that were accepted."""
    broken: int = 0
    """Sessions that ended before they had nothing more to send."""

    @property
    def accepted(self) -> int:
        return self.replies[250]

    @property
    def per_second(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0

    @property
    def megabytes_per_second(self) -> float:
        return self.octets / 1e6 / self.seconds if self.seconds else 0.0

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
    pace = Pace(sessions, load.rate) if load.rate is not None else None
    for session in sessions:
        session.begin()
    await asyncio.gather(*(session.over for session in sessions))
    outcome.seconds = time.perf_counter() - began
    if pace is not None:
        pace.stop()
    outcome.latencies.sort()
    return outcome


class Pace:
    """Lets sessions begin, by turns, so many a second."""

    def __init__(self, sessions: "Sequence[_Session]", rate: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._rate, self._let_go = rate, 0
        self._began = self._loop.time()
        self._idle: deque[_Session] = deque()
        for session in sessions:
            session.pace = self
        self._timer = self._loop.call_soon(self._tick)

    def rest(self, session: "_Session") -> None:
        self._idle.append(session)

    def stop(self) -> None:
        self._timer.cancel()

    def _tick(self) -> None:
        due = int((self._loop.time() - self._began) * self._rate) - self._let_go
        for _ in range(min(due, len(self._idle))):
            self._let_go += 1
            self._idle.popleft().go()
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)


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
        self._rcpt = f"RCPT TO:<{load.recipient}>\r\n".encode()
        self._number = 0
        self._octets = 0
        self._sent_at = 0.0
        self.pace: Pace | None = None

    def begin(self) -> None:
        if self.pace is None:
            self.go()
        else:
            self.pace.rest(self)

    def go(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            self._end()
            return
        self._number = number
        self._say(f"MAIL FROM:<{self._load.reverse_path(number)}>\r\n".encode(), self._on_mail)

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
        content = self._load.content(self._number)
        self._octets = len(content)
        self._sent_at = time.perf_counter()
        if len(content) > JOINED:
            self._transport.write(content)
            content = b""
        self._say(content + b".\r\n", self._on_content)

    def _on_content(self, code: int) -> None:
        self._outcome.latencies.append(time.perf_counter() - self._sent_at)
        self._outcome.replies[code] += 1
        if code == 250:
            self._outcome.octets += self._octets
            self.begin()
        else:
            self._say(b"RSET\r\n", lambda _: self.begin())


def plain_messages(size: int, line: bytes = PROSE) -> Callable[[int], bytes]:
    """Messages of `size` octets, or one less, that differ in their Message-ID, numbered on over all loads of this process."""
    serial = count()

    def content(_: int) -> bytes:
        head = (
            b"From: Load <load@client.test>\r\nTo: support@example.com\r\nSubject: Load\r\nMessage-ID: <%d.load@client.test>\r\n"
            b"Date: Sun, 01 Mar 2026 09:05:07 +0000\r\n\r\n"
        ) % next(serial)
        return head + body(max(2, size - len(head)))

    @lru_cache(4)
    def body(octets: int) -> bytes:
        """Its length changes where the number of the message gets a digit more."""
        whole, rest = divmod(octets, len(line))
        return line * whole + (b"x" * (rest - 2) + b"\r\n" if rest > 1 else b"")

    return content
