"""One domain that letters go to: its sessions, how it fares, and what of its servers is better left alone for a while."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

import structlog

from gateway.outbound import health
from gateway.outbound.connections import Bounds, Connections, Full
from gateway.outbound.delivery import Parcel
from gateway.outbound.health import Health
from gateway.outbound.mx.demand import Barred, demand
from gateway.outbound.mx.gate import Gate
from gateway.outbound.mx.lookup import Lookup
from gateway.outbound.mx.opener import MxSession, Ways, open_session
from gateway.outbound.mx.policies import Policies
from gateway.outbound.mx.route import Target, Unrouted
from gateway.outbound.mx.sts import Policy, allows
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused, Stage
from gateway.outbound.session import Unreachable
from gateway.outbound.transaction import Transaction
from storage.engine import database_away

log = structlog.get_logger()

MOST_SESSIONS: Final = 3
"""In one attempt: a kept one that was closed, and servers that say 421 or break off."""
AVOIDED: Final = 300.0
"""Seconds that an address which failed comes last. Letters meanwhile lose no time on it, and it is tried again soon."""
SHOWN: Final = 3
"""Servers whose faults a deferral names."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one domain, times in seconds."""

    connections: int = 5
    patience: float = 1.0
    """For a place; who gets none is given back, so that a slow domain does not keep the sender's hands."""
    pause: float = 5.0
    """Until who got none is due again."""
    opening: float = 240.0
    """For a session with any of its servers."""
    attempt: float = 900.0
    """For one letter altogether."""
    idle: float = 5.0
    letters_a_connection: int = 100
    first_probe: float = 10.0
    longest_probe: float = 600.0


class Nowhere(Exception):  # noqa: N818  it names a fact
    """No server takes mail for the domain, and none will."""


@dataclass(frozen=True, slots=True)
class Office:
    """What all domains share."""

    lookup: Lookup
    policies: Policies | None
    """None: MTA-STS is not asked for."""
    ways: Ways
    limits: Limits = field(default_factory=Limits)


class Destination:
    """`domain` is normalised. One event loop uses it."""

    def __init__(self, domain: str, office: Office) -> None:
        self.domain = domain
        self.under_way = 0
        self._live = 0
        """Letters that are being handed over at this moment."""
        self._office = office
        limits = office.limits
        self._gate = Gate(limits.connections)
        self._stalled = False
        """The last letter that was begun was never answered, though a session came about."""
        self._connections = Connections(Bounds(limits.connections, limits.idle, limits.letters_a_connection), self._open)
        self._health: Health = health.WELL
        self._last_error = ""
        self._avoided: dict[str, float] = {}
        self._targets: tuple[Target, ...] = ()

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """An outcome for each recipient; never raises for what the other side does."""
        if (rests := self._rests(parcel)) is not None:
            return rests
        if parcel.forced:
            self._gate.force()
        elif not await self._gate.enter(self._office.limits.patience):
            return self._busy(parcel)
        try:
            # What was waited for may have shown that the servers are down.
            return rests if (rests := self._rests(parcel)) is not None else await self._begin(parcel)
        finally:
            self._gate.leave()

    async def aclose(self) -> None:
        await self._connections.aclose()

    def _rests(self, parcel: Parcel) -> dict[str, Outcome] | None:
        """The last error, while the servers are down and it is not this letter that probes them."""
        now = _now()
        if parcel.forced or self._health.allowance(now, 1, self.under_way):
            return None
        # While the probe is under way, nobody knows more until it has ended.
        after = self._gate.turned_away(self._health.rest(now) or self._office.limits.first_probe)
        return dict.fromkeys(parcel.recipients, Deferred(self._last_error, unreachable=True, busy=True, after=after))

    def _busy(self, parcel: Parcel) -> dict[str, Outcome]:
        after = self._gate.turned_away(self._office.limits.pause)
        return dict.fromkeys(parcel.recipients, Deferred(f"{self.domain} is given other letters", busy=True, after=after))

    async def _begin(self, parcel: Parcel) -> dict[str, Outcome]:
        self.under_way += 1
        try:
            return await self._attempt(parcel)
        finally:
            self.under_way -= 1

    async def _attempt(self, parcel: Parcel) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        until = _now() + self._office.limits.attempt
        for number in range(MOST_SESSIONS):
            waiting = tuple(each for each in parcel.recipients if each not in outcomes or _may_go_elsewhere(outcomes[each]))
            transaction = Transaction(replace(parcel, recipients=waiting))
            used, again = await self._one_session(transaction, until, fresh=number > 0)
            self._note_answers(used, transaction.outcomes.values())
            said = {address: _located(outcome, used) for address, outcome in transaction.outcomes.items()}
            # What a server said tells more than that there was no other.
            outcomes = outcomes | said if used is not None else said | outcomes
            failed = [each for each in outcomes.values() if _may_go_elsewhere(each)]
            if used is not None and failed:
                self._avoid(used)
            if not again and not (used is not None and failed and self._has_another()):
                break
        lost: Outcome = Deferred("the servers ended every session before anything was said of the letter")
        return {each: outcomes.get(each, lost) for each in parcel.recipients}

    async def _one_session(self, transaction: Transaction, until: float, *, fresh: bool) -> tuple[Target | None, bool]:
        """Whom it was with, if anybody; and whether it was a kept one that had ended, so that nothing was said."""
        used: Target | None = None
        try:
            async with asyncio.timeout_at(until), self._connections.use(fresh=fresh, patience=self._office.limits.patience) as session:
                assert isinstance(session, MxSession)
                used = session.target
                return used, await self._run(transaction, session)
        except Unreachable as error:
            transaction.unreachable(error)
        except Full:
            for address, busy in self._busy(transaction.parcel).items():
                transaction.outcomes.setdefault(address, busy)
        except Nowhere as error:
            _settle(transaction, Refused(str(error), at_rcpt=True))
        except TimeoutError:
            transaction.broke(f"the attempt took longer than {self._office.limits.attempt:.0f} s")
        return used, False

    async def _run(self, transaction: Transaction, session: MxSession) -> bool:
        self._live += 1
        try:
            return await transaction.run(session)
        finally:
            self._live -= 1

    async def _open(self) -> MxSession:
        """By whichever server can; raises `Unreachable`, which keeps others away for a while, or `Nowhere`; and `Full` where the servers
        take letters from us all the while: many have their own mind of how many connections that should be."""
        limits = self._office.limits
        try:
            async with asyncio.timeout(limits.opening):
                session = await self._open_any()
        except TimeoutError as error:
            late = Unreachable(Stage.CONNECT, f"the mail servers of {self.domain} gave no session within {limits.opening:.0f} s")
            self._note_down(late)
            raise late from error
        except Unreachable as error:
            if self._live:
                log.info("mx_no_more_sessions", domain=self.domain, why=error.reply)
                raise Full from error
            self._note_down(error)
            raise
        if self._health is not health.WELL:
            log.info("mx_destination_up", domain=self.domain)
        self._health, self._last_error = health.WELL, ""
        if not self._stalled:
            self._gate.widen()
        return session

    async def _open_any(self) -> MxSession:
        found = await self._office.lookup.targets(self.domain)
        if isinstance(found, Unrouted):
            raise Nowhere(found.reply) if found.permanent else _as_unreachable(found)
        self._targets = found
        policy = await self._policy()
        faults: list[Unreachable] = []
        for target in self._in_order(found):
            try:
                return await self._open_at(target, policy)
            except Unreachable as error:
                self._avoid(target)
                faults.append(error)
        raise _together(faults)

    async def _open_at(self, target: Target, policy: Policy | None) -> MxSession:
        asked = demand(target, await self._office.lookup.tlsa(target), policy, self.domain)
        if isinstance(asked, Barred):
            raise Unreachable(Stage.TLS, f"{target}: {asked.why}")
        session = await open_session(target, asked, self._office.ways)
        if policy is not None and policy.mode == "testing" and not (session.tls and allows(policy, target.host)):
            log.warning("sts_would_fail", domain=self.domain, server=str(target), tls=session.tls or "none")
        return session

    async def _policy(self) -> Policy | None:
        policies = self._office.policies
        if policies is None or self.domain.startswith("["):
            return None
        try:
            return await policies.of(self.domain)
        except Exception as error:
            if not database_away(error):
                raise
            raise Unreachable(Stage.CONNECT, f"whether {self.domain} has an MTA-STS policy cannot be told: the database is away") from error

    def _in_order(self, targets: Sequence[Target]) -> list[Target]:
        """Those that failed of late come last; sorting keeps the order of the rest."""
        now = _now()
        self._avoided = {address: until for address, until in self._avoided.items() if until > now}
        return sorted(targets, key=lambda each: each.address in self._avoided)

    def _has_another(self) -> bool:
        return any(each.address not in self._avoided for each in self._targets)

    def _avoid(self, target: Target) -> None:
        self._avoided[target.address] = _now() + AVOIDED

    def _note_down(self, error: Unreachable) -> None:
        limits = self._office.limits
        if self._health is health.WELL:
            log.warning("mx_destination_down", domain=self.domain, why=error.reply)
        self._health = health.failed(self._health, _now(), limits.first_probe, limits.longest_probe)
        self._last_error = error.reply
        self._gate.narrow()

    def _note_answers(self, used: Target | None, outcomes: Collection[Outcome]) -> None:
        """Servers that greet and then say nothing would take a minute of each letter: these go one by one, until one is answered."""
        if used is None or not outcomes:
            return
        self._stalled = all(isinstance(each, Deferred) and each.code is None for each in outcomes)
        if self._stalled:
            self._gate.narrow()
        else:
            self._gate.widen()


def _may_go_elsewhere(outcome: Outcome) -> bool:
    """The server ended the session (RFC 5321 §3.8) or broke it off, and has not got the letter: another one may take it. What it said of
    the letter itself stands, lest a greylisted letter goes round all servers."""
    if not isinstance(outcome, Deferred) or outcome.unanswered or outcome.unreachable or outcome.busy:
        return False
    return outcome.code in (None, 421)


def _located(outcome: Outcome, at: Target | None) -> Outcome:
    if at is None:
        return outcome
    match outcome:
        case Delivered():
            return outcome
        case Deferred(code=None):
            return replace(outcome, reply=f"{at}: {outcome.reply}")
        case Deferred() | Refused():
            return replace(outcome, reply=f"{outcome.reply}, at {at}")
        case _:
            assert_never(outcome)


def _settle(transaction: Transaction, outcome: Outcome) -> None:
    for address in transaction.parcel.recipients:
        transaction.outcomes.setdefault(address, outcome)


def _as_unreachable(found: Unrouted) -> Unreachable:
    code, _, text = found.reply.partition(" ")
    return Unreachable(Stage.CONNECT, text, int(code))


def _together(faults: Sequence[Unreachable]) -> Unreachable:
    """One deferral of all: what a server said itself comes first, since its code tells when to try again."""
    first, *others = sorted(faults, key=lambda each: each.code is None)[:SHOWN]
    more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    return Unreachable(first.stage, "; ".join((first.text, *(each.reply for each in others))) + more, first.code)


def _now() -> float:
    return asyncio.get_running_loop().time()
