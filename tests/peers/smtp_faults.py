"""The faults that `smtp_peer` makes, one a command."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """`text` is the reply of `reply`, `octets` what `raw` says; `after` the octets of content read first, for CONTENT alone."""

    kind: Literal["reply", "raw", "hang", "close", "reset", "slow", "twice"]
    text: str = ""
    after: int = 0
    seconds: float = 0.0
    octets: bytes = b""
    then: Literal["go on", "hang", "close"] = "go on"


def reply(text: str) -> Fault:
    """Answers so instead of what is usual. The dialogue goes on, except after 421, which closes."""
    return Fault("reply", text)


def raw(octets: bytes, then: Literal["go on", "hang", "close"] = "go on") -> Fault:
    """Says this, as it is, instead of what is usual: half a line, no SMTP, far too much."""
    return Fault("raw", octets=octets, then=then)


def twice() -> Fault:
    """Answers as usual, and once more: from here on every answer belongs to an earlier command."""
    return Fault("twice")


def hang() -> Fault:
    """Says nothing more, for as long as the client waits."""
    return Fault("hang")


def close(*, after: int = 0) -> Fault:
    """Ends the connection in good order (FIN) without an answer."""
    return Fault("close", after=after)


def reset(*, after: int = 0) -> Fault:
    """Tears the connection down (RST)."""
    return Fault("reset", after=after)


def slow(seconds: float) -> Fault:
    """Answers as usual, but late."""
    return Fault("slow", seconds=seconds)


@dataclass(slots=True)
class Rule:
    command: str
    fault: Fault
    times: int | None
    matching: Callable[[str], bool]
