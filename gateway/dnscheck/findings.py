"""What checks of DNS come to: a finding says how it is, and in one line what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["good", "advice", "fault", "unknown"]
"""`advice`: it works, but could be better; `unknown`: DNS did not answer, so nothing is said of it."""

Subject = Literal["mx", "spf", "dkim", "dmarc", "from", "reverse"]


@dataclass(frozen=True, slots=True)
class Publish:
    """A record as a zone would have it; `value` of a TXT is one text, however many strings it is cut into."""

    name: str
    kind: Literal["TXT", "MX", "PTR", "A"]
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` is a sentence on what was found; `remedy` one on what to do, empty where nothing is to be done."""

    subject: Subject
    state: State
    says: str
    remedy: str = ""
    publish: Publish | None = None
    details: tuple[tuple[str, object], ...] = ()
    """What programs may want to know of it: (name, value) pairs, for JSON."""


def worst(findings: Iterable[Finding]) -> State:
    """Of all: a fault outweighs what is not known."""
    found = {each.state for each in findings}
    order: tuple[State, ...] = ("fault", "unknown", "advice", "good")
    return next((each for each in order if each in found), "good")
