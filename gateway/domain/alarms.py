"""What operators are told of by themselves: something waits for them, or stands still. PURE."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Alarm(StrEnum):
    HELD_MAIL = "held_mail"
    """Mail waits for a person for too long."""
    BURIED_MAIL = "buried_mail"
    """A message failed every attempt lately."""
    PIPELINE_STALLED = "pipeline_stalled"
    """Mail that came in is due, and nothing happens to it."""
    SENDING_STALLED = "sending_stalled"
    """Letters are due, and nothing happens to them."""
    SENDING_PAUSED = "sending_paused"
    """Somebody held sending, or the database came from elsewhere, and letters wait."""
    DESTINATION_DOWN = "destination_down"
    """A server that takes letters cannot be reached for too long."""
    WEBHOOK_DISABLED = "webhook_disabled"
    """One took nothing for so long that nobody tells it of anything any more."""
    OLD_TRANSACTION = "old_transaction"
    """A transaction keeps PostgreSQL from clearing away old rows: tables grow, and everything slows down."""


@dataclass(frozen=True, slots=True)
class AlarmBounds:
    """From when on something is amiss, and who is written to (nobody: the log, /healthz and `status` tell all the same)."""

    to: tuple[str, ...] = ()
    held: timedelta = timedelta(hours=4)
    stalled: timedelta = timedelta(minutes=10)
    paused: timedelta = timedelta(hours=1)
    down: timedelta = timedelta(hours=1)
    transaction: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Head:
    """The row of a queue that has been due longest, `key` with the number of its attempts: one that stays has found nobody."""

    key: str
    seconds: float
    """Since it was due."""


@dataclass(frozen=True, slots=True)
class Oldest:
    """How many rows are in a state, and for how many seconds the oldest of them has been."""

    number: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Paused:
    why: str
    seconds: float
    foreign: bool
    """The database came from elsewhere: nothing at all may be sent."""
    letters: int
    """That are due and wait for it."""


@dataclass(frozen=True, slots=True)
class Down:
    name: str
    seconds: float
    letters: int
    error: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """The oldest one open on this database, prepared ones included. `who` is its application or, of a prepared one, its name."""

    who: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Holder:
    """A replication slot, or a standby, that keeps old rows of very many transactions. `key` has where it stands; a living one moves."""

    who: str
    key: str


@dataclass(frozen=True, slots=True)
class Disabled:
    """A webhook that was disabled for what it did, and not by a person."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class State:
    """What is looked at for alarms, at one moment."""

    held: Oldest = field(default_factory=Oldest)
    buried_today: int = 0
    inbound_head: Head | None = None
    outbox_head: Head | None = None
    """Of letters whose destination can be reached, while sending is not held."""
    paused: Paused | None = None
    down: tuple[Down, ...] = ()
    disabled: tuple[Disabled, ...] = ()
    transaction: Transaction | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Amiss:
    """One thing that is. `lasted` is for how many seconds, where that shows; None: since it was first seen to be about the same.

    `told` fills in the words of logs and letters.
    """

    alarm: Alarm
    about: str
    bound: timedelta
    lasted: float | None
    told: dict[str, str | int] = field(default_factory=dict)
    several: bool = False
    """`about` names several things. One that joins them is told of at once, although the alarm is up."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an alarm. `about`: what it was about when it was looked at last, since `since`; empty for nothing."""

    name: str
    about: str
    since: datetime
    up: bool = False
    why: str = ""
    logged_at: datetime | None = None
    told_at: datetime | None = None
    told: bool = False
