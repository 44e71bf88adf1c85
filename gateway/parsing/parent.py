"""The parent's side: a few warm children, a message at a time each, killed and replaced when one exceeds a bound."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog

from gateway.auth.signature import Signature, Verified
from gateway.domain.ours import Ours
from gateway.mail.fallback import raw_message
from gateway.mail.message import Message
from gateway.parsing.process import Child, ChildEndedError, Limits
from gateway.parsing.wire import codec, pack, unpack

log = structlog.get_logger()

_ours_to_data = codec(Ours).to_data
_to_message = codec(Message).from_data
_to_verified = codec(Verified).from_data


@dataclass(slots=True)
class Counters:
    """For metrics. `deaths`: children that ended by themselves; `timeouts`: killed by us; `failures`: exceptions, the child goes on."""

    requests: int = 0
    deaths: int = 0
    timeouts: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The work on a content failed, and would fail again."""

    why: str


STARTS_END_WITHIN = 3.0


class Parser:
    """An async context manager around `size` children at work and `spares` more that wait to take a killed one's place.

    `program` is the module that a child runs.
    """

    def __init__(self, limits: Limits | None = None, *, size: int = 1, spares: int = 1, program: str = "gateway.parsing.child") -> None:
        self.counters = Counters()
        self._limits = limits or Limits()
        self._program = program
        self._wanted = size + spares
        self._turn = asyncio.Semaphore(size)
        # Last in, first out: one child stays hot in the processor's caches, the spare sleeps.
        self._ready: asyncio.LifoQueue[Child] = asyncio.LifoQueue()
        self._starting: set[asyncio.Task[None]] = set()
        self._children: set[Child] = set()

    async def __aenter__(self) -> Self:
        """Returns when one child is warm; raises RuntimeError when the program does not start at all."""
        try:
            self._ready.put_nowait(await self._start())
        except BaseException:
            await self._stop()
            raise
        for _ in range(self._wanted - 1):
            self._replenish()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the children that are warm, at work or killed and not yet buried."""
        return tuple(sorted(child.pid for child in self._children))

    async def parse(self, content: bytes, ours: Ours) -> Message:
        """Total: what cannot be understood comes back as its raw file with a warning."""
        answer = await self._ask("parse", pack(_ours_to_data(ours)), content)
        if isinstance(answer, Unreadable):
            return raw_message(content, answer.why)
        message: Message = _to_message(answer)
        return message

    async def verify(self, content: bytes, keys: Mapping[str, bytes]) -> Verified:
        """`keys` are TXT records by key name, `b""` where there is none; a name that is missing could not be looked up."""
        answer = await self._ask("verify", pack(dict(keys)), content)
        if isinstance(answer, Unreadable):
            return Verified((Signature("", "", "temperror", f"the signatures could not be verified: {answer.why}"),))
        verified: Verified = _to_verified(answer)
        return verified

    async def _ask(self, kind: str, argument: bytes, content: bytes) -> Any:
        self.counters.requests += 1
        async with self._turn:
            try:
                return await self._ask_one(kind, argument, content)
            except ChildEndedError as first:
                # Whatever ended it — the out-of-memory killer, an operator — may have had nothing to do with this message.
                if first.exceeded:
                    return Unreadable(f"the parser needed more {first.exceeded} than a message may")
            try:
                return await self._ask_one(kind, argument, content)
            except ChildEndedError as second:
                return Unreadable(f"the parser ended twice over it (status {second.status})")

    async def _ask_one(self, kind: str, argument: bytes, content: bytes) -> Any:
        """Of a child that is put back only if it answered in full and in time."""
        child, keep = await self._take(), False
        try:
            async with asyncio.timeout(self._limits.seconds):
                status, note, value = await child.ask(kind, argument, content)
            keep = status == "failed" or (status == "done" and not note)
            return self._read(kind, status, note, value)
        except TimeoutError:
            self.counters.timeouts += 1
            log.warning("parser_timeout", kind=kind, size=len(content), seconds=self._limits.seconds)
            return Unreadable(f"the parser took longer than {self._limits.seconds:g} seconds")
        except ChildEndedError as ended:
            self.counters.deaths += 1
            log.warning("parser_died", kind=kind, size=len(content), status=ended.status)
            raise
        finally:
            if keep:
                self._ready.put_nowait(child)
            else:
                self._discard(child)

    def _read(self, kind: str, status: str, note: Any, value: bytes) -> Any:
        if status == "done":
            return unpack(value)
        summary, trace = note
        self.counters.failures += 1
        log.error("parser_failed", kind=kind, error=summary, trace=trace)
        return Unreadable(f"the parser failed: {summary}")

    async def _take(self) -> Child:
        while True:
            child = await self._ready.get()
            if child.alive:
                return child
            self.counters.deaths += 1
            log.warning("parser_died_idle", status=child.status)
            self._discard(child)

    def _discard(self, child: Child) -> None:
        child.kill()
        self._replenish(child)

    def _replenish(self, killed: Child | None = None) -> None:
        task = asyncio.get_running_loop().create_task(self._start_until_ready(killed))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start_until_ready(self, killed: Child | None) -> None:
        if killed is not None:
            await killed.stop()
            self._children.discard(killed)
        pause = 0.1
        while True:
            try:
                self._ready.put_nowait(await self._start())
            except (OSError, RuntimeError) as error:
                log.exception("parser_start_failed", error=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10.0)
            else:
                return

    async def _start(self) -> Child:
        child = await Child.start(self._program, self._limits)
        self._children.add(child)
        return child

    async def _stop(self) -> None:
        if self._starting:
            # A start that is cancelled half-way leaves a process that nobody waits for; most are over in a moment.
            await asyncio.wait(list(self._starting), timeout=STARTS_END_WITHIN)
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(child.stop() for child in self._children))
        self._children.clear()
