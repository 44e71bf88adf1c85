"""Sends what is in the outbox: claims letters, assembles and signs their bytes, hands them to a transport and records what came of it."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.domain.letter import URGENT, Letter, Recipient, UnsafeHeaderError
from gateway.domain.states import OutboxState
from gateway.outbound import health
from gateway.outbound.assemble import BlobMissing, Copy, assemble, can_be_plain, copies, needs_smtputf8
from gateway.outbound.attempt import Conclusion, after, conclude, settled
from gateway.outbound.delivery import Parcel, Transport
from gateway.outbound.gone import GoneTransport
from gateway.outbound.retry import Deferred, Delivered, Outcome, Policy, Refused
from gateway.outbound.sign import Signing, SigningError
from gateway.telemetry.scrub import MASK
from gateway.workers.loop import Loop, Pace, Queue
from gateway.workers.places import Closed, Places
from gateway.workers.recorder import Recorder
from storage import instance, outbox
from storage.engine import database_away, serialization_conflict

log = structlog.get_logger()

Result = TypeVar("Result")
Report = Callable[[AsyncSession, Letter, tuple[Recipient, ...]], Awaitable[None]]
"""Tells the ticket of recipients, in the transaction that records them; `reply` of each is the server's last word."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How a sender works; times in seconds. `hands` deliver at once, of which `reserved` are for agents' replies alone, so that notices
    never delay one; `ahead` more letters are held ready, so that one claim takes many.

    The lease is short, so that a killed sender's letters are soon retaken, and is renewed at each heartbeat while it holds them.
    """

    policy: Policy = field(default_factory=Policy)
    hands: int = 10
    reserved: int = 2
    ahead: int = 30
    lease: float = 15.0
    heartbeat: float = 4.0
    sweep: float = 5.0
    poll: float = 5.0
    drain: float = 20.0
    shadow: bool = False
    """Decide and record, but send nothing: nothing is claimed."""

    @property
    def pace(self) -> Pace:
        return Pace(self.holds, max(1, self.holds // 2), self.poll, self.sweep, self.drain, self.heartbeat)

    @property
    def holds(self) -> int:
        """Letters under lease at once."""
        return self.hands + self.ahead


@dataclass(frozen=True, slots=True, eq=False)
class InHand:
    letter: Letter
    since: float
    """When it was claimed, by the monotonic clock."""
    probe: bool
    """It was claimed although its destination is down: as the one that tries, or because a person said so."""

    @property
    def id(self) -> int:
        return self.letter.id

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.since


class Sender(Queue[InHand]):
    """`transports` by destination; `on_failed` and `on_late` are told of recipients in the recording's own transaction.

    `attempted` is called with how an attempt ended and its seconds, for metrics.
    """

    name = "sender"
    channel = "outbox"

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        transports: Mapping[str, Transport],
        on_failed: Report,
        *,
        worker: str,
        sending: Sending | None = None,
        signing: Signing | None = None,
        on_late: Report | None = None,
        attempted: Callable[[str, float], None] = lambda _outcome, _seconds: None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._transports = dict(transports)
        self._on_failed = on_failed
        self._on_late = on_late
        self._worker = worker
        self._sending = sending or Sending()
        self._signing = signing or Signing()
        self._attempted = attempted
        self._dice = dice
        self._recorder = Recorder(sessions)
        self._places = Places(self._sending.hands, self._sending.reserved)
        self._in_hand: set[InHand] = set()
        self._health = dict.fromkeys(self._transports, health.WELL)
        self._verified = False

    async def run(self, stop: asyncio.Event, engine: AsyncEngine | None = None) -> None:
        """Until `stop` is set and the attempts under way have ended. With an engine it is woken by NOTIFY."""
        closing = asyncio.create_task(self._close_at(stop))
        try:
            await Loop(self, engine, self._sending.pace).run(stop)
        finally:
            closing.cancel()
            for transport in self._transports.values():
                await transport.aclose()

    async def claim(self, limit: int) -> Sequence[InHand]:
        if self._sending.shadow:
            return []
        await self._verify_instance()
        claimed: list[InHand] = []
        for destination in tuple(self._transports):
            more = await self._claim(destination, limit - len(claimed))
            self._in_hand.update(more)
            claimed += more
        return claimed

    async def work(self, item: InHand) -> None:
        with structlog.contextvars.bound_contextvars(trace_id=item.letter.trace_id, outbox=item.id):
            try:
                await self._work(item)
            except outbox.LeaseLost:
                log.warning("lease_lost")
            finally:
                self._in_hand.discard(item)

    async def sweep(self) -> int:
        if self._sending.shadow:
            return 0
        async with self._sessions.begin() as session:
            returned = await outbox.return_expired(session)
            promoted = await outbox.promote_scheduled(session)
            destinations = await outbox.destinations(session)
        self._take_over(destinations)
        if returned:
            log.warning("leases_expired", queue=self.name, outbox=returned)
        return len(returned) + promoted

    def _take_over(self, destinations: Collection[str]) -> None:
        """Letters for a server that the configuration no longer has are nobody's else."""
        for each in destinations:
            if each not in self._transports:
                log.warning("destination_gone", destination=each)
                self._transports[each] = GoneTransport(each)
                self._health[each] = health.WELL

    async def next_due_in(self) -> float | None:
        now = time.monotonic()
        rests = [each.rest(now) for each in self._health.values()]
        async with self._sessions() as session:
            rests += [await outbox.next_due_in(session, destination) for destination in tuple(self._transports)]
        return min((each for each in rests if each is not None), default=None)

    async def renew(self, items: Sequence[InHand]) -> Collection[InHand]:
        async with self._sessions.begin() as session:
            held = [(item.id, item.letter.attempts) for item in items]
            still = await outbox.renew(session, self._worker, held, self._sending.lease)
        return [item for item in items if item.id not in still]

    async def _close_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._places.close()

    async def _give_back(self, item: InHand) -> None:
        async with self._sessions.begin() as session:
            await outbox.give_back(session, self._worker, item.letter)

    async def _verify_instance(self) -> None:
        if self._verified:
            return
        async with self._sessions.begin() as session:
            foreign = await instance.verify(session)
        if foreign is not None:
            log.error("sending_paused", why="the database comes from another server; `deskgate outbox adopt` lets letters go")
        self._verified = True

    async def _claim(self, destination: str, limit: int) -> list[InHand]:
        if limit <= 0:
            return []
        since = time.monotonic()
        under_way = sum(item.letter.destination == destination for item in self._in_hand)
        probe = self._health[destination] is not health.WELL
        allowed = self._health[destination].allowance(since, limit, under_way)
        async with self._sessions.begin() as session:
            letters = await outbox.claim(
                session,
                self._worker,
                limit=allowed or limit,
                bulk_limit=min(allowed or limit, self._hands_for_bulk()),
                lease=self._sending.lease,
                destination=destination,
                paused=allowed == 0,
            )
        return [InHand(letter, since, probe) for letter in letters]

    def _hands_for_bulk(self) -> int:
        under_way = sum(item.letter.urgency != URGENT for item in self._in_hand)
        return max(0, self._sending.holds - self._sending.reserved - under_way)

    async def _work(self, item: InHand) -> None:
        try:
            async with self._places.take(urgent=item.letter.urgency == URGENT):
                # What waited for its turn while others found the destination down is due when a probe succeeds.
                down = self._health[item.letter.destination] is not health.WELL and not item.probe
                outcomes = None if down else await self._outcomes(item)
        except Closed:
            outcomes = None
        if outcomes is None:
            await _persistently(lambda: self._give_back(item))
        else:
            await self._conclude(item, outcomes)

    async def _conclude(self, item: InHand, outcomes: Mapping[int, Outcome]) -> None:
        conclusion = conclude(item.letter, outcomes, self._worker, elapsed=item.elapsed, jitter=self._dice(), policy=self._sending.policy)
        await _persistently(lambda: self._record(item.letter, conclusion))
        _log_end(item, conclusion)
        self._attempted(str(conclusion.end.state), item.elapsed)

    async def _outcomes(self, item: InHand) -> dict[int, Outcome]:
        """By recipient id, of those who were tried."""
        letter = item.letter
        try:
            blobs = await _persistently(lambda: self._blobs(letter))
            parcels = [(copy, _parcel(letter, copy, blobs, self._signing)) for copy in copies(letter, letter.waiting)]
        except (BlobMissing, UnsafeHeaderError) as error:
            log.error("letter_not_assembled", error=str(error))  # noqa: TRY400  the error names the field, its traceback says no more
            return {each.id: Refused(f"the letter could not be put together: {error}") for each in letter.waiting}
        except SigningError as error:
            log.error("letter_not_signed", error=str(error))  # noqa: TRY400  likewise
            return {each.id: Deferred(f"the letter could not be signed: {error}") for each in letter.waiting}
        outcomes = await self._deliver(letter, parcels)
        self._note_health(letter.destination, outcomes)
        return outcomes

    async def _deliver(self, letter: Letter, parcels: list[tuple[Copy, Parcel]]) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        for number, (copy, parcel) in enumerate(parcels, 1):
            said = await self._transports[letter.destination].deliver(parcel)
            of_copy = {each.id: said[each.address] for each in copy.recipients}
            outcomes |= of_copy
            if any(isinstance(each, Deferred) and each.unreachable for each in of_copy.values()):
                break
            if number < len(parcels):
                await self._settle(letter, copy, of_copy)
        return outcomes

    async def _settle(self, letter: Letter, copy: Copy, outcomes: Mapping[int, Outcome]) -> None:
        """Remembers whose copies are delivered before the next ones go, lest a kill sends them again. The rest is for the end."""
        delivered = [settled(after(each, outcomes[each.id])) for each in copy.recipients if isinstance(outcomes[each.id], Delivered)]
        if delivered:
            await _persistently(lambda: self._settle_once(letter, delivered))

    async def _settle_once(self, letter: Letter, delivered: Sequence[outbox.Settled]) -> None:
        async with self._sessions.begin() as session:
            await outbox.settle(session, letter, self._worker, delivered)

    async def _blobs(self, letter: Letter) -> dict[str, bytes]:
        if not letter.attachments:
            return {}
        async with self._sessions() as session:
            return await outbox.blobs(session, {each.sha256 for each in letter.attachments})

    async def _record(self, letter: Letter, conclusion: Conclusion) -> None:
        late = conclusion.late and self._on_late is not None
        if not conclusion.failed and not late:
            await self._recorder.record(conclusion.end)
            return
        try:
            await self._record_and_tell(letter, conclusion)
        except outbox.LeaseLost:
            raise
        except Exception as error:
            if database_away(error) or serialization_conflict(error):
                raise
            # What the relay said must not be lost to a fault of telling it: the letter would go out again and again.
            log.exception("failure_not_told")
            await self._recorder.record(conclusion.end)

    async def _record_and_tell(self, letter: Letter, conclusion: Conclusion) -> None:
        # The ticket before the outbox: the desk takes its locks in that order.
        async with self._sessions.begin() as session:
            if conclusion.failed:
                await self._on_failed(session, letter, conclusion.failed)
            if conclusion.late and self._on_late is not None:
                await self._on_late(session, letter, letter.waiting)
            await outbox.end_attempt(session, conclusion.end)

    def _note_health(self, destination: str, outcomes: Mapping[int, Outcome]) -> None:
        if not any(isinstance(each, Deferred) and each.unreachable for each in outcomes.values()):
            self._health[destination] = health.WELL
            return
        policy = self._sending.policy
        before = self._health[destination]
        self._health[destination] = health.failed(before, time.monotonic(), min(_FIRST_PROBE, policy.first), policy.unreachable)
        if before is health.WELL:
            log.warning("destination_down", destination=destination)


def _parcel(letter: Letter, copy: Copy, blobs: Mapping[str, bytes], signing: Signing) -> Parcel:
    name = f"{letter.id:08d}" if copy.own is None else f"{letter.id:08d}-{copy.own.id}"
    recipients = tuple(dict.fromkeys(each.address for each in copy.recipients))
    content, wants_utf8 = signing.signed(letter, copy, assemble(letter, copy, blobs)), needs_smtputf8(letter, copy)
    plain = None
    if wants_utf8 and can_be_plain(letter, copy):
        plain = signing.signed(letter, copy, assemble(letter, copy, blobs, ascii_only=True))
    return Parcel(name, copy.reverse_path, recipients, content, wants_utf8, plain)


async def _persistently(act: Callable[[], Awaitable[Result]]) -> Result:
    """Does it again while the database is away or another transaction is in the way: what a relay said must get written down."""
    pause = 0.1
    while True:
        try:
            return await act()
        except Exception as error:
            if not (database_away(error) or serialization_conflict(error)):
                raise
            log.warning("database_away", error=f"{type(error).__name__}: {error}", again_in=pause)
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


def _log_end(item: InHand, conclusion: Conclusion) -> None:
    end = conclusion.end
    about = {"kind": item.letter.kind, "ticket": item.letter.ticket, "attempt": end.attempt, "seconds": round(item.elapsed, 3)}
    if end.state is OutboxState.SENT:
        log.info("letter_sent", **about)
    elif end.state is OutboxState.QUEUED:
        error = without_recipients(item.letter, end.error)
        log.warning("letter_deferred", **about, again_in=round(end.retry_in), error=error, possible_duplicate=end.unanswered)
    else:
        log.error("letter_failed", **about, error=without_recipients(item.letter, end.error))


def without_recipients(letter: Letter, error: str | None) -> str | None:
    """Servers repeat an address that they refuse; who was in Bcc stands in no log (O6). The outbox has it."""
    for each in letter.recipients if error else ():
        error = re.sub(re.escape(each.address), MASK, error or "", flags=re.IGNORECASE)
    return error


_FIRST_PROBE: Final = 5.0
_LONGEST_PAUSE: Final = 5.0
