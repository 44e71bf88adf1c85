"""What a sender takes of one destination's queue."""

import pytest

from gateway.domain.letter import RELAY, URGENT, Letter
from gateway.outbound.gone import GoneTransport
from gateway.workers.outlet import WINDOW, Hands, Outlet
from storage.outbox import Share
from tests.outbound.letters import letter


def outlet(number: int = 10, reserved: int = 2, ahead: int = 100) -> Outlet:
    return Outlet(RELAY, GoneTransport(RELAY), Hands(number, reserved, ahead))


def take(outlet: Outlet, number: int, urgency: int = 1, *, probe: bool = False) -> list[Letter]:
    taken = [letter(urgency=urgency) for _ in range(number)]
    for each in taken:
        outlet.took(each, probe=probe)
    return taken


def test_notices_leave_hands_for_replies() -> None:
    one = outlet()
    assert one.share(0.0) == Share(RELAY, most=10, bulk=8, forced=10)
    take(one, 8)
    assert one.share(0.0) == Share(RELAY, most=2, bulk=0, forced=2)
    take(one, 2, URGENT)
    assert one.room(0.0) == 0


def test_of_a_slow_servers_letters_none_are_held_ready_and_of_a_quick_ones_as_many_as_end_during_a_claim() -> None:
    slow, quick = outlet(), outlet()
    for one, begun in ((slow, 0.0), (quick, 0.9)):
        one.share(begun)
        for each in take(one, 8):
            one.ended(each, now=1.0)
    assert (slow.room(1.0), quick.room(1.0)) == (10, 10 + 8)
    quick.claimed_within(0.5)
    assert quick.room(1.9) == 10 + 8
    assert quick.room(1.1 + WINDOW) == 10


def test_the_pace_of_a_very_quick_server_is_told_by_the_last_of_its_letters() -> None:
    one = outlet(ahead=1000)
    one.share(0.0)
    for number in range(2000):
        for each in take(one, 1):
            one.ended(each, now=number / 1000)
    assert one.room(2.0) == pytest.approx(10 + 100, abs=2)


def test_what_is_held_ready_is_bounded() -> None:
    one = outlet(ahead=5)
    one.share(0.9)
    for each in take(one, 100):
        one.ended(each, now=1.0)
    assert one.room(1.0) == 15


def test_while_many_wait_a_claim_is_put_off_until_it_brings_many() -> None:
    one = outlet()
    taken = take(one, 10)
    one.more = True
    for each in taken[:4]:
        one.ended(each, now=0.0)
    assert not one.worth_a_claim(1.0)
    one.ended(taken[4], now=0.0)
    assert one.worth_a_claim(1.0)
    one.more = False
    assert outlet().worth_a_claim(1.0)


def test_a_destination_that_is_down_is_tried_by_one_letter_in_its_time_and_by_those_that_a_person_wants() -> None:
    one = outlet()
    assert one.note(reached=False, now=0.0, first=5.0, longest=60.0)
    assert not one.note(reached=False, now=1.0, first=5.0, longest=60.0)
    assert one.share(4.0) == Share(RELAY, most=0, bulk=0, forced=10)
    assert one.share(5.0) == Share(RELAY, most=1, bulk=1, forced=10)
    take(one, 1, probe=True)
    assert one.share(6.0) == Share(RELAY, most=0, bulk=0, forced=9)
    assert one.note(reached=True, now=6.0, first=5.0, longest=60.0)
    assert one.share(6.0).most == 9


def test_letters_that_hang_since_before_it_went_down_keep_no_probe_waiting() -> None:
    one = outlet()
    take(one, 3)
    one.note(reached=False, now=0.0, first=5.0, longest=60.0)
    assert one.share(5.0) == Share(RELAY, most=1, bulk=1, forced=7)
    [probe] = take(one, 1, probe=True)
    assert one.share(5.0).most == 0
    one.ended(probe, 6.0, probe=True)
    one.note(reached=False, now=6.0, first=5.0, longest=60.0)
    assert (one.share(15.0).most, one.share(16.0).most) == (0, 1)


def test_replies_find_their_hands_though_the_server_stopped_in_the_middle_of_a_quick_backlog() -> None:
    one = outlet()
    for each in take(one, 90):
        one.ended(each, now=1.0)
    take(one, 60)
    assert one.share(1.1 + WINDOW) == Share(RELAY, most=2, bulk=0, forced=2)
    take(one, 2, URGENT)
    assert one.room(1.1 + WINDOW) == 0
