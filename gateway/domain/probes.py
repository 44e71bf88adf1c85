"""Probes: letters of ours to an outside address, which show by coming back that mail to it reaches us (U7, U10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gateway.domain.states import OutboxState

ForwardingState = Literal["unproven", "waiting", "working", "impaired", "dead"]
"""Of one address: never probed; a probe is under way; it came back as it should; it came back, but clients' mail would not be known for
theirs or belong to no gateway; it did not come back."""

WORST_FIRST: Final[tuple[ForwardingState, ...]] = ("dead", "impaired", "waiting", "unproven", "working")


@dataclass(frozen=True, slots=True)
class KnownProbe:
    """What the desk knows of a probe when its mark comes in. `author` is the From that it left with, normalised as `address` is."""

    number: int
    address: str
    author: str
    seen: bool = False
    """Whether it came in before."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field of the mail, or the envelope, that names a gateway of ours. `counts`: `desk.route_by` looks there."""

    where: str
    address: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a probe came in. Lists are tuples, so that it goes into JSON and back as it is."""

    gateway: str | None
    """The gateway address it would have been a ticket of; None where nothing that counts names one."""
    route_reason: str
    to: tuple[str, ...]
    to_survived: bool
    places: tuple[Place, ...]
    author: str | None
    author_survived: bool
    answers_to_author: bool
    """Of one that lost its author: whether Reply-To still names them."""
    known_by_reply_to: bool
    """Whether clients of that gateway are known by Reply-To (Z11)."""
    reverse_path: str
    path_kept: bool
    """Whether the reverse-path is still the one that the probe left with: no SRS."""
    spf: str
    spf_domain: str | None
    dkim: str
    dmarc: str
    arc: str
    aligned: bool
    auth_reason: str
    sealers: tuple[str, ...] = ()
    """Domains that sealed its ARC chain, the first one first."""
    provider: str | None = None
    """A key of `gateway.desk.forwarding.forwarders.PROVIDERS`, where the fields tell who forwarded it."""
    enclosed: bool = False
    """Whether it came as a file within another mail."""

    @property
    def author_known(self) -> bool:
        return self.author_survived or (self.answers_to_author and self.known_by_reply_to)

    @property
    def works(self) -> bool:
        return self.gateway is not None and self.author_known


@dataclass(frozen=True, slots=True)
class ProbeLetter:
    """How the probe fares in our own outbox. `reply` is the last that a server said of it."""

    id: int
    state: OutboxState
    attempts: int
    reply: str | None


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe, and what became of it. `given_up_at`: when somebody stopped waiting; it may arrive all the same."""

    number: int
    address: str
    author: str
    sent_at: datetime
    letter: ProbeLetter | None = None
    arrived_at: datetime | None = None
    inbound_id: int | None = None
    arrival: Arrival | None = None
    given_up_at: datetime | None = None
    answered: bool = False
    """Whether a program at the address answered it by itself: the mailbox is there."""
    last_success_at: datetime | None = None
    """Of the address: when a probe came in last as it should."""
    last_gateway: str | None = None
    """Of the address: the gateway that a probe came in to last."""
    alarmed: bool = False
    """Of the address: whether agents were told that it is dead, and not yet that it is back."""

    @property
    def state(self) -> ForwardingState:
        if self.arrival is not None:
            return "working" if self.arrival.works else "impaired"
        return "waiting" if self.given_up_at is None and not self.lost else "dead"

    @property
    def lost(self) -> bool:
        """Whether our outbox knows that it will not arrive."""
        ended = (OutboxState.FAILED, OutboxState.BOUNCED, OutboxState.CANCELLED)
        return self.arrival is None and self.letter is not None and self.letter.state in ended

    @property
    def direct(self) -> bool:
        """Whether nobody forwarded it: it went to a gateway's own address, and came in there."""
        return self.arrival is not None and self.arrival.gateway == self.address and self.arrival.author_survived

    @property
    def seconds(self) -> float | None:
        """From our outbox and back."""
        return None if self.arrived_at is None else max(0.0, (self.arrived_at - self.sent_at).total_seconds())
