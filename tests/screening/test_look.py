"""What DNS says of a peer, asked of a name server on loopback."""

import time

import pytest
from structlog.testing import capture_logs

from gateway.auth.dns import Resolver
from gateway.ingress.checks.look import Named, Nameless, Refusals, Reverse, Seen, Unclear, look_at
from gateway.ingress.checks.policy import DnsList, Policy
from tests.auth.nameserver import Zone, name_server

POINTER = "9.2.0.192.in-addr.arpa"
LISTED = "9.2.0.192.bad.test"
V6 = "2001:db8::25"
V6_POINTER = "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"


async def seen(zone: Zone, policy: Policy, address: str = "192.0.2.9", refusals: Refusals | None = None) -> Seen:
    async with name_server(zone) as server:
        resolver = Resolver([server.address])
        try:
            return await look_at(address, policy, resolver, refusals or Refusals())
        finally:
            await resolver.close()


async def test_every_list_that_has_the_peer_is_told_with_its_codes() -> None:
    policy = Policy(lists=(DnsList("bad.test", "reject"), DnsList("none.test", "reject"), DnsList("good.test", "accept")))
    zone: Zone = {(LISTED, "A"): ["127.0.0.4", "127.0.0.2"], ("9.2.0.192.good.test", "A"): ["127.0.5.1"]}
    found = await seen(zone, policy)
    assert found.notes == ("dns list: listed in bad.test (127.0.0.2, 127.0.0.4)", "dns list: listed in good.test (127.0.5.1)")
    assert found.accepted
    assert found.reverse is None


async def test_a_peer_by_ipv6_is_asked_for_by_its_nibbles() -> None:
    zone: Zone = {(V6_POINTER.replace("ip6.arpa", "bad.test"), "A"): ["127.0.0.2"]}
    assert (await seen(zone, Policy(lists=(DnsList("bad.test", "tag"),)), V6)).notes == ("dns list: listed in bad.test (127.0.0.2)",)


async def test_a_list_that_refuses_us_lists_nobody_and_is_told_of_once() -> None:
    policy, refusals = Policy(lists=(DnsList("bad.test", "reject"),)), Refusals()
    with capture_logs() as logs:
        for _ in range(3):
            assert (await seen({(LISTED, "A"): ["127.255.255.254"]}, policy, refusals=refusals)).listings == ()
    assert [(each["event"], each["zone"]) for each in logs] == [("dns_list_refuses_us", "bad.test")]


@pytest.mark.parametrize("fault", ["silent", "servfail"])
async def test_dns_that_does_not_answer_lists_nobody_and_takes_its_time_alone(fault: str) -> None:
    policy = Policy(lists=(DnsList("bad.test", "reject"),), reverse_dns="reject", dns_seconds=0.3)
    began = time.monotonic()
    found = await seen({(LISTED, "A"): fault, (POINTER, "PTR"): fault}, policy)
    assert found == Seen((), Unclear())
    assert time.monotonic() - began < 10


MANY = [f"h{number}.many.test" for number in range(40)]


@pytest.mark.parametrize(
    ("zone", "address", "reverse"),
    [
        ({(POINTER, "PTR"): ["Mail.Client.test"], ("mail.client.test", "A"): ["192.0.2.9"]}, "192.0.2.9", Named("mail.client.test")),
        ({(V6_POINTER, "PTR"): ["mail.client.test"], ("mail.client.test", "AAAA"): ["2001:db8:0::25"]}, V6, Named("mail.client.test")),
        ({}, "192.0.2.9", Nameless("192.0.2.9 has no name")),
        (
            {(POINTER, "PTR"): ["bank.test"], ("bank.test", "A"): ["198.51.100.1"]},
            "192.0.2.9",
            Nameless("192.0.2.9 calls itself bank.test, which does not lead back to it"),
        ),
        (
            {(POINTER, "PTR"): ["bank.test", "mail.client.test"], ("mail.client.test", "A"): ["192.0.2.9"]},
            "192.0.2.9",
            Named("mail.client.test"),
        ),
        # The name stands in Received, where nothing but a host name may.
        ({(POINTER, "PTR"): ["a)(b.test"], ("a)(b.test", "A"): ["192.0.2.9"]}, "192.0.2.9", Nameless("192.0.2.9 has no name")),
        ({(POINTER, "PTR"): ["mail.client.test"], ("mail.client.test", "A"): "servfail"}, "192.0.2.9", Unclear()),
        ({(POINTER, "PTR"): "servfail"}, "192.0.2.9", Unclear()),
    ],
)
async def test_a_peer_has_the_name_that_leads_back_to_it(zone: Zone, address: str, reverse: Reverse) -> None:
    assert (await seen(zone, Policy(reverse_dns="tag", dns_seconds=2), address)).reverse == reverse


async def test_of_a_peer_with_very_many_names_ten_are_looked_at() -> None:
    async with name_server({(POINTER, "PTR"): MANY}) as server:
        resolver = Resolver([server.address])
        found = await look_at("192.0.2.9", Policy(reverse_dns="tag"), resolver, Refusals())
        await resolver.close()
    assert isinstance(found.reverse, Nameless)
    assert sum(kind == "A" for _, kind in server.asked) == 10
