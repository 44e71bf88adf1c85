"""The resolver against a real server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from structlog.testing import capture_logs

from gateway.auth import dns
from gateway.auth.dns import ABSENT, UNKNOWN, Answer, Resolver, Tlsa
from tests.auth.nameserver import NameServer, Zone, name_server, truncating_name_server
from tests.waiting import until

ZONE: Zone = {
    ("a.test", "A"): ["192.0.2.1", "192.0.2.2"],
    ("a.test", "AAAA"): ["2001:db8::1"],
    ("a.test", "MX"): [(10, "mx1.a.test"), (20, "mx2.a.test")],
    ("a.test", "TXT"): ["v=spf1 -all", "x" * 700],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["host.a.test"],
    ("broken.test", "TXT"): "servfail",
    ("dead.test", "TXT"): "silent",
    ("alias.test", "CNAME"): ["second.test"],
    ("second.test", "CNAME"): ["a.test"],
    ("dangling.test", "CNAME"): ["nothing.elsewhere"],
    ("loop.test", "CNAME"): ["loop.test"],
}


@asynccontextmanager
async def resolving(zone: Zone = ZONE, ttl: int = 300, **settings: float) -> AsyncIterator[tuple[Resolver, NameServer]]:
    async with name_server(zone, ttl) as server:
        resolver = Resolver([server.address], **settings)  # type: ignore[arg-type]
        try:
            yield resolver, server
        finally:
            await resolver.close()


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("a.test", "A", Answer(("192.0.2.1", "192.0.2.2"), "found")),
        ("A.Test.", "AAAA", Answer(("2001:db8::1",), "found")),
        ("a.test", "MX", Answer(((10, "mx1.a.test"), (20, "mx2.a.test")), "found")),
        ("a.test", "TXT", Answer((b"v=spf1 -all", b"x" * 700), "found")),
        ("1.2.0.192.in-addr.arpa", "PTR", Answer(("host.a.test",), "found")),
        ("a.test", "PTR", ABSENT),
        ("nothing.test", "A", ABSENT),
        ("broken.test", "TXT", UNKNOWN),
        ("alias.test", "A", Answer(("192.0.2.1", "192.0.2.2"), "found")),
        ("alias.test", "PTR", ABSENT),
        ("dangling.test", "A", ABSENT),
        ("loop.test", "A", UNKNOWN),
        ("a..test", "A", ABSENT),
        ("x" * 64 + ".test", "A", ABSENT),
        (".".join(["abcdefgh"] * 40), "A", ABSENT),
        ("пример.test", "A", ABSENT),
        ("a\\.b.test", "A", ABSENT),
        ("", "A", ABSENT),
    ],
)
async def test_an_answer_is_plain_values(name: str, kind: dns.Kind, answer: Answer) -> None:
    async with resolving() as (resolver, _):
        found = await resolver.ask(name, kind, resolver.deadline())
        assert (sorted(map(str, found.records)), found.status) == (sorted(map(str, answer.records)), answer.status)


@pytest.mark.parametrize("name", ["a.test", "nothing.test", "broken.test"])
async def test_a_second_question_is_answered_from_the_cache(name: str) -> None:
    async with resolving() as (resolver, server):
        first = await resolver.ask(name, "TXT", resolver.deadline())
        asked = server.asked[name, "TXT"]
        second = await resolver.ask(name, "TXT", resolver.deadline())
        assert (first, asked) == (second, server.asked[name, "TXT"])
        assert asked >= 1


async def test_an_entry_expires_with_its_ttl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "SHORTEST_TTL", 0.0)
    async with resolving(ttl=0) as (resolver, server):
        await resolver.ask("a.test", "A", resolver.deadline())
        await resolver.ask("a.test", "A", resolver.deadline())
        assert server.asked["a.test", "A"] == 2


async def test_the_cache_drops_the_least_recently_used_entry() -> None:
    async with resolving(entries=2) as (resolver, server):
        for name in ("a.test", "b.test", "a.test", "c.test", "a.test", "b.test"):
            await resolver.ask(name, "A", resolver.deadline())
        assert server.asked["a.test", "A"] == 1
        assert server.asked["b.test", "A"] == 2


async def test_the_cache_holds_few_octets_whatever_the_answers_are_long() -> None:
    zone: Zone = {(f"n{number}.test", "TXT"): ["x" * 600] for number in range(10)}
    async with resolving(zone, octets=2000) as (resolver, server):
        for number in (*range(10), *range(10)):
            assert (await resolver.ask(f"n{number}.test", "TXT", resolver.deadline())).status == "found"
        assert server.asked["n0.test", "TXT"] == 2
        await resolver.ask("n9.test", "TXT", resolver.deadline())
        assert server.asked["n9.test", "TXT"] == 2


async def test_an_answer_larger_than_the_cache_is_given_and_not_kept() -> None:
    async with resolving({("n.test", "TXT"): ["x" * 600]}, octets=100) as (resolver, server):
        assert [len((await resolver.ask("n.test", "TXT", resolver.deadline())).texts[0]) for _ in range(2)] == [600, 600]
        assert server.asked["n.test", "TXT"] == 2


@pytest.mark.parametrize(
    ("name", "ttl", "lives"),
    [
        ("a.test", 0, dns.SHORTEST_TTL),
        ("a.test", 60, 60),
        ("a.test", 999_999, dns.LONGEST_TTL),
        ("nothing.test", 0, dns.SHORTEST_TTL),
        ("nothing.test", 999_999, 60),  # what the last field of SOA says
        ("broken.test", 300, dns.TEMPERROR_TTL),
    ],
)
async def test_an_answer_lives_within_bounds(name: str, ttl: int, lives: float) -> None:
    async with resolving(ttl=ttl) as (resolver, _):
        await resolver.ask(name, "TXT", resolver.deadline())
        begun = asyncio.get_running_loop().time()
        ((_, expires),) = resolver._cache._answers.values()
        assert lives - 5 < expires - begun <= lives


async def test_an_answer_that_is_cut_short_is_asked_for_by_tcp() -> None:
    text = "x" * 20_000
    async with truncating_name_server({("long.test", "TXT"): [text]}) as server:
        resolver = Resolver([server.address])
        assert await resolver.ask("long.test", "TXT", resolver.deadline()) == Answer((text.encode(),), "found")
        await resolver.close()


async def test_one_question_asked_by_many_at_once_is_sent_once() -> None:
    async with resolving() as (resolver, server):
        answers = await asyncio.gather(*(resolver.ask("a.test", "MX", resolver.deadline()) for _ in range(50)))
        assert len(set(answers)) == 1
        assert server.asked["a.test", "MX"] == 1


async def test_a_silent_domain_is_a_temporary_error_by_the_deadline() -> None:
    async with resolving(seconds=30) as (resolver, _):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert await resolver.ask("dead.test", "TXT", begun + 0.1) == UNKNOWN
        assert loop.time() - begun < 5


async def test_a_dead_domain_does_not_silence_the_resolver() -> None:
    async with resolving(seconds=1.0) as (resolver, _):
        assert await resolver.ask("dead.test", "TXT", asyncio.get_running_loop().time() + 60) == UNKNOWN
        await until(lambda: resolver._probing is None)
        assert not resolver.silent
        assert (await resolver.ask("a.test", "A", resolver.deadline())).status == "found"


async def test_a_dead_name_server_costs_nothing_after_the_first_time_outs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(dns, "OPEN_SECONDS", 2.0)
    async with resolving(seconds=0.2) as (resolver, server):
        server.deaf = True
        with capture_logs() as logs:
            assert await resolver.ask("a.test", "A", resolver.deadline()) == UNKNOWN
            await until(lambda: resolver.silent)
        # It names what is to be mended.
        assert [each["nameservers"] for each in logs if each["event"] == "dns_silent"] == [f"127.0.0.1:{server.port}"]
        begun = asyncio.get_running_loop().time()
        assert [await resolver.ask(f"{n}.test", "A", resolver.deadline()) for n in range(100)] == [UNKNOWN] * 100
        assert asyncio.get_running_loop().time() - begun < 5  # and not 100 times 0.2
        server.deaf = False
        await until(lambda: not resolver.silent)
        resolver._seconds = 20
        assert (await resolver.ask("a.test", "AAAA", resolver.deadline())).status == "found"


async def test_no_name_server_at_all_is_a_temporary_error() -> None:
    resolver = Resolver([])
    assert await resolver.ask("a.test", "A", resolver.deadline()) == UNKNOWN
    await resolver.close()


@pytest.mark.parametrize(
    ("dnssec", "validates", "secure"),
    [("on this machine", True, True), ("on this machine", False, False), ("unasked", True, False), ("everybody", True, True)],
)
async def test_dnssec_vouches_where_it_is_asked_for_and_the_name_server_says_so(
    dnssec: Literal["unasked", "on this machine", "everybody"], validates: bool, secure: bool
) -> None:
    async with name_server(ZONE) as server:
        server.insecure = set() if validates else None
        resolver = Resolver([server.address], dnssec=dnssec)
        found = await resolver.ask("a.test", "MX", resolver.deadline())
        missing = await resolver.ask("a.test", "TLSA", resolver.deadline())
        assert (found.secure, missing.secure, missing.status) == (secure, secure, "absent")
        await resolver.close()


@pytest.mark.parametrize(("dnssec", "believed"), [("on this machine", False), ("everybody", True)])
async def test_what_a_name_server_elsewhere_says_of_dnssec_is_believed_only_where_we_are_told_to(
    dnssec: Literal["on this machine", "everybody"], believed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the name server of this test were not on this machine."""
    monkeypatch.setattr(dns, "_is_loopback", lambda _address: False)
    async with name_server(ZONE) as server:
        server.insecure = set()
        resolver = Resolver([server.address], dnssec=dnssec)
        assert (await resolver.ask("a.test", "MX", resolver.deadline())).secure is believed
        await resolver.close()


async def test_a_tlsa_record_is_read() -> None:
    async with name_server({("_25._tcp.mx.test", "TLSA"): [(3, 1, 1, bytes(32))]}) as server:
        resolver = Resolver([server.address])
        assert await resolver.ask("_25._tcp.mx.test", "TLSA", resolver.deadline()) == Answer((Tlsa(3, 1, 1, bytes(32)),), "found")
        await resolver.close()


def test_a_loopback_address_is_told_from_others() -> None:
    told = [dns._is_loopback(each) for each in ("127.0.0.53", "::1", "192.0.2.1", "2001:db8::1", None)]
    assert told == [True, True, False, False, False]
