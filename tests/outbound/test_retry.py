import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbound.health import WELL, failed
from gateway.outbound.retry import Deferred, Delivered, Policy, Refused, Stage, classify, gave_up, retry_delay

D, R, OK = Deferred, Refused, Delivered


@pytest.mark.parametrize(
    ("stage", "code", "outcome"),
    [
        (Stage.CONNECT, 421, D),
        (Stage.CONNECT, 554, D),  # the relay dislikes us, not the letter
        (Stage.HELLO, 550, D),
        (Stage.TLS, 454, D),
        (Stage.LOGIN, 535, D),  # a password that an operator has to mend
        (Stage.MAIL, 451, D),
        (Stage.MAIL, 530, D),
        (Stage.MAIL, 552, R),
        (Stage.MAIL, 550, R),
        (Stage.RCPT, 450, D),
        (Stage.RCPT, 550, R),
        (Stage.RCPT, 552, D),  # too many recipients, RFC 5321 §4.5.3.1.10
        (Stage.RCPT, 553, R),
        (Stage.DATA, 451, D),
        (Stage.DATA, 554, R),
        (Stage.END, 250, OK),
        (Stage.END, 251, OK),
        (Stage.END, 354, D),
        (Stage.END, 421, D),
        (Stage.END, 452, D),
        (Stage.END, 552, R),
        (Stage.END, -1, D),  # no SMTP reply at all
        (Stage.END, 650, D),
    ],
)
def test_an_answer_is_what_its_code_and_place_make_it(stage: Stage, code: int, outcome: type) -> None:
    assert type(classify(stage, code, "text")) is outcome


@pytest.mark.parametrize(("stage", "code"), [(Stage.CONNECT, 554), (Stage.LOGIN, 535), (Stage.MAIL, 530), (Stage.HELLO, 421)])
def test_what_is_wrong_with_the_session_counts_as_unreachable(stage: Stage, code: int) -> None:
    outcome = classify(stage, code, "no")
    assert isinstance(outcome, Deferred)
    assert outcome.unreachable


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (7, 64), (8, 128), (9, 240), (10, 240), (1000, 240)])
def test_delays_double_from_a_minute_to_four_hours(attempts: int, minutes: int) -> None:
    assert retry_delay(attempts, 0.5, Policy()) == minutes * 60


@given(attempts=st.integers(1, 10**6), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_moves_a_delay_by_its_share_at_most(attempts: int, jitter: float) -> None:
    middle = retry_delay(attempts, 0.5, Policy())
    assert 0.8 * middle <= retry_delay(attempts, jitter, Policy()) <= 1.2 * middle


def test_greylisting_shortens_the_first_delay_only() -> None:
    policy = Policy(first=600, greylisted=60)
    assert retry_delay(1, 0.5, policy, code=450) == 60
    assert retry_delay(1, 0.5, policy, code=452) == 600
    assert retry_delay(2, 0.5, policy, code=450) == 1200


@pytest.mark.parametrize(("age", "words"), [(30, "30 seconds"), (7200, "2.0 hours"), (5 * 86400, "5 days")])
def test_giving_up_tells_after_how_long_and_why(age: float, words: str) -> None:
    assert gave_up("451 later", age) == f"given up after {words}; the last attempt: 451 later"


def test_a_destination_that_is_down_gets_one_probe_at_a_time_at_growing_distances() -> None:
    down = failed(WELL, 100.0, 5.0, 600.0)
    assert [down.allowance(now, 10, 0) for now in (100.0, 104.9, 105.0)] == [0, 0, 1]
    assert down.allowance(105.0, 10, under_way=1) == 0
    assert (down.rest(101.0), down.rest(105.0)) == (4.0, None)
    again = failed(down, 105.5, 5.0, 600.0)
    assert again.until == 115.5
    assert failed(again, 106.0, 5.0, 600.0) is again  # an attempt that began before counts once
    assert WELL.allowance(0.0, 10, 10) == 10
    assert WELL.rest(0.0) is None
