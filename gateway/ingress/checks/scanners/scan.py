"""Asks all scanners about a content, side by side."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import structlog

from gateway.ingress.checks.policy import Scanner
from gateway.ingress.checks.scanners import clamd, rspamd, spamd
from gateway.ingress.checks.scanners.results import GarbledError, NotAsked, Result, Unknown
from gateway.ingress.checks.scanners.wire import Asked, exchange

log = structlog.get_logger()

_SPOKEN: Final[dict[str, ModuleType]] = {"spamd": spamd, "rspamd": rspamd, "clamd": clamd}

FAILURES: Final = 3
"""In a row, after which a scanner is left alone."""
REST_SECONDS: Final = 10.0
"""For so long: each mail would wait for it all its time else, and all places be taken by those that wait."""


@dataclass(frozen=True, slots=True)
class Told:
    scanner: Scanner
    result: Result

    def __str__(self) -> str:
        return f"{self.scanner.kind}: {self.result}"


class Scanners:
    """Of one process. `at_once` contents are scanned at the same time; others wait, within each scanner's time."""

    def __init__(self, scanners: Sequence[Scanner], at_once: int) -> None:
        self._clients = [_Client(each) for each in scanners]
        self._places = asyncio.Semaphore(at_once)

    async def scan(self, asked: Asked) -> tuple[Told, ...]:
        """Never raises; takes the time of the slowest scanner at most, twice where it had to wait."""
        longest = max(each.scanner.seconds for each in self._clients)
        try:
            async with asyncio.timeout(longest):
                await self._places.acquire()
        except TimeoutError:
            log.warning("scan_not_begun", trace_id=asked.trace_id, why="too many contents are being scanned")
            return tuple(Told(each.scanner, Unknown("too many contents are being scanned")) for each in self._clients)
        try:
            return tuple(await asyncio.gather(*(each.scan(asked) for each in self._clients)))
        finally:
            self._places.release()


class _Client:
    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self._failures = 0
        self._rests_until = 0.0

    async def scan(self, asked: Asked) -> Told:
        return Told(self.scanner, await self._result(asked))

    async def _result(self, asked: Asked) -> Result:
        if asked.size > self.scanner.max_size:
            return NotAsked(f"{asked.size} octets are more than its max_size, {self.scanner.max_size}")
        now = asyncio.get_running_loop().time
        if now() < self._rests_until:
            return Unknown("it did not answer before")
        spoken = _SPOKEN[self.scanner.kind]
        try:
            async with asyncio.timeout(self.scanner.seconds):
                answer = await exchange(self.scanner.place, spoken.ask(asked), spoken.whole)
            result: Result = spoken.read_answer(answer)
        except (OSError, TimeoutError, GarbledError) as error:
            self._failed(now())
            why = f"nothing within {self.scanner.seconds:g} s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
            log.warning("scanner_failed", scanner=self.scanner.kind, at=str(self.scanner.place), trace_id=asked.trace_id, why=why)
            return Unknown(why)
        self._failures = 0
        return result

    def _failed(self, now: float) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            # The first to come after its rest tries it again, and one more failure is enough.
            self._rests_until = now + REST_SECONDS
            log.error("scanner_rests", scanner=self.scanner.kind, at=str(self.scanner.place), seconds=REST_SECONDS)
