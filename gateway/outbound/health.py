"""Whether a destination can be spoken to. One that is down is probed by one letter at a time, not hammered by all that wait. Pure."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Health:
    """`until`: no attempt before then, in the caller's monotonic seconds; `failures`: sessions that failed in a row."""

    failures: int = 0
    until: float = 0.0

    def allowance(self, now: float, wanted: int, under_way: int) -> int:
        """How many letters may be tried now: all that are wanted, one as a probe, or none."""
        if self.failures == 0:
            return wanted
        return min(wanted, 1) if under_way == 0 and now >= self.until else 0

    def rest(self, now: float) -> float | None:
        """Seconds until a probe is allowed; None when it is."""
        return self.until - now if self.failures and now < self.until else None


WELL: Final = Health()


def failed(health: Health, now: float, first: float, longest: float) -> Health:
    """After a session that did not come about. What failed together counts once."""
    if now < health.until:
        return health
    pause = min(longest, first * 2.0 ** min(health.failures, 30))
    return replace(health, failures=health.failures + 1, until=now + pause)
