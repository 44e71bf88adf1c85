from dataclasses import replace

import pytest

from gateway.domain.letter import Letter, Recipient
from gateway.domain.states import OutboxState, RecipientState
from gateway.outbound.attempt import Conclusion, conclude
from gateway.outbound.retry import Deferred, Delivered, Outcome, Policy, Refused
from tests.outbound.letters import letter

A, B = Recipient(1, "a@x.test"), Recipient(2, "b@x.test")
OK, LATER, NEVER = Delivered("250 ok"), Deferred("451 later", 451), Refused("550 nobody")


def concluded(held: Letter, outcomes: dict[int, Outcome], elapsed: float = 0.0) -> Conclusion:
    return conclude(held, outcomes, "w", elapsed=elapsed, jitter=0.5, policy=Policy())


@pytest.mark.parametrize(
    ("outcomes", "state", "failed", "error"),
    [
        ({1: OK, 2: OK}, OutboxState.SENT, [], None),
        ({1: OK, 2: NEVER}, OutboxState.FAILED, ["b@x.test"], "550 nobody"),
        ({1: NEVER, 2: NEVER}, OutboxState.FAILED, ["a@x.test", "b@x.test"], "550 nobody"),
        ({1: OK, 2: LATER}, OutboxState.QUEUED, [], "451 later"),
        ({1: NEVER, 2: LATER}, OutboxState.QUEUED, ["a@x.test"], "550 nobody"),
        ({1: OK}, OutboxState.QUEUED, [], None),  # the second copy was not tried
    ],
)
def test_a_letter_is_as_its_worst_recipient_is(
    outcomes: dict[int, Outcome], state: OutboxState, failed: list[str], error: str | None
) -> None:
    conclusion = concluded(letter(A, B), outcomes)
    assert conclusion.end.state is state
    assert [each.address for each in conclusion.failed] == failed
    assert conclusion.end.error == error
    assert [each.recipient_id for each in conclusion.end.settled] == list(outcomes)


def test_recipients_that_earlier_attempts_settled_stay_as_they_are() -> None:
    failed_before = replace(A, state=RecipientState.FAILED, reply="550 gone")
    conclusion = concluded(letter(failed_before, B), {2: OK})
    assert conclusion.end.state is OutboxState.FAILED
    assert conclusion.failed == ()
    assert [each.recipient_id for each in conclusion.end.settled] == [2]


def test_with_its_lifetime_over_a_deferred_letter_has_failed() -> None:
    conclusion = concluded(letter(A, time_left=3.0, age=432000.0), {1: LATER}, elapsed=4.0)
    assert conclusion.end.state is OutboxState.FAILED
    assert conclusion.failed[0].reply == "given up after 5 days; the last attempt: 451 later"


def test_the_last_attempt_is_made_when_the_lifetime_ends() -> None:
    conclusion = concluded(letter(A, time_left=30.0), {1: LATER}, elapsed=10.0)
    assert conclusion.end.state is OutboxState.QUEUED
    assert conclusion.end.retry_in == 20.0


def test_a_destination_that_is_down_is_never_waited_for_by_hours() -> None:
    down = Deferred("connection refused", unreachable=True)
    assert concluded(letter(A, attempts=9), {1: down}).end.retry_in == Policy().unreachable
    assert concluded(letter(A, attempts=9), {1: LATER}).end.retry_in == Policy().longest


def test_one_that_greylists_brings_the_next_attempt_forward() -> None:
    grey = Deferred("450 greylisted", 450)
    assert concluded(letter(A, B), {1: LATER, 2: LATER}).end.retry_in == Policy().greylisted
    assert concluded(letter(A, B), {1: Deferred("452 full", 452), 2: grey}).end.retry_in == Policy().greylisted
    assert concluded(letter(A, B), {1: Deferred("452 full", 452), 2: Deferred("gone")}).end.retry_in == Policy().first


def test_a_transport_that_knows_when_to_come_back_is_believed() -> None:
    busy, probed = Deferred("all taken", busy=True, after=5.0), Deferred("down", unreachable=True, after=40.0)
    assert concluded(letter(A, attempts=9), {1: busy}).end.retry_in == 5.0
    assert concluded(letter(A, B, attempts=9), {1: OK, 2: probed}).end.retry_in == 40.0
    assert concluded(letter(A, B, attempts=9), {1: busy, 2: LATER}).end.retry_in == Policy().longest
    assert concluded(letter(A, time_left=3.0), {1: busy}).end.retry_in == 3.0


def test_an_attempt_a_minute_and_then_ever_fewer_until_five_days_are_over() -> None:
    """RFC 5321 §4.5.4.1, as the default configuration has it."""
    lifetime, age, attempts = 5 * 86400.0, 0.0, 0
    waits = []
    while True:
        attempts += 1
        end = concluded(letter(A, attempts=attempts, age=age, time_left=lifetime - age), {1: Deferred("452 full", 452)}).end
        if end.state is OutboxState.FAILED:
            break
        waits.append(end.retry_in)
        age += end.retry_in
    assert waits[:9] == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3840.0, 7680.0, 14400.0]
    assert set(waits[8:-1]) == {14400.0}
    assert (age, attempts) == (lifetime, 38)


def test_an_unanswered_final_dot_is_a_possible_duplicate() -> None:
    assert concluded(letter(A), {1: Deferred("gone", unanswered=True)}).end.unanswered
    assert not concluded(letter(A), {1: LATER}).end.unanswered


def test_a_ticket_is_told_once_that_its_letter_is_late() -> None:
    late = letter(A, ticket=5, age=5 * 3600.0)
    assert concluded(late, {1: LATER}).late
    assert concluded(late, {1: LATER}).end.warned
    assert not concluded(replace(late, warned=True), {1: LATER}).late
    assert not concluded(replace(late, age=3600.0), {1: LATER}).late
    assert not concluded(late, {1: OK}).late
