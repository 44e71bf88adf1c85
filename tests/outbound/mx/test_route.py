"""Where a domain's mail goes, by what DNS says."""

from collections.abc import Callable
from itertools import count

import pytest

from gateway.auth.dns import ABSENT, UNKNOWN, Answer
from gateway.outbound.mx.route import (
    MOST_ADDRESSES,
    MOST_HOSTS,
    MOST_OF_A_KIND,
    Exchangers,
    Target,
    Unrouted,
    exchangers,
    literal,
    targets,
    usable,
)

US = "mx.desk.test"


def in_order() -> Callable[[], float]:
    """Dice that leave equals as they are."""
    numbers = count()
    return lambda: next(numbers) / 1000


def mx(*records: tuple[int, str], secure: bool = False) -> Answer:
    return Answer(records, "found", secure)


def a(*addresses: str, secure: bool = False) -> Answer:
    return Answer(addresses, "found", secure) if addresses else ABSENT


@pytest.mark.parametrize(
    ("found", "hosts"),
    [
        (mx((20, "b.test"), (10, "a.test")), [(10, "a.test"), (20, "b.test")]),
        (
            mx(
                (10, "A.Test."),
            ),
            [(10, "a.test")],
        ),
        (ABSENT, [(0, "client.test")]),
        (mx((0, "."), (10, "a.test")), [(10, "a.test")]),
        (mx((10, "a.test"), (20, US), (30, "c.test")), [(10, "a.test")]),
        (mx((10, "a.test"), (20, "b.test"), (20, US.upper())), [(10, "a.test")]),
        (mx(*((10, f"h{number}.test") for number in range(50))), [(10, f"h{number}.test") for number in range(MOST_HOSTS)]),
    ],
    ids=["by preference", "in small letters", "its own address", "beside a null", "we are one", "we are an equal", "too many"],
)
def test_hosts_come_by_preference_and_never_at_or_behind_ourselves(found: Answer, hosts: list[tuple[int, str]]) -> None:
    route = exchangers("client.test", found, US, in_order())
    assert isinstance(route, Exchangers)
    assert list(route.hosts) == hosts


@pytest.mark.parametrize(
    ("found", "begins", "permanent"),
    [
        (UNKNOWN, "451 4.4.3 ", False),
        (mx((0, "")), "556 5.1.10 ", True),
        (mx((0, ".")), "556 5.1.10 ", True),
        (mx((10, US)), "554 5.4.6 ", True),
        (mx((10, US), (20, "backup.test")), "554 5.4.6 ", True),
    ],
)
def test_mail_that_goes_nowhere_is_refused_or_waits(found: Answer, begins: str, permanent: bool) -> None:
    said = exchangers("client.test", found, US, in_order())
    assert isinstance(said, Unrouted)
    assert said.reply.startswith(begins)
    assert said.permanent is permanent
    assert "client.test" in said.reply


def test_equals_take_turns_as_the_dice_say() -> None:
    thrown = iter([0.9, 0.1, 0.5, 0.0])
    route = exchangers("client.test", mx((10, "a.test"), (10, "b.test"), (10, "c.test"), (20, "d.test")), US, lambda: next(thrown))
    assert isinstance(route, Exchangers)
    assert [host for _, host in route.hosts] == ["b.test", "c.test", "a.test", "d.test"]


TWO = Exchangers("client.test", ((10, "a.test"), (20, "b.test")), secure=True)


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        (
            {"a.test": [a("2001:db8::1"), a("192.0.2.1")], "b.test": [ABSENT, a("192.0.2.2")]},
            ["a.test (2001:db8::1)", "a.test (192.0.2.1)", "b.test (192.0.2.2)"],
        ),
        ({"a.test": [UNKNOWN, UNKNOWN], "b.test": [ABSENT, a("192.0.2.2")]}, ["b.test (192.0.2.2)"]),
        ({"a.test": [a("::ffff:192.0.2.1"), a("192.0.2.1")]}, ["a.test (192.0.2.1)"]),
        ({"a.test": [a("::", "ff02::1"), a("0.0.0.0", "224.0.0.1", "255.255.255.255", "10.0.0.7")]}, ["a.test (10.0.0.7)"]),
        ({"a.test": [ABSENT, a("127.0.0.3")]}, ["a.test (127.0.0.3)"]),
        (
            {"a.test": [a(*(f"2001:db8::{n}" for n in range(1, 9))), a("192.0.2.1", "192.0.2.2", "192.0.2.3")]},
            ["a.test (2001:db8::1)", "a.test (2001:db8::2)", "a.test (192.0.2.1)", "a.test (192.0.2.2)"],
        ),
    ],
    ids=["IPv6 first", "whoever is known", "an IPv4 address in disguise", "where nobody is", "loopback", "a few of each kind"],
)
def test_addresses_are_tried_in_order(addresses: dict[str, list[Answer]], found: list[str]) -> None:
    listed = targets(TWO, addresses, US, lambda _: False)
    assert not isinstance(listed, Unrouted)
    assert [str(each) for each in listed] == found
    assert MOST_OF_A_KIND == 2


def test_no_more_addresses_are_tried_than_is_decent() -> None:
    many = Exchangers("client.test", tuple((10, f"h{n}.test") for n in range(MOST_HOSTS)), secure=False)
    listed = targets(many, {host: [a("2001:db8::1"), a("192.0.2.1")] for _, host in many.hosts}, US, lambda _: False)
    assert len(listed) == MOST_ADDRESSES if not isinstance(listed, Unrouted) else False


@pytest.mark.parametrize(
    ("route", "addresses", "begins", "permanent"),
    [
        (Exchangers("client.test", ((0, "client.test"),), secure=False), {"client.test": [ABSENT, ABSENT]}, "550 5.1.2 ", True),
        (Exchangers("client.test", ((0, "client.test"),), secure=False), {"client.test": [ABSENT, UNKNOWN]}, "451 4.4.3 ", False),
        (TWO, {"a.test": [ABSENT, ABSENT], "b.test": [ABSENT, ABSENT]}, "451 4.4.4 ", False),
        (TWO, {"a.test": [UNKNOWN, UNKNOWN], "b.test": [ABSENT, ABSENT]}, "451 4.4.3 ", False),
        (TWO, {"a.test": [ABSENT, a("192.0.2.66")]}, "554 5.4.6 ", True),
    ],
)
def test_hosts_without_addresses_are_a_reason_to_wait_and_a_domain_without_anything_is_none(
    route: Exchangers, addresses: dict[str, list[Answer]], begins: str, permanent: bool
) -> None:
    said = targets(route, addresses, US, lambda address: address == "192.0.2.66")
    assert isinstance(said, Unrouted)
    assert (said.reply.startswith(begins), said.permanent) == (True, permanent), said


def test_an_address_of_ours_shuts_out_whoever_is_no_better() -> None:
    route = Exchangers("client.test", ((10, "a.test"), (20, "alias.test"), (20, "b.test")), secure=False)
    addresses = {"a.test": [a("192.0.2.1")], "alias.test": [a("192.0.2.66")], "b.test": [a("192.0.2.2")]}
    assert targets(route, addresses, US, lambda address: address == "192.0.2.66") == (Target("a.test", "192.0.2.1"),)


@pytest.mark.parametrize(
    ("mx_secure", "a_secure", "aaaa_secure", "vouched"), [(True, True, True, True), (False, True, True, False), (True, False, True, False)]
)
def test_a_target_is_vouched_for_where_each_step_to_it_is(mx_secure: bool, a_secure: bool, aaaa_secure: bool, vouched: bool) -> None:
    route = Exchangers("client.test", ((10, "a.test"),), mx_secure)
    listed = targets(route, {"a.test": [a("2001:db8::1", secure=aaaa_secure), a("192.0.2.1", secure=a_secure)]}, US, lambda _: False)
    assert not isinstance(listed, Unrouted)
    assert {each.secure for each in listed} == {vouched}


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("[192.0.2.1]", "192.0.2.1"),
        ("[ipv6:2001:db8::1]", "2001:db8::1"),
        ("[IPv6:2001:db8::1]", "2001:db8::1"),
        ("[ipv6:::ffff:192.0.2.1]", "192.0.2.1"),
        ("[x]", None),
        ("192.0.2.1", None),
        ("client.test", None),
    ],
)
def test_an_address_literal_is_its_own_server(domain: str, address: str | None) -> None:
    assert literal(domain) == (None if address is None else Target("", address))


def test_an_address_in_the_place_of_a_name_is_taken_for_what_is_meant() -> None:
    route = Exchangers("client.test", ((10, "192.0.2.9"),), secure=False)
    assert targets(route, {"192.0.2.9": [ABSENT, ABSENT]}, US, lambda _: False) == (Target("192.0.2.9", "192.0.2.9"),)
    assert not usable("0.0.0.0")
