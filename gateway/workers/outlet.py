"""One destination as a sender sees it: what may be taken of its queue, who is at work on it, and whether it can be spoken to.

Every destination has hands of its own, so that one that is slow, or hangs, keeps no letter of another one waiting.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from gateway.domain.letter import URGENT, Letter
from gateway.outbound import health
from gateway.outbound.delivery import Transport
from gateway.workers.places import Places
from storage.outbox import Share


@dataclass(frozen=True, slots=True)
class Hands:
    """`number` letters are delivered at once, of which `reserved` are for the urgent alone; `ahead` more, at most, are held ready."""

    number: int
    reserved: int
    ahead: int


class Outlet:
    """Times are the caller's monotonic seconds."""

    def __init__(self, name: str, transport: Transport, hands: Hands) -> None:
        self.name = name
        self.transport = transport
        self.places = Places(hands.number, hands.reserved)
        self.health = health.WELL
        self.more = False
        """The last claim took all that it might: there is a backlog."""
        self._hands = hands
        self._reserved = min(hands.reserved, hands.number - 1)
        self._in_hand = 0
        self._bulk = 0
        self._probes = 0
        self._ends: deque[float] = deque()
        """Of the last seconds alone (`WINDOW`), but all of them: a bound would be one of the pace."""
        self._lead = LEAD
        self._began = 0.0
        """When it was last given work after a rest."""

    @property
    def down(self) -> bool:
        return self.health is not health.WELL

    def took(self, letter: Letter, *, probe: bool = False) -> None:
        """`probe`: it is tried although the destination is down."""
        self._in_hand += 1
        self._bulk += letter.urgency != URGENT
        self._probes += probe

    def ended(self, letter: Letter, now: float, *, probe: bool = False) -> None:
        self._in_hand -= 1
        self._bulk -= letter.urgency != URGENT
        self._probes -= probe
        self._ends.append(now)

    def claimed_within(self, seconds: float) -> None:
        """How long the last claim took: letters held ready have to outlast the next one."""
        self._lead = min(LONGEST_LEAD, max(LEAD, 2 * seconds))

    def room(self, now: float) -> int:
        """However many letters lie ready that a server was quick about before it stopped, the urgent find the hands that are theirs."""
        return max(0, self._wanted(now) - self._in_hand, self._reserved - (self._in_hand - self._bulk))

    def worth_a_claim(self, now: float) -> bool:
        """One round trip should bring many letters where many wait."""
        return not self.more or self.room(now) * 2 >= self._wanted(now)

    def share(self, now: float) -> Share:
        room = self.room(now)
        if not self._in_hand and not self._ends:
            self._began = now
        # Those that hang since before it went down say nothing of how it is now, and may do so for many minutes.
        most = self.health.allowance(now, room, self._probes)
        bulk = self._wanted(now) - self._reserved - self._bulk
        return Share(self.name, most, max(0, min(most, bulk)), room)

    def note(self, reached: bool, now: float, first: float, longest: float) -> bool:
        """After an attempt; true when this is news."""
        was_down = self.down
        self.health = health.WELL if reached else health.failed(self.health, now, first, longest)
        return self.down is not was_down

    def _wanted(self, now: float) -> int:
        """Letters to have in hand. Ready beside those under way are as many as end while the next claim is made: a quick server never
        waits for the database, and of a slow one's letters nearly all stay in the queue, where they can be held, cancelled or overtaken,
        and a sender that is killed leaves few that may have been sent."""
        while self._ends and now - self._ends[0] > WINDOW:
            self._ends.popleft()
        # From the beginning of the work on, not from its first end: what a slow server ends together is no high pace.
        since = self._ends[0] if len(self._ends) == MOST_ENDS else max(self._began, now - WINDOW)
        rate = len(self._ends) / max(now - since, LEAD)
        return self._hands.number + min(self._hands.ahead, int(rate * self._lead))


WINDOW: Final = 2.0
"""Seconds over which the pace is measured."""
MOST_ENDS: Final = 256
LEAD: Final = 0.1
LONGEST_LEAD: Final = 1.0
