import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbound.health import WELL, failed
from gateway.outbound.retry import Deferred, Delivered, Policy, Refused, Stage, classify, gave_up, retry_delay, too_large, too_many

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
        (Stage.END, 354, D),
        (Stage.END, -1, D),  # no SMTP reply at all
        (Stage.END, 650, D),
        (Stage.MAIL, 354, D),
        (Stage.DATA, 250, D),  # nothing was delivered yet
        *((stage, code, D) for stage in (Stage.MAIL, Stage.RCPT, Stage.DATA) for code in (421, 450, 451, 452, 500, 502, 503)),
        *(
            (stage, code, R)
            for stage in (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END)
            for code in (501, 504, 521, 550, 551, 553, 554, 555, 556)
        ),
        *(
            (stage, code, D)
            for stage in (Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.LOGIN)
            for code in (220, 354, 421, 454, 500, 521, 535, 554)
        ),
    ],
)
def test_an_answer_is_what_its_code_and_place_make_it(stage: Stage, code: int, outcome: type) -> None:
    assert type(classify(stage, code, "text")) is outcome


@pytest.mark.parametrize(
    ("stage", "code", "text", "outcome"),
    [
        (Stage.RCPT, 452, "4.2.2 full", D),
        (Stage.RCPT, 552, "5.2.2 full", R),
        (Stage.RCPT, 552, "5.5.3 too many", D),
        (Stage.RCPT, 552, "5.3.4 too large", R),
        (Stage.RCPT, 550, "5.5.3 too many", D),
        (Stage.RCPT, 550, "5.7.1 relaying denied", R),
        (Stage.MAIL, 550, "5.7.10 encryption needed", D),
        (Stage.MAIL, 554, "5.7.8 authentication invalid", D),
        (Stage.END, 554, "5.7.9 policy (DMARC)", R),
        (Stage.RCPT, 550, "5.7.13 disabled", R),
        (Stage.END, 552, "5.2.2 full", R),
        (Stage.RCPT, 500, "5.3.0 command failed", R),  # as smtp-sink says it
        (Stage.RCPT, 500, "5.5.2 what?", D),
        (Stage.END, 500, "5.5.2 what?", D),
        (Stage.END, 500, "no thanks", R),
    ],
)
def test_an_enhanced_status_says_what_the_code_leaves_open(stage: Stage, code: int, text: str, outcome: type) -> None:
    assert type(classify(stage, code, text)) is outcome


@pytest.mark.parametrize(
    ("code", "text", "many", "large"),
    [
        (452, "", True, False),
        (452, "4.5.3 enough", True, False),
        (450, "4.5.3 enough", True, False),
        (452, "4.2.2 full", False, False),
        (552, "", True, True),
        (552, "5.3.4 size", False, True),
        (554, "5.2.3 size", False, True),
        (550, "", False, False),
    ],
)
def test_what_another_transaction_may_mend_is_known(code: int, text: str, many: bool, large: bool) -> None:
    assert (too_many(code, text), too_large(code, text)) == (many, large)


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
    assert 0.8 * middle <= retry_delay(attempts, jitter, Policy()) <= min(1.2 * middle, Policy().longest)


def test_greylisting_shortens_the_first_delay_only() -> None:
    policy = Policy(first=600, greylisted=60)
    assert [retry_delay(1, 0.5, policy, code=code) for code in (421, 450, 451)] == [60, 60, 60]
    assert retry_delay(1, 0.5, policy, code=452) == 600
    assert retry_delay(2, 0.5, policy, code=450) == 1200


def test_greylisting_is_waited_for_less_long_than_anything_else_whatever_the_dice_say() -> None:
    assert retry_delay(1, 0.999, Policy(), code=450) < retry_delay(1, 0.0, Policy(), code=452)


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
