"""How long to wait before a dead child is replaced. Pure."""

from dataclasses import dataclass

SHORTEST = 0.1
LONGEST = 10.0
LIVED_WELL = 60.0
"""Seconds of life after which a death counts as the first one again."""


@dataclass(frozen=True, slots=True)
class Backoff:
    deaths: int = 0
    """In a row, none of which came after a life of `LIVED_WELL` seconds."""

    @property
    def seconds(self) -> float:
        # The exponent is capped too: two to the power of a month of deaths is no float.
        return min(LONGEST, SHORTEST * float(2 ** min(self.deaths - 1, 10))) if self.deaths else 0.0

    def after_death(self, lived: float) -> "Backoff":
        return Backoff(1 if lived >= LIVED_WELL else self.deaths + 1)
