"""What the sender tells the metrics. Letters pass here by the hundred a second: what is counted of each is looked up once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from prometheus_client import Counter

from gateway.outbound.delivery import Parcel, Transport
from gateway.outbound.replies import status_of
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from gateway.telemetry import metrics
from gateway.workers.sender import InHand, Sender


def begin() -> None:
    """All that may be counted is told from the start: what appears with its first time shows no rise."""
    for outcome in ("sent", "queued", "failed"):
        ended(outcome)
    for outcome in ("deferred", "refused"):
        for why in (*ABOUT.values(), "other"):
            metrics.delivery_failures.labels(outcome, why)
    for why in ("unreachable", "unanswered"):
        metrics.delivery_failures.labels("deferred", why)
    metrics.leases_expired.labels("outbox")
    for outcome in ("delivered", "deferred", "failed", "disabled"):
        metrics.webhook_attempts.labels(outcome)


class MeasuredSender(Sender):
    """Tells how long letters waited for their first attempt, and which leases of senders that vanished were taken over."""

    async def work(self, item: InHand) -> None:
        if item.letter.attempts == 1:
            metrics.letter_wait_seconds.observe(item.letter.age)
        await super().work(item)

    async def sweep(self) -> int:
        before = self.retaken
        changed = await super().sweep()
        metrics.leases_expired.labels("outbox").inc(self.retaken - before)
        return changed


class MeasuredTransport:
    """Counts why servers did not take what they were given, by recipient."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def several(self) -> bool:
        return self._transport.several

    async def deliver(self, parcel: Parcel) -> Mapping[str, Outcome]:
        outcomes = await self._transport.deliver(parcel)
        for each in outcomes.values():
            if type(each) is not Delivered and (why := reason(each)) is not None:
                metrics.delivery_failures.labels(*why).inc()
        return outcomes

    async def aclose(self) -> None:
        await self._transport.aclose()


def measure(outcome: str, seconds: float) -> None:
    ended(outcome).inc()
    metrics.delivery_seconds.observe(seconds)


@lru_cache(16)
def ended(outcome: str) -> Counter:
    return metrics.deliveries.labels(outcome)


def reason(outcome: Outcome) -> tuple[str, str] | None:
    """The labels: whether it is tried again, and why, of a closed set. None where nothing was tried, or nothing is amiss."""
    match outcome:
        case Delivered() | Deferred(busy=True):
            return None
        case Refused(reply):
            return "refused", in_a_word(reply)
        case Deferred(reply, unreachable=unreachable, unanswered=unanswered):
            return "deferred", "unreachable" if unreachable else "unanswered" if unanswered else in_a_word(reply)


def in_a_word(reply: str) -> str:
    """By the enhanced status code (RFC 3463 §3), whose second number says what an answer is about."""
    code, _, text = reply.partition(" ")
    status = status_of(int(code), text) if code.isdecimal() and len(code) == 3 else None
    return ABOUT.get(status.split(".")[1], "other") if status is not None else "other"


ABOUT: Final = {
    "1": "address",
    "2": "mailbox",
    "3": "system",
    "4": "network",
    "5": "protocol",
    "6": "content",
    "7": "policy",
}
