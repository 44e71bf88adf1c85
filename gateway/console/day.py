"""The last day in quarters of an hour, out of samples a minute each. PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.domain.health import Sample

QUARTER: Final = timedelta(minutes=15)
QUARTERS: Final = 96


@dataclass(frozen=True, slots=True)
class Span:
    """A time from `begin` on, in UTC: sums of what happened, and how long the oldest waited at most. Not `known`: no sample was taken."""

    begin: datetime
    known: bool = False
    arrived: int = 0
    sent: int = 0
    failed: int = 0
    buried: int = 0
    inbound_seconds: float = 0.0
    outbox_seconds: float = 0.0

    def __add__(self, other: "Span | Sample") -> "Span":
        return replace(
            self,
            known=self.known or isinstance(other, Sample) or other.known,
            arrived=self.arrived + other.arrived,
            sent=self.sent + other.sent,
            failed=self.failed + other.failed,
            buried=self.buried + other.buried,
            inbound_seconds=max(self.inbound_seconds, other.inbound_seconds),
            outbox_seconds=max(self.outbox_seconds, other.outbox_seconds),
        )


def quarters(samples: Iterable[Sample], now: datetime) -> list[Span]:
    """The oldest first; the last one is not over yet."""
    last = begun(now)
    spans = [Span(last - QUARTER * (QUARTERS - 1 - at)) for at in range(QUARTERS)]
    for each in samples:
        at = (begun(each.at) - spans[0].begin) // QUARTER
        if 0 <= at < QUARTERS:
            spans[at] += each
    return spans


def begun(at: datetime) -> datetime:
    utc = at.astimezone(UTC)
    return utc.replace(minute=utc.minute // 15 * 15, second=0, microsecond=0)


def hours(spans: Sequence[Span]) -> list[Span]:
    """The newest first."""
    found: dict[datetime, Span] = {}
    for each in spans:
        begin = each.begin.replace(minute=0)
        found[begin] = found.get(begin, Span(begin)) + each
    return [found[begin] for begin in sorted(found, reverse=True)]


def total(samples: Iterable[Sample], since: datetime) -> Span:
    found = Span(since)
    for each in samples:
        if each.at > since:
            found += each
    return found
