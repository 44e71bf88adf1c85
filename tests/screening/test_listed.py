"""Lists of addresses in DNS: what is asked for, and which answers count."""

from ipaddress import IPv4Network, ip_address

import pytest

from gateway.ingress.checks.listed import codes_that_count, name_in, refuses_us
from gateway.ingress.checks.policy import DnsList

EVERYTHING = DnsList("list.test", "tag")
SOME = DnsList("list.test", "tag", codes=(IPv4Network("127.0.0.4"), IPv4Network("127.0.0.10/31")))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.99", "99.2.0.192.list.test"),  # RFC 5782 §2.1
        (
            "2001:db8:1:2:3:4:567:89ab",  # RFC 5782 §2.4
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.list.test",
        ),
    ],
)
def test_an_address_is_asked_for_backwards(address: str, name: str) -> None:
    assert name_in("list.test", ip_address(address)) == name


@pytest.mark.parametrize(
    ("records", "by", "counting"),
    [
        (("127.0.0.2",), EVERYTHING, ("127.0.0.2",)),
        (("127.0.0.10", "127.0.0.4"), EVERYTHING, ("127.0.0.4", "127.0.0.10")),
        (("127.0.0.2", "127.0.0.4", "127.0.0.11"), SOME, ("127.0.0.4", "127.0.0.11")),
        (("127.0.0.2",), SOME, ()),
        # The list does not serve this resolver; the whole world would be listed.
        (("127.255.255.254",), EVERYTHING, ()),
        (("127.255.255.252", "127.0.0.2"), EVERYTHING, ("127.0.0.2",)),
        (("127.0.0.1",), EVERYTHING, ()),
        # The list is gone, and whoever parks its domain answers for every name.
        (("192.0.2.1",), EVERYTHING, ()),
        (("no address", b"127.0.0.2"), EVERYTHING, ()),
        ((), EVERYTHING, ()),
    ],
)
def test_only_answers_that_mean_a_listing_count(records: tuple[object, ...], by: DnsList, counting: tuple[str, ...]) -> None:
    assert codes_that_count(records, by) == counting


@pytest.mark.parametrize(
    ("records", "refused"), [(("127.255.255.254",), True), (("127.0.0.1",), True), (("127.0.0.2",), False), ((), False)]
)
def test_a_list_that_does_not_answer_us_is_noticed(records: tuple[str, ...], refused: bool) -> None:
    assert refuses_us(records) is refused
