"""What a server's answer means for a recipient, and when to try again. Pure: the clock and the dice are passed in.

Temporary unless proven permanent: whatever is not a clear 5yz about the letter or its recipient is tried again until the letter expires.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from gateway.outbound.replies import status_of


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
    relay: str = field(default="", compare=False)
    """The host of a relay of ours that said so, whose word about the letter's id counts; empty of anybody else's server."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. `code` is None where no answer came; `unanswered`: it may have been delivered all the same."""

    reply: str
    code: int | None = None
    unanswered: bool = False
    unreachable: bool = False
    """The server could not be spoken to at all: it is not this letter's fault."""
    busy: bool = False
    """No place was free at the destination, or its time for a probe had not come: nothing was tried, and no attempt counts."""
    after: float | None = None
    """Seconds until the destination can be tried again, where the transport knows; None: as the policy has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Never."""

    reply: str
    at_rcpt: bool = field(default=False, compare=False)
    """Whether it answers RCPT TO, so that it is about this recipient alone."""


Outcome = Delivered | Deferred | Refused


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds. The first delay doubles up to `longest`; `jitter` is the share by which a delay may be longer or shorter; none is longer
    than `longest`."""

    first: float = 60.0
    longest: float = 4 * 3600.0
    jitter: float = 0.2
    greylisted: float = 30.0
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
    if stage in _ABOUT_US or _about_our_login(stage, code, text):
        return Deferred(reply, code, unreachable=True)
    if _about_the_dialogue(stage, code, text) or (stage is Stage.RCPT and too_many(code, text)):
        return Deferred(reply, code)
    return Refused(reply, at_rcpt=stage is Stage.RCPT)


def too_many(code: int, text: str) -> bool:
    """Of an answer to RCPT: the recipients are too many for one transaction, and the rest may come in another (RFC 5321 §4.5.3.1.10).

    A 552 that says by its status what it is (5.2.2, a full mailbox) is no such thing, but as permanent as any 5yz."""
    status = status_of(code, text)
    return code in (452, 552) if status is None else status[1:] == ".5.3"


def too_large(code: int, text: str) -> bool:
    """The letter exceeds what the server (RFC 3463: x.3.4) or the mailbox (x.2.3) takes; a smaller one may be welcome."""
    status = status_of(code, text)
    return code == 552 if status is None else status in _TOO_LARGE


def about_parameters(code: int) -> bool:
    """The server does not understand what it offers itself (RFC 5321 §4.2.4, §4.1.1.11): it is asked again in plainer words."""
    return code in _ABOUT_PARAMETERS


def _about_the_dialogue(stage: Stage, code: int, text: str) -> bool:
    """We and the server do not understand each other, which says nothing of the letter; of its content a server may say 500, too."""
    status = status_of(code, text)
    return code in _NOT_UNDERSTOOD and (stage is not Stage.END if status is None else status.startswith("5.5."))


def _about_our_login(stage: Stage, code: int, text: str) -> bool:
    return code in _ABOUT_OUR_LOGIN or (stage is Stage.MAIL and status_of(code, text) in _STATUS_ABOUT_OUR_LOGIN)


def retry_delay(attempts: int, jitter: float, policy: Policy, code: int | None = None) -> float:
    """Seconds to wait after the `attempts`-th failed attempt. `jitter` is uniform in [0, 1); `code` is the answer that deferred it."""
    delay = min(policy.longest, policy.first * 2.0 ** min(attempts - 1, 60))
    if attempts == 1 and code in _GREYLISTING:
        delay = min(delay, policy.greylisted)
    # Whatever comes to wait the longest was spread by the dice of the attempts before.
    return min(policy.longest, delay * (1.0 + policy.jitter * (2.0 * jitter - 1.0)))


def gave_up(reply: str, age: float) -> str:
    """What is kept of a recipient whose letter expired: `age` in seconds, and the last answer."""
    hours = age / 3600
    waited = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} hours" if hours >= 1 else f"{age:.0f} seconds"
    return f"given up after {waited}; the last attempt: {reply}"


_ABOUT_US: Final = frozenset({Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.LOGIN})
# RFC 4954 §6: the server wants another login or a stronger one. An operator mends that; the letters wait.
_ABOUT_OUR_LOGIN: Final = frozenset({530, 534, 535, 538})
# RFC 4954 §6 and RFC 5248: credentials, their strength, or encryption. At later commands some of them mean the letter (X.7.9 to DATA).
_STATUS_ABOUT_OUR_LOGIN: Final = frozenset({"5.7.8", "5.7.9", "5.7.10", "5.7.11"})
_TOO_LARGE: Final = frozenset({"5.3.4", "5.2.3"})
_NOT_UNDERSTOOD: Final = frozenset({500, 502, 503})
_ABOUT_PARAMETERS: Final = frozenset({500, 501, 502, 503, 504, 555})
# RFC 6647 §2.1; 421 comes from servers that greylist by connection.
_GREYLISTING: Final = frozenset({421, 450, 451})
