"""Which certificates a TLSA record stands for, and what a server has to prove by what was published."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.auth.dns import ABSENT, UNKNOWN, Answer, Tlsa
from gateway.outbound.mx import dane
from gateway.outbound.mx.demand import Barred, ByAuthority, ByRecords, Demand, Encrypted, Opportunistic, demand, is_mandatory
from gateway.outbound.mx.route import Target
from gateway.outbound.mx.sts import Policy
from tests.peers.authority import Authority, certificates_in, public_key_of

NAMES = ("mx.client.test", "client.test")
NOW = datetime.now(UTC)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def record(usage: int, selector: int, matching: int, certificate: x509.Certificate) -> Tlsa:
    octets = public_key_of(certificate) if selector else der(certificate)
    digest = {0: lambda: octets, 1: lambda: hashlib.sha256(octets).digest(), 2: lambda: hashlib.sha512(octets).digest()}
    return Tlsa(usage, selector, matching, digest[matching]())


@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("usage", [2, 3])
def test_a_record_stands_for_its_certificate_and_no_other(usage: int, selector: int, matching: int, tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "Another authority")
    chain = certificates_in(authority.issue("mx.client.test"))
    others = certificates_in(stranger.issue("mx.client.test"))
    named = record(usage, selector, matching, chain[0] if usage == 3 else chain[1])
    assert dane.usable([named]) == (named,)
    assert dane.mismatch([named], [der(each) for each in chain], NAMES, NOW) is None
    assert dane.mismatch([named], [der(each) for each in others], NAMES, NOW) is not None


def test_the_servers_own_certificate_counts_whatever_its_name_and_date(tmp_path: Path) -> None:
    """RFC 7672 §3.1.1."""
    [leaf, _] = certificates_in(Authority(tmp_path).issue("elsewhere.test", days=-1))
    assert dane.mismatch([record(3, 1, 1, leaf)], [der(leaf)], NAMES, NOW) is None


@pytest.mark.parametrize(("issued", "days"), [("elsewhere.test", 1), ("mx.client.test", -1)])
def test_what_an_authority_signs_has_to_have_the_name_and_be_valid(issued: str, days: int, tmp_path: Path) -> None:
    """RFC 7672 §3.1.2."""
    chain = certificates_in(Authority(tmp_path).issue(issued, days=days))
    fault = dane.mismatch([record(2, 0, 1, chain[1])], [der(each) for each in chain], NAMES, NOW)
    assert fault is not None
    assert "authority" in fault


def test_the_domain_that_was_written_to_is_a_name_too(tmp_path: Path) -> None:
    chain = certificates_in(Authority(tmp_path).issue("client.test"))
    assert dane.mismatch([record(2, 0, 1, chain[1])], [der(each) for each in chain], NAMES, NOW) is None


def test_an_authority_that_only_stands_beside_the_chain_vouches_for_nothing(tmp_path: Path) -> None:
    """Anybody can send the certificate that the record names."""
    [leaf, _] = certificates_in(Authority(tmp_path, "Forger").issue("mx.client.test"))
    honest = Authority(tmp_path).certificate
    assert dane.mismatch([record(2, 1, 1, honest)], [der(leaf), der(honest)], NAMES, NOW) is not None


def test_a_servers_certificate_is_no_authority(tmp_path: Path) -> None:
    """Else whoever has one that the named authority signed could be anybody."""
    authority = Authority(tmp_path)
    pem = authority.issue("other.test")
    forged = Authority.within(tmp_path, pem).issue("mx.client.test")
    chain = [*certificates_in(forged)[:1], *certificates_in(pem)]
    fault = dane.mismatch([record(2, 1, 1, authority.certificate)], [der(each) for each in chain], NAMES, NOW)
    assert fault is not None
    assert "authority" in fault


def test_an_authority_that_is_written_out_need_not_be_sent(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    [leaf, _] = certificates_in(authority.issue("mx.client.test"))
    assert dane.mismatch([record(2, 0, 0, authority.certificate)], [der(leaf)], NAMES, NOW) is None


@pytest.mark.parametrize(
    "unusable",
    [Tlsa(0, 0, 1, bytes(32)), Tlsa(1, 1, 1, bytes(32)), Tlsa(4, 0, 1, bytes(32)), Tlsa(3, 2, 1, bytes(32)), Tlsa(3, 1, 3, bytes(32)),
     Tlsa(3, 1, 1, bytes(31)), Tlsa(3, 1, 2, bytes(32)), Tlsa(3, 0, 0, b"")],
    ids=str,
)  # fmt: skip
def test_records_that_mail_servers_cannot_mean_are_passed_over(unusable: Tlsa) -> None:
    assert dane.usable([unusable]) == ()


def test_what_is_no_certificate_proves_nothing() -> None:
    good = Tlsa(3, 1, 1, bytes(32))
    assert dane.mismatch([good], [b"x"], NAMES, NOW) is not None
    assert dane.mismatch([good], [], NAMES, NOW) is not None
    assert dane.mismatch([Tlsa(2, 0, 0, b"x")], [], NAMES, NOW) is not None


GOOD, ODD = Tlsa(3, 1, 1, bytes(32)), Tlsa(1, 1, 1, bytes(32))
ENFORCE, TESTING = Policy("enforce", ("mx.client.test",), 9), Policy("testing", ("mx.client.test",), 9)
TARGET = Target("mx.client.test", "192.0.2.1")


@pytest.mark.parametrize(
    ("target", "tlsa", "policy", "asked"),
    [
        (TARGET, None, None, Opportunistic()),
        (TARGET, ABSENT, None, Opportunistic()),
        (TARGET, None, TESTING, Opportunistic()),
        (TARGET, None, Policy("none"), Opportunistic()),
        (TARGET, None, ENFORCE, ByAuthority("mx.client.test")),
        (TARGET, ABSENT, ENFORCE, ByAuthority("mx.client.test")),
        (TARGET, Answer((GOOD,), "found", secure=False), ENFORCE, ByAuthority("mx.client.test")),
        (TARGET, Answer((GOOD, ODD), "found", secure=True), ENFORCE, ByRecords((GOOD,), NAMES)),
        (TARGET, Answer((ODD,), "found", secure=True), ENFORCE, Encrypted()),
        (Target("mx.evil.test", "192.0.2.1"), None, ENFORCE, Barred("the MTA-STS policy of client.test does not name it")),
        (Target("mx.evil.test", "192.0.2.1"), None, TESTING, Opportunistic()),
        (TARGET, UNKNOWN, None, Barred("its TLSA records could not be looked up")),
    ],
)
def test_dane_comes_before_mta_sts_and_both_before_whatever_is_offered(
    target: Target, tlsa: Answer | None, policy: Policy | None, asked: Demand | Barred
) -> None:
    assert demand(target, tlsa, policy, "client.test") == asked
    assert isinstance(asked, Barred) or is_mandatory(asked) is not isinstance(asked, Opportunistic)
