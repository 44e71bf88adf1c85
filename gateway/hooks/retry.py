"""What an attempt came to, and what follows from it: for the delivery, and for its webhook. PURE."""

from dataclasses import dataclass
from typing import Final

from gateway.domain.webhooks import PATIENCE, Delivery

DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 21_600.0)
"""After each attempt that the receiver refused, until the next one; the last of them from then on."""
PAUSES: Final = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 600.0, 900.0)
"""After each attempt in a row that found nobody, for the whole webhook: then one is tried, and the others wait for what becomes of it."""
LONGEST_ASKED: Final = 3600.0
"""As long as a receiver's Retry-After is heeded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was no answer, and `error` says why. `retry_after`: seconds that the receiver asked for."""

    status: int | None
    error: str = ""
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Standard Webhooks: the receiver wants no more, ever."""
        return self.status == 410

    @property
    def out_of_order(self) -> bool:
        """It says nothing against what it was told: another time, or another event, would find it just so."""
        return self.status is None or self.status in (408, 429) or self.status >= 500


@dataclass(frozen=True, slots=True)
class Taken:
    status: int


@dataclass(frozen=True, slots=True)
class Later:
    """`pause`: for so long the whole webhook rests; None: it is this delivery's matter alone."""

    due_in: float
    pause: float | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class GivenUp:
    """This one, while the webhook took others."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Disabled:
    """The webhook; what is queued for it stays."""

    why: str
    answer: Answer


Conclusion = Taken | Later | GivenUp | Disabled


def conclude(delivery: Delivery, answer: Answer, jitter: float) -> Conclusion:
    """`jitter` is from 0 to 1."""
    if answer.taken:
        assert answer.status is not None
        return Taken(answer.status)
    if answer.gone:
        return Disabled("it answered 410 Gone: it wants no more of this", answer)
    if delivery.failing is not None and delivery.failing >= PATIENCE:
        return Disabled(f"it has taken nothing for {round(delivery.failing / 3600)} h: {answer.error}", answer)
    if delivery.age >= PATIENCE:
        return GivenUp(answer)
    if not answer.out_of_order:
        return Later(spread(step(DELAYS, delivery.attempt), jitter), None, answer)
    asked = min(answer.retry_after or 0.0, LONGEST_ASKED)
    pause = max(spread(step(PAUSES, delivery.failures + 1), jitter), asked)
    return Later(pause, pause, answer)


def step(table: tuple[float, ...], number: int) -> float:
    """The entry for the `number`th failure, from 1."""
    return table[min(max(number, 1), len(table)) - 1]


def spread(seconds: float, jitter: float) -> float:
    """Up to a fifth longer, lest all who failed together come back together."""
    return seconds * (1 + jitter / 5)
