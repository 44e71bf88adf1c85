"""What a server's answer means for a recipient, and when to try again. Pure: the clock and the dice are passed in.

Temporary unless proven permanent: whatever is not a clear 5yz about the letter or its recipient is tried again until the letter expires.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Stage(Enum):
    """Where in the dialogue an answer came. Up to LOGIN it is about us and the server, from MAIL on about the letter."""

    CONNECT = auto()
    HELLO = auto()
    TLS = auto()
    LOGIN = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    END = auto()
    """After the final dot."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server took the responsibility. `reply` is its answer to the final dot."""

    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. `code` is None where no answer came; `unanswered`: it may have been delivered all the same."""

    reply: str
    code: int | None = None
    unanswered: bool = False
    unreachable: bool = False
    """The server could not be spoken to at all: it is not this letter's fault."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Never."""

    reply: str


Outcome = Delivered | Deferred | Refused


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds. The first delay doubles up to `longest`; `jitter` is the share by which a delay may be longer or shorter."""

    first: float = 60.0
    longest: float = 4 * 3600.0
    jitter: float = 0.2
    greylisted: float = 60.0
    """The longest first delay after an answer that greylisting gives."""
    unreachable: float = 600.0
    """The longest delay after a destination could not be spoken to at all, and between two probes of it."""
    warn_after: float = 4 * 3600.0
    """The age from which a letter's ticket is told that it is late."""


def classify(stage: Stage, code: int, text: str) -> Outcome:
    """The outcome of an answer for the recipients it is about: at RCPT one of them, elsewhere all that were accepted."""
    reply = f"{code} {text}".strip()
    if 200 <= code <= 299 and stage is Stage.END:
        return Delivered(reply)
    if not 500 <= code <= 599:
        return Deferred(reply, code, unreachable=stage in _ABOUT_US)
    if stage in _ABOUT_US or code in _ABOUT_OUR_LOGIN:
        return Deferred(reply, code, unreachable=True)
    # RFC 5321 §4.5.3.1.10: a 552 to RCPT means too many recipients and is to be taken for 452.
    if stage is Stage.RCPT and code == 552:
        return Deferred(reply, code)
    return Refused(reply)


def retry_delay(attempts: int, jitter: float, policy: Policy, code: int | None = None) -> float:
    """Seconds to wait after the `attempts`-th failed attempt. `jitter` is uniform in [0, 1); `code` is the answer that deferred it."""
    delay = min(policy.longest, policy.first * 2.0 ** min(attempts - 1, 60))
    if attempts == 1 and code in _GREYLISTING:
        delay = min(delay, policy.greylisted)
    return delay * (1.0 + policy.jitter * (2.0 * jitter - 1.0))


def gave_up(reply: str, age: float) -> str:
    """What is kept of a recipient whose letter expired: `age` in seconds, and the last answer."""
    hours = age / 3600
    waited = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} hours" if hours >= 1 else f"{age:.0f} seconds"
    return f"given up after {waited}; the last attempt: {reply}"


_ABOUT_US: Final = frozenset({Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.LOGIN})
# RFC 4954 §6: the server wants another login or a stronger one. An operator mends that; the letters wait.
_ABOUT_OUR_LOGIN: Final = frozenset({530, 534, 535, 538})
# RFC 6647 §2.1; 421 comes from servers that greylist by connection.
_GREYLISTING: Final = frozenset({421, 450, 451})
