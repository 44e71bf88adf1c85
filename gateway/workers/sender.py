"""Sends what is in the outbox: claims letters, has each carried to its transport when a hand is free, and records what came of it."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway.domain.letter import RELAY, URGENT, Letter, Recipient
from gateway.domain.states import OutboxState
from gateway.outbound.attempt import Conclusion, conclude, is_late
from gateway.outbound.delivery import Transport
from gateway.outbound.gone import GoneTransport
from gateway.outbound.lighten import Links
from gateway.outbound.retry import Deferred, Outcome, Policy
from gateway.outbound.sign import Signing
from gateway.telemetry.scrub import MASK
from gateway.workers.budget import Budget
from gateway.workers.carrier import Carrier, octets_of, persistently
from gateway.workers.loop import Loop, Pace, Queue
from gateway.workers.outlet import Hands, Outlet
from gateway.workers.places import Closed
from gateway.workers.recorder import Recorder
from storage import instance, outbox
from storage.driver import driver
from storage.engine import database_away, serialization_conflict, single_statements

log = structlog.get_logger()

Report = Callable[[AsyncSession, Letter, tuple[Recipient, ...]], Awaitable[None]]
"""Tells the ticket of recipients, in the transaction that records them; `reply` of each is the server's last word."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How a sender works; times in seconds. `hands` deliver to the relay at once, of which `reserved` are for agents' replies alone, so
    that notices never delay one; every other destination has `own_hands`. Up to `ahead` more letters are held ready.

    The lease is short, so that a killed sender's letters are soon retaken, and is renewed at each heartbeat while it holds them.
    """

    policy: Policy = field(default_factory=Policy)
    hands: int = 10
    reserved: int = 2
    own_hands: int = 3
    ahead: int = 300
    octets: int = 64 * 1024 * 1024
    """Of attachments in memory at once."""
    lease: float = 15.0
    heartbeat: float = 4.0
    sweep: float = 5.0
    poll: float = 5.0
    drain: float = 20.0
    shadow: bool = False
    """Decide and record, but send nothing: nothing is claimed."""

    @property
    def pace(self) -> Pace:
        return Pace(self.hands, 1, self.poll, self.sweep, self.drain, self.heartbeat)

    def hands_for(self, destination: str) -> Hands:
        number = self.hands if destination == RELAY else min(self.own_hands, self.hands)
        return Hands(number, min(self.reserved, max(1, number // 3), number - 1), self.ahead)


@dataclass(slots=True, eq=False)
class InHand:
    letter: Letter
    outlet: Outlet
    since: float
    """When it was claimed, by the monotonic clock."""
    sure_until: float
    """Nobody else can have taken it before, by the same clock."""
    probe: bool
    """It was claimed although its destination is down: as the one that tries, or because a person said so."""

    @property
    def id(self) -> int:
        return self.letter.id

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.since

    @property
    def urgent(self) -> bool:
        return self.letter.urgency == URGENT or self.letter.forced


class Sender(Queue[InHand]):
    """`transports` by destination; `on_failed` and `on_late` are told of recipients in the recording's own transaction.

    `attempted` is called with how an attempt ended and its seconds, for metrics.
    """

    name = "sender"
    channel = "outbox"
    control = "outbox_control"

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        transports: Mapping[str, Transport],
        on_failed: Report,
        *,
        worker: str,
        sending: Sending | None = None,
        signing: Signing | None = None,
        links: Callable[[], Links | None] = lambda: None,
        on_late: Report | None = None,
        attempted: Callable[[str, float], None] = lambda _outcome, _seconds: None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._on_failed = on_failed
        self._on_late = on_late
        self._worker = worker
        self._sending = sending or Sending()
        self._attempted = attempted
        self._dice = dice
        self._carrier = Carrier(sessions, worker, signing or Signing(), links)
        self._recorder = Recorder(sessions)
        self._budget = Budget(self._sending.octets)
        self._outlets = {name: self._outlet(name, each) for name, each in transports.items()}
        self._known_down: set[str] = set()
        self._held = False
        self._looked = 0
        self._verified = False
        self.retaken = 0
        """Letters of senders that vanished, for metrics."""

    async def run(self, stop: asyncio.Event, engine: AsyncEngine | None = None) -> None:
        """Until `stop` is set and the attempts under way have ended. With an engine it is woken by NOTIFY."""
        closing = asyncio.create_task(self._close_at(stop))
        try:
            await Loop(self, engine, self._sending.pace).run(stop)
        finally:
            closing.cancel()
            for each in self._outlets.values():
                await each.transport.aclose()

    def room(self) -> int:
        if self._recorder.waiting > _MOST_UNRECORDED:
            return 0
        now = time.monotonic()
        return sum(each.room(now) for each in self._outlets.values())

    def worth_a_claim(self, free: int, refill: int) -> bool:
        now = time.monotonic()
        return all(each.worth_a_claim(now) for each in self._outlets.values())

    async def claim(self, limit: int) -> Sequence[InHand]:
        """Each destination's share of what it has hands for; `limit` is all of them together."""
        if self._sending.shadow:
            return []
        await self._verify_instance()
        now, looked = time.monotonic(), self._looked
        shares = {each.name: share for each in self._outlets.values() if (share := each.share(now)).forced}
        async with driver(self._sessions) as connection:
            letters = await outbox.claim(connection, self._worker, list(shares.values()), lease=self._sending.lease)
        claimed = [self._took(each, now) for each in letters]
        if looked == self._looked and not all(each.forced for each in letters):
            self._held = False  # it would have kept these
        seconds = time.monotonic() - now
        # Room for the urgent alone shows nothing of the others.
        self.exhaustive = any(each.bulk for each in shares.values())
        for name, share in shares.items():
            self._outlets[name].claimed_within(seconds)
            taken = sum(each.destination == name for each in letters)
            if share.bulk:
                self._outlets[name].more = taken > 0 and taken >= min(share.most, share.bulk)
        return claimed

    async def work(self, item: InHand) -> None:
        # Bound for good: this task, and its context, are this letter's alone.
        structlog.contextvars.bind_contextvars(trace_id=item.letter.trace_id, outbox=item.id)
        try:
            await self._work(item)
        except outbox.LeaseLost:
            log.warning("lease_lost")

    async def sweep(self) -> int:
        if self._sending.shadow:
            return 0
        async with self._sessions.begin() as session:
            returned = await outbox.return_expired(session)
            promoted = await outbox.promote_scheduled(session)
            destinations = await outbox.destinations(session)
            self._known_down = await outbox.known_down(session, [each for each in {*self._outlets, *destinations} if self._is_one(each)])
        self._take_over(destinations)
        if returned:
            self.retaken += len(returned)
            log.warning("leases_expired", queue=self.name, outbox=returned)
        return len(returned) + promoted

    async def next_due_in(self) -> float | None:
        now = time.monotonic()
        rests = [each.health.rest(now) for each in self._outlets.values()]
        async with single_statements(self._sessions) as session:
            rests.append(await outbox.next_due_in(session, tuple(self._outlets)))
        return min((each for each in rests if each is not None), default=None)

    async def renew(self, items: Sequence[InHand]) -> Collection[InHand]:
        now = time.monotonic()
        async with self._sessions.begin() as session:
            held = [(item.id, item.letter.attempts) for item in items]
            still = await outbox.renew(session, self._worker, held, self._sending.lease)
        for item in items:
            if item.id in still:
                item.sure_until = now + self._sending.lease
        await self.look()
        return [item for item in items if item.id not in still]

    async def look(self) -> None:
        """While sending is held, what was claimed and has not begun goes back; what is on the wire is finished."""
        async with single_statements(self._sessions) as session:
            self._held = await outbox.held(session) is not None
        self._looked += 1
        if self._held:
            self._dismiss()

    def _dismiss(self) -> None:
        self._budget.dismiss()
        for each in self._outlets.values():
            each.places.dismiss()

    def _outlet(self, name: str, transport: Transport) -> Outlet:
        return Outlet(name, transport, self._sending.hands_for(name))

    def _is_one(self, destination: str) -> bool:
        """As such it can be down; the relay that stood in the configuration before `mx` did is so no longer."""
        return destination not in self._outlets or not self._outlets[destination].transport.several

    def _take_over(self, destinations: Collection[str]) -> None:
        """Letters for a server that the configuration no longer has are nobody's else."""
        for each in destinations:
            if each not in self._outlets:
                log.warning("destination_gone", destination=each)
                self._outlets[each] = self._outlet(each, GoneTransport(each))

    async def _close_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._budget.dismiss()
        for each in self._outlets.values():
            each.places.close()

    async def _verify_instance(self) -> None:
        if self._verified:
            return
        async with self._sessions.begin() as session:
            foreign = await instance.verify(session)
        if foreign is not None:
            log.error("sending_paused", why="the database comes from another server; `deskgate outbox adopt` lets letters go")
        self._verified = True

    def _took(self, letter: Letter, now: float) -> InHand:
        outlet = self._outlets[letter.destination]
        probe = outlet.down or letter.forced
        outlet.took(letter, probe=probe)
        return InHand(letter, outlet, now, now + self._sending.lease, probe)

    async def _work(self, item: InHand) -> None:
        try:
            outcomes = await self._carry(item)
        except Closed:
            outcomes = None
        finally:
            # Its hand is free, though what was said is still to be written down.
            item.outlet.ended(item.letter, time.monotonic(), probe=item.probe)
        if outcomes is None:
            await self._give_back(item)
        elif self._may_wait(item, outcomes):
            await self._give_back(item, self._free_in(item, outcomes), _why(outcomes))
        else:
            await self._conclude(item, outcomes)

    async def _carry(self, item: InHand) -> dict[int, Outcome] | None:
        """None: it did not begin."""
        async with self._budget.take(octets_of(item.letter), urgent=item.urgent), item.outlet.places.take(urgent=item.urgent):
            if not self._may_begin(item):
                return None
            outcomes = await self._carrier.carry(item.letter, item.outlet.transport)
            await self._note_health(item.outlet, outcomes)
            return outcomes

    def _may_begin(self, item: InHand) -> bool:
        if time.monotonic() >= item.sure_until:
            # This process stood still, or the database was away: somebody else may be at it.
            raise outbox.LeaseLost
        # What waited for its turn while others found the destination down is due when a probe succeeds.
        return (not self._held or item.letter.forced) and (not item.outlet.down or item.probe)

    def _may_wait(self, item: InHand, outcomes: Mapping[int, Outcome]) -> bool:
        """Nothing was tried; and neither is its time over, nor its ticket to be told that it is late."""
        if not outcomes or not all(isinstance(each, Deferred) and each.busy for each in outcomes.values()):
            return False
        return item.letter.time_left > item.elapsed and not is_late(item.letter, item.elapsed, self._sending.policy)

    def _free_in(self, item: InHand, outcomes: Mapping[int, Outcome]) -> float:
        """Seconds until a letter that found no place is tried again; it does not wait beyond its lifetime."""
        known = (each.after for each in outcomes.values() if isinstance(each, Deferred) and each.after is not None)
        wait = max(min(known, default=_BUSY), _SHORTEST_BUSY) * (1 + self._dice() / 4)
        return min(wait, max(_SHORTEST_BUSY, item.letter.time_left - item.elapsed))

    async def _give_back(self, item: InHand, due_in: float | None = None, error: str | None = None) -> None:
        async def give_back() -> None:
            async with single_statements(self._sessions) as session:
                await outbox.give_back(session, self._worker, item.letter, due_in=due_in, error=error)

        await persistently(give_back)

    async def _conclude(self, item: InHand, outcomes: Mapping[int, Outcome]) -> None:
        conclusion = conclude(item.letter, outcomes, self._worker, elapsed=item.elapsed, jitter=self._dice(), policy=self._sending.policy)
        await persistently(lambda: self._record(item.letter, conclusion))
        _log_end(item, conclusion)
        self._attempted(str(conclusion.end.state), item.elapsed)

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

    async def _note_health(self, outlet: Outlet, outcomes: Mapping[int, Outcome]) -> None:
        if outlet.transport.several:
            return
        unreachable = next((each.reply for each in outcomes.values() if isinstance(each, Deferred) and each.unreachable), None)
        policy = self._sending.policy
        news = outlet.note(unreachable is None, time.monotonic(), min(_FIRST_PROBE, policy.first), min(policy.unreachable, policy.longest))
        if unreachable is not None and news:
            log.warning("destination_down", destination=outlet.name)
            self._known_down.add(outlet.name)
            await persistently(lambda: self._tell_down(outlet.name, unreachable))
        elif unreachable is None and outlet.name in self._known_down:
            log.info("destination_back", destination=outlet.name)
            self._known_down.discard(outlet.name)
            await persistently(lambda: self._tell_down(outlet.name, None))

    async def _tell_down(self, destination: str, error: str | None) -> None:
        async with single_statements(self._sessions) as session:
            await outbox.note_down(session, destination, error)


def _why(outcomes: Mapping[int, Outcome]) -> str | None:
    """What is known against the servers that nobody tried just now, for whoever asks why a letter waits."""
    return next((each.reply for each in outcomes.values() if isinstance(each, Deferred) and each.unreachable), None)


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
_BUSY: Final = 5.0
_SHORTEST_BUSY: Final = 0.5
_MOST_UNRECORDED: Final = 500
