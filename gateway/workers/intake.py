"""Work on what arrived: parse, authenticate, decide and record, and end the row in the same transaction."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import storage.inbound as inbound
from gateway.auth.authenticate import authenticate
from gateway.auth.dns import Resolver
from gateway.desk.process import Arrived, Busy, Postponed, Processed, process
from gateway.domain.organisation import Organisation
from gateway.domain.ours import Ours
from gateway.domain.states import InboundState
from gateway.domain.verdict import Verdict
from gateway.mail.fallback import raw_message
from gateway.mail.message import Message
from gateway.parsing.parent import Parser
from gateway.workers.loop import Queue
from gateway.workers.settling import Settling
from storage.engine import database_away, serialization_conflict

log = structlog.get_logger()

LEASE = 20.0
"""Seconds; renewed while the work lasts, so that leases of a dead process are retaken within 30 s."""
BUSY_AGAIN = 0.2
CONFLICT_AGAIN = 0.05
AWAY_AGAIN = 5.0
INSIST_AGAIN = 1.0
FIRST_RETRY = 5.0
LONGEST_RETRY = 600.0
MOST_DEATHS = 12
"""After so many attempts that ended with their process a message is buried. More than `attempts`: a process is killed by people, machines
and want of memory, rarely by a message, which only a child of its own reads."""
FEW_OCTETS = 1 << 18
"""Of a message whose bytes are read along with its row; larger ones are read when their work starts, and are settled by themselves."""
LARGE_AT_ONCE = 8
"""Each may be in memory several times over."""


class Settings(Protocol):
    """What intake reads of the configuration, asked anew for each message, so that a SIGHUP takes effect at once."""

    @property
    def organisation(self) -> Organisation: ...

    @property
    def ours(self) -> Ours: ...

    @property
    def fingerprint(self) -> str:
        """Of the configuration, which each decision is recorded with."""
        ...

    @property
    def attempts(self) -> int:
        """After how many failed attempts a message is buried."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A claimed row, with its bytes where they are few: those were read along with the claim."""

    row: inbound.Claimed
    content: bytes | None = None

    @property
    def id(self) -> int:
        return self.row.id


@dataclass(frozen=True, slots=True)
class Understood:
    message: Message
    verdict: Verdict


class Intake(Queue[Taken]):
    """`wake` is called with a channel's name after letters were committed; `decided` with outcome and seconds, for metrics."""

    name = "intake"
    channel = "inbound"

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        parser: Parser,
        resolver: Resolver,
        settings: Callable[[], Settings],
        worker: str,
        wake: Callable[[str], None],
        decided: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self._sessions = sessions
        self._parser = parser
        self._resolver = resolver
        self._settings = settings
        self._worker = worker
        self._wake = wake
        self._decided = decided
        self._room_for_large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._settling = Settling[Processed | Postponed | Busy](sessions)
        # A message that an earlier attempt failed on may be what killed it: it is worked on while nothing else is.
        self._alone = asyncio.Lock()
        self._in_hand: set[int] = set()
        self._quiet = asyncio.Condition()

    async def aclose(self) -> None:
        """After the loop has ended: waits for the transaction under way."""
        await self._settling.aclose()

    async def claim(self, limit: int) -> Sequence[Taken]:
        async with self._sessions.begin() as session:
            rows = await inbound.claim(session, self._worker, limit, LEASE, begin=True)
            few = [each.id for each in rows if each.size <= FEW_OCTETS]
            contents = await inbound.contents_of(session, few) if few else {}
        return [Taken(each, contents.get(each.id)) for each in rows]

    async def next_due_in(self) -> float | None:
        async with self._sessions() as session:
            return await inbound.next_due_in(session)

    async def sweep(self) -> int:
        async with self._sessions.begin() as session:
            return await inbound.return_expired(session)

    async def renew(self, items: Sequence[Taken]) -> Collection[Taken]:
        async with self._sessions.begin() as session:
            await inbound.extend_leases(session, self._worker, LEASE, [each.id for each in items])
        return ()

    async def work(self, item: Taken) -> None:
        with structlog.contextvars.bound_contextvars(trace_id=item.row.trace_id, inbound=item.id):
            try:
                if item.row.begun:
                    await self._work_beside(item)
                else:
                    await self._work_alone(item)
            except inbound.LeaseLost:
                log.warning("lease_lost")

    async def _work_beside(self, item: Taken) -> None:
        async with self._alone:
            self._in_hand.add(item.id)
        try:
            await self._attempt(item, item.row)
        finally:
            async with self._quiet:
                self._in_hand.discard(item.id)
                self._quiet.notify_all()

    async def _work_alone(self, item: Taken) -> None:
        """A message that an earlier attempt did not end may be what ended the process: nothing else is at stake while it is tried."""
        async with self._alone:
            async with self._quiet:
                await self._quiet.wait_for(lambda: not self._in_hand)
            if item.row.deaths >= MOST_DEATHS:
                await self._bury(item.row, f"{item.row.deaths} attempts ended with the process that made them")
                return
            async with self._sessions.begin() as session:
                begun = await inbound.begin_attempt(session, item.row, LEASE)
            await self._attempt(item, begun)

    async def _attempt(self, item: Taken, begun: inbound.Claimed) -> None:
        large = begun.size > FEW_OCTETS
        try:
            async with self._room_for_large if large else contextlib.nullcontext():
                understood = await self._understand(begun, item.content or await self._content(begun))
                await self._settle(begun, understood, alone=large)
        except inbound.LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  the edge: whatever failed, the message is tried again, or buried
            await self._failed(begun, error)

    async def _content(self, item: inbound.Claimed) -> bytes:
        async with self._sessions() as session:
            content = await inbound.content_of(session, item.id)
        if content is None:
            raise LookupError("the raw bytes of the message are gone")
        return content

    async def _understand(self, item: inbound.Claimed, content: bytes) -> Understood:
        """What bytes and name servers tell; no transaction is open meanwhile."""
        settings = self._settings()
        if item.failures + 1 >= max(2, settings.attempts) or item.deaths + 1 >= MOST_DEATHS:
            # The last attempt tries what the earlier ones may have failed on no more: better a bare ticket than a buried message.
            message = raw_message(content, f"{item.attempts - 1} attempts to understand it failed")
        else:
            message = await self._parser.parse(content, settings.ours)
        trust = settings.organisation.trust_for(item.envelope.peer.mailbox)
        verdict = await authenticate(item.envelope, message, content, self._resolver, trust, self._parser.verify)
        return Understood(message, verdict)

    async def _settle(self, item: inbound.Claimed, understood: Understood, *, alone: bool) -> None:
        settings = self._settings()
        arrived = Arrived(item.id, item.envelope, item.redelivery_key, item.size, item.assignment)
        message = understood.message

        async def work(session: AsyncSession) -> Processed | Postponed | Busy:
            processed = await process(session, arrived, message, understood.verdict, settings.organisation)
            if isinstance(processed, Processed):
                await self._finish(session, item, understood, processed, settings.fingerprint)
            return processed

        processed = await self._settling.settle(work, alone=alone)
        match processed:
            case Busy():
                await self._again(item, BUSY_AGAIN)
                return
            case Postponed(seconds, why):
                log.info("postponed", seconds=seconds, why=why)
                await self._again(item, seconds, why)
                return
            case Processed():
                pass
        self._decided(processed.decision.outcome)
        log.info("decided", outcome=processed.decision.outcome, ticket=processed.ticket, why=processed.decision.why)
        if processed.letters:
            self._wake("outbox")

    async def _finish(
        self, session: AsyncSession, item: inbound.Claimed, understood: Understood, processed: Processed, configuration: str
    ) -> None:
        message, decision = understood.message, processed.decision
        await inbound.finish(
            session,
            item,
            decision.state,  # type: ignore[arg-type]
            outcome=decision.outcome,
            why=decision.why,
            decision=decision.reasons,
            ticket=processed.ticket,
            verdict=understood.verdict,
            message_id=message.message_id,
            subject=message.subject,
            author=message.author.address if message.author is not None else None,
            kind=message.kind,
            rule=decision.rule,
            writer=processed.writer,
            configuration=configuration,
        )

    async def _again(self, item: inbound.Claimed, seconds: float, error: str | None = None) -> None:
        """Due again without counting the attempt: it was nobody's fault. Insists while the database is away, for an attempt that stays
        counted brings a message nearer to its last one."""
        while True:
            try:
                async with self._sessions.begin() as session:
                    await inbound.defer(session, item, seconds, counted=False, error=error)
            except Exception as refused:
                if not database_away(refused):
                    raise
                await asyncio.sleep(INSIST_AGAIN)
            else:
                return

    async def _failed(self, item: inbound.Claimed, error: Exception) -> None:
        if serialization_conflict(error):
            await self._again(item, CONFLICT_AGAIN)
            return
        told = f"{type(error).__name__}: {error}"
        if database_away(error):
            log.warning("database_away", error=told)
            await self._again(item, AWAY_AGAIN, told)
            return
        log.error("attempt_failed", attempt=item.attempts, exc_info=error)
        if item.failures + 1 >= self._settings().attempts:
            await self._bury(item, told)
            return
        delay = min(LONGEST_RETRY, FIRST_RETRY * 4.0**item.failures)
        async with self._sessions.begin() as session:
            await inbound.defer(session, item, delay, counted=True, error=told)

    async def _bury(self, item: inbound.Claimed, error: str) -> None:
        log.error("buried", attempts=item.attempts, error=error)
        async with self._sessions.begin() as session:
            await inbound.bury(session, item, error)
        self._decided(InboundState.BURIED)
