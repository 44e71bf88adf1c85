"""Organisational domains, DMARC records, and whether a message meets them."""

import pytest

from gateway.auth.dmarc import Policy, Published, fetch_policy, judge, read_policy
from gateway.auth.dns import ABSENT, UNKNOWN, Answer, Resolver
from gateway.auth.organisational import aligned, organisational_domain
from gateway.domain.verdict import Result
from tests.auth.nameserver import Zone, name_server


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("mail.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("com", "com"),
        ("anna.github.io", "anna.github.io"),
        ("mail.xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("mail.unheard-of-suffix", "mail.unheard-of-suffix"),
        ("localhost", "localhost"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_organisational_domain(domain: str, organisation: str) -> None:
    assert organisational_domain(domain) == organisation


@pytest.mark.parametrize(
    ("one", "other", "relaxed", "strict"),
    [
        ("example.com", "example.com", True, True),
        ("mail.example.com", "example.com", True, False),
        ("a.example.com", "b.example.com", True, False),
        ("example.com", "example.org", False, False),
        ("anna.github.io", "boris.github.io", False, False),
        ("co.uk", "example.co.uk", False, False),
        ("co.uk", "co.uk", True, True),
        ("10.0.2.1", "192.0.2.1", False, False),
        ("", "", False, False),
        ("", "example.com", False, False),
    ],
)
def test_alignment(one: str, other: str, relaxed: bool, strict: bool) -> None:
    assert (aligned(one, other), aligned(one, other, strict=True)) == (relaxed, strict)
    assert (aligned(other, one), aligned(other, one, strict=True)) == (relaxed, strict)


def found(*records: bytes) -> Answer:
    return Answer(records, "found")


@pytest.mark.parametrize(
    ("answer", "published"),
    [
        (ABSENT, None),
        (UNKNOWN, "temperror"),
        (found(b"v=DMARC1; p=none"), Policy()),
        (found(b"v=DMARC1;p=reject;aspf=s;adkim=s"), Policy(strict_spf=True, strict_dkim=True)),
        (found(b"v = DMARC1 ; P = Reject ; ADKIM = S"), Policy(strict_dkim=True)),
        (found(b"other text", b"v=DMARC1; p=none"), Policy()),
        (found(b"v=DMARC1; p=none", b"v=DMARC1; p=reject"), None),
        (found(b"p=none; v=DMARC1"), None),
        (found(b"v=DMARC2; p=none"), None),
        (found(b"v=dmarc1; p=none"), None),
        (found(b"v=DMARC1"), "permerror"),
        (found(b"v=DMARC1; p=perhaps"), "permerror"),
        (found(b"v=DMARC1; p=perhaps; rua=mailto:a@a.test"), Policy()),
        (found(b"v=DMARC1; \xff\xfe; p=none"), Policy()),
        (found(b""), None),
    ],
)
def test_read_policy(answer: Answer, published: Published) -> None:
    assert read_policy(answer) == published


@pytest.mark.parametrize(
    ("domain", "published"),
    [
        ("own.corp.test", Policy(strict_spf=True)),
        ("other.corp.test", Policy()),
        ("corp.test", Policy()),
        ("none.test", None),
        ("broken.test", "temperror"),
    ],
)
async def test_the_authors_own_policy_comes_before_its_organisations(domain: str, published: Published) -> None:
    zone: Zone = {
        ("_dmarc.own.corp.test", "TXT"): ["v=DMARC1; p=none; aspf=s"],
        ("_dmarc.corp.test", "TXT"): ["v=DMARC1; p=reject"],
        ("_dmarc.broken.test", "TXT"): "servfail",
    }
    async with name_server(zone) as server:
        resolver = Resolver([server.address])
        assert await fetch_policy(domain, resolver, resolver.deadline()) == published


STRICT = Policy(strict_spf=True, strict_dkim=True)


@pytest.mark.parametrize(
    ("policy", "spf", "dkim", "result"),
    [
        (Policy(), ("pass", "mail.corp.test"), [], "pass"),
        (STRICT, ("pass", "mail.corp.test"), [], "fail"),
        (Policy(), ("pass", "other.test"), [("pass", "mail.corp.test")], "pass"),
        (STRICT, ("none", ""), [("pass", "mail.corp.test")], "fail"),
        (STRICT, ("none", ""), [("pass", "mail.corp.test"), ("pass", "corp.test")], "pass"),
        (Policy(), ("pass", "other.test"), [("pass", "other.test")], "fail"),
        (Policy(), ("none", ""), [], "fail"),
        (Policy(), ("softfail", "corp.test"), [("policy", "corp.test")], "fail"),
        (Policy(), ("temperror", "corp.test"), [], "temperror"),
        (Policy(), ("fail", "corp.test"), [("temperror", "corp.test")], "temperror"),
        # Somebody else's trouble is no reason to wait.
        (Policy(), ("temperror", "other.test"), [("temperror", "other.test")], "fail"),
    ],
)
def test_judge(policy: Policy, spf: tuple[Result, str], dkim: list[tuple[Result, str]], result: Result) -> None:
    assert judge("corp.test", policy, spf, dkim) == result
