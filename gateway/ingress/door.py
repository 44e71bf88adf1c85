"""What all SMTP sessions of one process share."""

import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.envelope import Entry
from gateway.ingress.limits import Budget, Connections, Limits, Place
from gateway.ingress.replies import Reply
from gateway.ingress.smtp import Handler
from gateway.ingress.turns import Turns


class OpenSession(Protocol):
    """What the service asks of a session that is open."""

    def drain(self) -> None:
        """Say 421 now if nothing is under way, else after the transaction."""

    def hang_up(self, last_words: Reply) -> None:
        """Say it and close, whatever is under way."""

    def abort(self) -> None:
        """End at once and say nothing more."""

    async def ended(self) -> None:
        """Return once it is over."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A connection that is let in: the peer's own address and port, whoever passed it on. The session leaves the place."""

    place: Place
    address: str | None = None
    port: int | None = None


@dataclass(slots=True)
class Tally:
    """Counted since the start, for metrics."""

    connections: int = 0
    connections_refused: int = 0
    messages_accepted: int = 0
    messages_refused: int = 0
    """With a 5xx after DATA."""
    messages_deferred: int = 0
    """With a 4xx after DATA."""
    recipients_refused: int = 0
    timeouts: int = 0
    refusals: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By what was refused, a connection, a recipient or a message, and why; of the latter two, by our reply."""
    accepted_after: Callable[[float], None] = lambda _seconds: None
    """Told for each message how long after its peer's connection, or the message before it, its 250 was."""

    def refuse(self, what: str, why: Reply | str) -> None:
        self.refusals[what, why if isinstance(why, str) else f"{why.code} {why.enhanced}".strip()] += 1


@dataclass(slots=True)
class Door:
    """`tls` may be replaced at any time, and holds for the next handshake. Once `draining`, nobody is let in."""

    hostname: str
    handler: Handler
    entry: Entry = Entry.SMTP
    tls: ssl.SSLContext | None = None
    tls_required: bool = False
    draining: bool = False
    connections: Connections = field(default_factory=Connections)
    tally: Tally = field(default_factory=Tally)
    sessions: set[OpenSession] = field(default_factory=set)
    turns: Turns = field(default_factory=Turns)
    memory: Budget = field(init=False)
    total: Budget = field(init=False)
    tls_sessions: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.tls_sessions = Budget(self.limits.tls_connections)
        self.memory = Budget(self.limits.memory_in_flight)
        self.total = Budget(self.limits.content_in_flight)

    @property
    def limits(self) -> Limits:
        return self.handler.limits
