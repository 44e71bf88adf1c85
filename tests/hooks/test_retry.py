"""What follows from an attempt: a table."""

import pytest

from gateway.domain.webhooks import PATIENCE, Delivery
from gateway.hooks.retry import DELAYS, PAUSES, Answer, Conclusion, Disabled, GivenUp, Later, Taken, conclude

OVER = PATIENCE + 1
AWAY, REFUSED, BROKEN = Answer(None, "connection refused"), Answer(400, "it answered 400"), Answer(503, "it answered 503")


def of(attempt: int = 1, age: float = 0.0, failing: float | None = None, failures: int = 0) -> Delivery:
    return Delivery(1, "crm", "msg_1", 1, 1, attempt, age, failing, failures)


@pytest.mark.parametrize(
    ("delivery", "answer", "conclusion"),
    [
        (of(), Answer(200), Taken(200)),
        (of(), Answer(204), Taken(204)),
        (of(attempt=9, age=OVER, failing=OVER), Answer(202), Taken(202)),
        (of(), Answer(410, "gone"), Disabled("it answered 410 Gone: it wants no more of this", Answer(410, "gone"))),
        # Nobody is there: the whole webhook rests, longer each time.
        (of(), AWAY, Later(5.0, 5.0, AWAY)),
        (of(attempt=7, failures=2), AWAY, Later(20.0, 20.0, AWAY)),
        (of(failures=500), BROKEN, Later(PAUSES[-1], PAUSES[-1], BROKEN)),
        (of(), Answer(429, "slow", 120.0), Later(120.0, 120.0, Answer(429, "slow", 120.0))),
        (of(), Answer(503, "slow", 1e9), Later(3600.0, 3600.0, Answer(503, "slow", 1e9))),
        (of(), Answer(408, "late"), Later(5.0, 5.0, Answer(408, "late"))),
        # It has something against this one: the others go on.
        (of(), REFUSED, Later(5.0, None, REFUSED)),
        (of(attempt=4, failures=9), REFUSED, Later(600.0, None, REFUSED)),
        (of(attempt=99), REFUSED, Later(DELAYS[-1], None, REFUSED)),
        (of(), Answer(301, "moved"), Later(5.0, None, Answer(301, "moved"))),
        # Three days: the one alone, where others were taken meanwhile; else all of it.
        (of(age=PATIENCE - 1, failing=PATIENCE - 1), AWAY, Later(5.0, 5.0, AWAY)),
        (of(age=OVER, failing=60.0), REFUSED, GivenUp(REFUSED)),
        (of(age=OVER), REFUSED, GivenUp(REFUSED)),
        (of(age=OVER, failing=60.0), AWAY, GivenUp(AWAY)),
        (of(age=OVER, failing=OVER), AWAY, Disabled("it has taken nothing for 72 h: connection refused", AWAY)),
        (of(age=60.0, failing=OVER), REFUSED, Disabled("it has taken nothing for 72 h: it answered 400", REFUSED)),
    ],
)
def test_what_follows(delivery: Delivery, answer: Answer, conclusion: Conclusion) -> None:
    assert conclude(delivery, answer, 0.0) == conclusion


def test_those_who_failed_together_do_not_come_back_together() -> None:
    assert [conclude(of(), REFUSED, dice) for dice in (0.0, 1.0)] == [Later(5.0, None, REFUSED), Later(6.0, None, REFUSED)]


def test_three_days_are_filled_with_attempts() -> None:
    """Nothing is given up for want of an attempt late in its time."""
    age, attempts = 0.0, 0
    while age < PATIENCE:
        attempts += 1
        later = conclude(of(attempt=attempts, age=age), REFUSED, 0.5)
        assert isinstance(later, Later)
        age += later.due_in
    assert 15 <= attempts <= 40
