"""What the metrics call the outcomes of deliveries, and tallies of refusals that are carried over."""

from collections import Counter

import pytest

from gateway.app.measured import ABOUT, MeasuredTransport, reason
from gateway.outbound.delivery import Parcel
from gateway.outbound.retry import Deferred, Delivered, Outcome, Refused
from gateway.telemetry import metrics
from gateway.telemetry.follow import FollowedEach


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Delivered("250 2.0.0 taken"), None),
        (Deferred("no place was free", busy=True), None),
        (Deferred("connection refused", unreachable=True), ("deferred", "unreachable")),
        (Deferred("no answer", unanswered=True), ("deferred", "unanswered")),
        (Deferred("451 4.7.1 greylisted", 451), ("deferred", "policy")),
        (Deferred("452 4.2.2 mailbox full", 452), ("deferred", "mailbox")),
        (Deferred("450 come back later", 450), ("deferred", "other")),
        (Refused("550 5.1.1 no such user"), ("refused", "address")),
        (Refused("554 5.6.0 I do not like it"), ("refused", "content")),
        (Refused("554 go away"), ("refused", "other")),
        # The class of the status must be the reply's, and its subject one of RFC 3463's.
        (Refused("550 4.1.1 which now?"), ("refused", "other")),
        (Refused("550 5.9.1 nobody's subject"), ("refused", "other")),
        (Refused("the letter could not be put together"), ("refused", "other")),
        (Refused(""), ("refused", "other")),
    ],
)
def test_an_outcome_has_a_reason_of_a_closed_set(outcome: Outcome, expected: tuple[str, str] | None) -> None:
    assert reason(outcome) == expected
    assert expected is None or expected[1] in {*ABOUT.values(), "other", "unreachable", "unanswered"}


class Server:
    """A transport that says what it is told to, and whether it was closed."""

    several = True

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.closed = False

    async def deliver(self, parcel: Parcel) -> dict[str, Outcome]:
        return {each: self.outcomes[each] for each in parcel.recipients}

    async def aclose(self) -> None:
        self.closed = True


async def test_what_servers_do_not_take_is_counted_by_recipient_and_passed_on_as_it_is() -> None:
    server = Server(a=Delivered("250 taken"), b=Refused("550 5.1.1 who?"), c=Refused("550 5.1.2 where?"), d=Deferred("", busy=True))
    measured = MeasuredTransport(server)
    count = metrics.delivery_failures.labels("refused", "address")
    before = count._value.get()
    assert await measured.deliver(Parcel("1", "", tuple("abcd"), b"")) == server.outcomes
    assert count._value.get() - before == 2
    await measured.aclose()
    assert (measured.several, server.closed) == (True, True)


class Count:
    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        self.value += amount


def test_counters_follow_a_tally_whose_labels_come_by_and_by() -> None:
    tally: Counter[tuple[str, ...]] = Counter()
    counts: dict[tuple[str, ...], Count] = {}
    followed = FollowedEach(lambda *labels: counts.setdefault(labels, Count()), tally)
    followed.update()
    tally["connection", "too many"] += 2
    followed.update()
    tally["message", "552 5.3.4"] += 1
    tally["connection", "too many"] += 1
    followed.update()
    followed.update()
    assert {labels: each.value for labels, each in counts.items()} == {("connection", "too many"): 3.0, ("message", "552 5.3.4"): 1.0}
