"""The bridge to pyspf: what it asks for, and what it concludes."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gateway.auth.dns import ABSENT, UNKNOWN, Answer, Question, Resolver
from gateway.auth.spf import Identity, Needs, check, evaluate, identify
from gateway.domain.verdict import Result
from tests.auth.nameserver import Zone, name_server

ZONE: dict[tuple[str, str], Sequence[Any] | str] = {
    ("ip.test", "TXT"): ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"],
    ("soft.test", "TXT"): ["v=spf1 ~all"],
    ("neutral.test", "TXT"): ["some other text", "v=spf1 ?all"],
    ("a.test", "TXT"): ["v=spf1 a -all"],
    ("a.test", "A"): ["192.0.2.7"],
    ("mx.test", "TXT"): ["v=spf1 mx -all"],
    ("mx.test", "MX"): [(10, "one.mx.test"), (20, "two.mx.test"), (30, "three.mx.test")],
    ("one.mx.test", "A"): ["198.51.100.1"],
    ("two.mx.test", "A"): ["198.51.100.2"],
    ("three.mx.test", "A"): ["192.0.2.7"],
    ("include.test", "TXT"): ["v=spf1 include:ip.test include:soft.test -all"],
    ("redirect.test", "TXT"): ["v=spf1 redirect=ip.test"],
    ("exists.test", "TXT"): ["v=spf1 exists:%{i}.%{l}.yes.test -all"],
    ("192.0.2.7.anna.yes.test", "A"): ["127.0.0.2"],
    ("ptr.test", "TXT"): ["v=spf1 ptr -all"],
    ("7.2.0.192.in-addr.arpa", "PTR"): ["liar.test", "host.ptr.test"],
    ("liar.test", "A"): ["198.51.100.9"],
    ("host.ptr.test", "A"): ["192.0.2.7"],
    ("exp.test", "TXT"): ["v=spf1 -all exp=why.exp.test"],
    ("two.test", "TXT"): ["v=spf1 -all", "v=spf1 +all"],
    ("typo.test", "TXT"): ["v=spf1 ipv4:192.0.2.7 -all"],
    ("loop.test", "TXT"): ["v=spf1 include:loop2.test -all"],
    ("loop2.test", "TXT"): ["v=spf1 include:loop.test -all"],
    ("void.test", "TXT"): ["v=spf1 a:v1.test a:v2.test a:v3.test ip4:192.0.2.7 -all"],
    ("many.test", "TXT"): ["v=spf1 " + " ".join(f"include:ok{n}.test" for n in range(11)) + " +all"],
    **{(f"ok{n}.test", "TXT"): ["v=spf1 ip4:198.51.100.200 ?all"] for n in range(11)},
    ("long.test", "TXT"): ["v=spf1 " + "exists:" + "%{d}." * 150 + "test +all"],
    ("longer.test", "TXT"): ["v=spf1 " + "ip4:198.51.100.1 " * 300 + "+all"],
    ("servfail.test", "TXT"): "servfail",
    ("includes-servfail.test", "TXT"): ["v=spf1 include:servfail.test +all"],
    ("xn--e1afmkfd.test", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"],
    ("helo.test", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"],
}


@pytest.mark.parametrize(
    ("address", "helo", "reverse_path", "result"),
    [
        ("192.0.2.7", "helo.test", "anna@ip.test", "pass"),
        ("::ffff:192.0.2.7", "helo.test", "anna@ip.test", "pass"),
        ("2001:db8::7", "helo.test", "anna@ip.test", "pass"),
        ("203.0.113.7", "helo.test", "anna@ip.test", "fail"),
        ("192.0.2.7", "helo.test", "anna@soft.test", "softfail"),
        ("192.0.2.7", "helo.test", "anna@neutral.test", "neutral"),
        ("192.0.2.7", "helo.test", "anna@absent.test", "none"),
        ("192.0.2.7", "helo.test", "anna@a.test", "pass"),
        ("192.0.2.8", "helo.test", "anna@a.test", "fail"),
        ("192.0.2.7", "helo.test", "anna@mx.test", "pass"),
        ("192.0.2.7", "helo.test", "anna@include.test", "pass"),
        ("192.0.2.7", "helo.test", "anna@redirect.test", "pass"),
        ("192.0.2.7", "helo.test", "anna@exists.test", "pass"),
        ("192.0.2.7", "helo.test", "boris@exists.test", "fail"),
        ("192.0.2.7", "helo.test", "anna@ptr.test", "pass"),
        ("192.0.2.8", "helo.test", "anna@ptr.test", "fail"),
        ("192.0.2.7", "helo.test", "anna@exp.test", "fail"),
        ("192.0.2.7", "helo.test", "anna@two.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@typo.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@loop.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@void.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@many.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@long.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@longer.test", "permerror"),
        ("192.0.2.7", "helo.test", "anna@servfail.test", "temperror"),
        ("192.0.2.7", "helo.test", "anna@includes-servfail.test", "temperror"),
        ("192.0.2.7", "helo.test", "анна@пример.test", "pass"),
        ("192.0.2.7", "helo.test", "anna@пример.test", "pass"),
        ("192.0.2.7", "helo.test", "anna@xn--e1afmkfd.test", "pass"),
        # The null reverse-path: postmaster at the name of HELO (RFC 7208 §2.4).
        ("192.0.2.7", "helo.test", "", "pass"),
        ("192.0.2.8", "helo.test", "", "fail"),
        ("192.0.2.7", "[192.0.2.7]", "", "none"),
        ("192.0.2.7", "localhost", "", "none"),
        ("192.0.2.7", "", "", "none"),
        ("192.0.2.7", "helo.test", "anna", "none"),
        ("not an address", "helo.test", "anna@ip.test", "none"),
    ],
)
async def test_check(address: str, helo: str, reverse_path: str, result: Result) -> None:
    async with name_server(ZONE) as server:
        resolver = Resolver([server.address])
        assert await check(address, helo, reverse_path, resolver, resolver.deadline()) == result


@pytest.mark.parametrize(
    ("reverse_path", "helo", "identity"),
    [
        ("anna@Example.Test", "h.test", Identity("anna@example.test", "example.test")),
        ('"a@b"@example.test', "h.test", Identity('"a@b"@example.test', "example.test")),
        ("@example.test", "h.test", Identity("postmaster@example.test", "example.test")),
        ("", "Mail.H.test.", Identity("postmaster@mail.h.test", "mail.h.test")),
        ("anna@[192.0.2.1]", "h.test", None),
        ("anna@bad domain.test", "h.test", None),
        ("", "localhost", None),
    ],
)
def test_identify(reverse_path: str, helo: str, identity: Identity | None) -> None:
    assert identify(reverse_path, helo) == identity


def answer(*records: Any) -> Answer:
    return Answer(records, "found")


RECORD = {Question("mx.test", "TXT"): answer(b"v=spf1 mx -all")}
EXCHANGES = {Question("mx.test", "MX"): answer((10, "one.mx.test"), (20, "two.mx.test"))}


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({}, Needs((Question("mx.test", "TXT"),))),
        (RECORD, Needs((Question("mx.test", "MX"),))),
        (RECORD | EXCHANGES, Needs((Question("one.mx.test", "A"), Question("two.mx.test", "A")))),
        (RECORD | EXCHANGES | {Question("one.mx.test", "A"): answer("192.0.2.7")}, Needs((Question("two.mx.test", "A"),))),
        (
            RECORD | EXCHANGES | {Question("one.mx.test", "A"): answer("192.0.2.7"), Question("two.mx.test", "A"): UNKNOWN},
            "temperror",
        ),
        (
            RECORD | EXCHANGES | {Question("one.mx.test", "A"): answer("192.0.2.7"), Question("two.mx.test", "A"): ABSENT},
            "pass",
        ),
        ({Question("mx.test", "TXT"): ABSENT}, "none"),
        ({Question("mx.test", "TXT"): UNKNOWN}, "temperror"),
    ],
)
def test_evaluate_says_what_it_needs_and_asks_together_what_it_can(answers: Mapping[Question, Answer], outcome: Result | Needs) -> None:
    assert evaluate("192.0.2.7", "helo.test", "anna@mx.test", answers) == outcome


async def test_the_explanation_is_never_asked_for() -> None:
    zone: Zone = ZONE
    async with name_server(zone) as server:
        resolver = Resolver([server.address])
        await check("192.0.2.7", "helo.test", "anna@exp.test", resolver, resolver.deadline())
        assert set(server.asked) == {("exp.test", "TXT")}


async def test_an_error_of_dns_in_ptr_is_no_match_and_no_error() -> None:
    """RFC 7208 §5.5."""
    zone = {**ZONE, ("7.2.0.192.in-addr.arpa", "PTR"): "servfail"}
    async with name_server(zone) as server:
        resolver = Resolver([server.address])
        assert await check("192.0.2.7", "helo.test", "anna@ptr.test", resolver, resolver.deadline()) == "fail"
