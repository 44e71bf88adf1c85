"""Signatures made by dkimpy, verified as the parse child does it."""

import re
import time
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.covered import relaxed_body
from gateway.auth.signature import MOST_SIGNATURES, Signature, key_name
from gateway.auth.verify import verify_content
from gateway.auth.written import LONGEST_SIGNATURE, read_written
from gateway.domain.verdict import Result
from tests.auth.signing import MAIL, ed25519_record, odd_rsa_record, plain_id, rsa_record, sign_ed25519, sign_rsa

NOW = time.time()
RSA, ED = "s1._domainkey.client.test.", "s2._domainkey.client.test."
KEYS = {RSA: rsa_record(), ED: ed25519_record()}


def verify_signatures(content: bytes, keys: Mapping[str, bytes], now: float) -> tuple[Signature, ...]:
    return verify_content(content, keys, now).signatures


def results(content: bytes, keys: dict[str, bytes] | None = None, now: float = NOW) -> list[str]:
    return [each.result for each in verify_signatures(content, KEYS if keys is None else keys, now)]


@pytest.mark.parametrize("canonicalize", [(a, b) for a in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")])
@pytest.mark.parametrize("sign", [sign_rsa, sign_ed25519])
def test_a_genuine_signature_passes(sign: Any, canonicalize: tuple[bytes, bytes]) -> None:
    content = sign(MAIL, canonicalize=canonicalize)
    selector = "s1" if sign is sign_rsa else "s2"
    assert verify_signatures(content, KEYS, NOW) == (Signature("client.test", selector, "pass"),)


def test_every_signature_is_verified_in_order() -> None:
    content = sign_rsa(sign_ed25519(sign_rsa(MAIL, "list.test", "x")), "client.test")
    found = verify_signatures(content, KEYS | {"x._domainkey.list.test.": rsa_record()}, NOW)
    assert [(each.domain, each.selector, each.result) for each in found] == [
        ("client.test", "s1", "pass"),
        ("client.test", "s2", "pass"),
        ("list.test", "x", "pass"),
    ]


def test_one_forged_signature_does_not_spoil_the_genuine_one() -> None:
    forged = sign_rsa(MAIL, "victim.test", "s1", bits=1024)[: -len(MAIL)]
    assert results(forged + sign_rsa(MAIL), KEYS | {"s1._domainkey.victim.test.": rsa_record()}) == ["fail", "pass"]


def test_ten_signatures_at_most() -> None:
    content = MAIL
    for _ in range(MOST_SIGNATURES + 3):
        content = sign_rsa(content)
    assert results(content) == ["pass"] * MOST_SIGNATURES


def test_our_own_received_on_top_changes_nothing() -> None:
    stamp = b"Received: from a (a [192.0.2.1])\r\n\tby desk.test with ESMTP id 1;\r\n\tFri, 20 Nov 2026 10:00:01 +0000\r\n"
    assert results(stamp + sign_rsa(MAIL)) == ["pass"]


def test_bare_line_feeds_are_line_ends() -> None:
    assert results(sign_rsa(MAIL).replace(b"\r\n", b"\n")) == ["pass"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"it does not work", b"send me money"),
        (b"Subject: A question", b"Subject: An answer"),
        (b"From: Anna <anna@client.test>", b"From: Boss <boss@client.test>"),
        (b"From: Anna", b"From: Boss <boss@client.test>\r\nFrom: Anna"),
        (b"To: support", b"From: Boss <boss@client.test>\r\nTo: support"),
        (b"\r\n\r\nDear", b"\r\n\r\nPS\r\nDear"),
    ],
)
@pytest.mark.parametrize("sign", [sign_rsa, sign_ed25519])
def test_a_change_after_signing_is_a_fail(sign: Any, before: bytes, after: bytes) -> None:
    content = sign(MAIL)
    assert content.count(before) == 1
    assert results(content.replace(before, after)) == ["fail"]


def changed(content: bytes, before: bytes, after: bytes) -> bytes:
    assert before in content
    return content.replace(before, after, 1)


SIGNED = sign_rsa(MAIL)


@pytest.mark.parametrize(
    ("record", "result", "why"),
    [
        (rsa_record(extra=b"s=email; "), "pass", ""),
        (rsa_record(extra=b"h=sha256; "), "pass", ""),
        (rsa_record(extra=b"t=s; "), "pass", ""),
        (rsa_record(extra=b"n=caf\xe9; "), "pass", ""),
        (rsa_record(extra=b"t=y:s; "), "neutral", "tested"),  # RFC 6376 §3.6.1: as if the message had no signature
        (rsa_record(extra=b"k=rsa; "), "permerror", "malformed"),
        (rsa_record().replace(b"v=DKIM1; k=rsa; ", b""), "pass", ""),
        (b"", "permerror", "not published"),
        (b"v=DKIM1; p=", "permerror", "revoked"),
        (b"v=DKIM1; k=rsa", "permerror", "revoked"),
        (b"v=DKIM2; p=AAAA", "permerror", "version"),
        (b"nonsense", "permerror", "malformed"),
        (b"v=DKIM1; p=AAAA", "permerror", "malformed"),
        (b"v=DKIM1; p=\xff\xfe", "permerror", "malformed"),
        (ed25519_record(), "permerror", "another kind"),
        (rsa_record(extra=b"h=sha1; "), "permerror", "digest"),
        (rsa_record(extra=b"s=tlsrpt; "), "permerror", "not for mail"),
        (rsa_record(1024), "fail", "another key"),
        (odd_rsa_record(2**767 + 1), "policy", "768 bits"),
        (odd_rsa_record(2**9000 + 1), "policy", "9001 bits"),
        (odd_rsa_record(2**2047 + 1, 2**2000 + 1), "policy", "2048 bits"),
    ],
    ids=plain_id,
)
def test_the_key_decides(record: bytes, result: str, why: str) -> None:
    (found,) = verify_signatures(SIGNED, {RSA: record}, NOW)
    assert (found.result, why in found.why) == (result, True)


def test_a_key_that_nobody_could_look_up_is_a_temporary_error() -> None:
    assert results(SIGNED, {}) == ["temperror"]


def test_a_strict_key_refuses_an_identity_in_a_subdomain() -> None:
    content = sign_rsa(MAIL, identity=b"anna@mail.client.test")
    assert results(content) == ["pass"]
    assert results(content, {RSA: rsa_record(extra=b"t=s; ")}) == ["permerror"]


@pytest.mark.parametrize(
    ("before", "after", "result", "why"),
    [
        (b"; t=", b"; x=1000000000; u=", "fail", "expired"),
        (b"; t=", b"; t=99999999999; u=", "permerror", "future"),
        (b"; t=", b"; x=5; t=", "permerror", "expired before"),
        (b"; t=", b"; t=; u=", "permerror", "t= is no number"),
        (b"q=dns/txt", b"q=dns/other", "permerror", "DNS"),
        (b"i=@client.test", b"i=@victim.test", "permerror", "i="),
        (b"i=@client.test", b"i=@notclient.test", "permerror", "i="),
        (b"a=rsa-sha256", b"a=rsa-sha1", "policy", "SHA-1"),
        (b"a=rsa-sha256", b"a=rsa-md5", "permerror", "malformed"),
        (b"v=1", b"v=2", "permerror", "malformed"),
        (b"d=client.test", b"e=client.test", "permerror", "d="),
        (b"s=s1", b"s=\xff", "permerror", "s="),
        (b"c=relaxed/simple", b"c=relaxed/secret", "permerror", "malformed"),
        (b"v=1;", b"v=1; v=1;", "permerror", "malformed"),
        (b"v=1;", b"v=1; nonsense;", "permerror", "malformed"),
        (b"v=1;", b"v=1; z=" + b"z" * LONGEST_SIGNATURE + b";", "permerror", "too long"),
        (b"v=1;", b"v=1;;", "permerror", "malformed"),
        (b"v=1;", b"v=1; V=1;", "fail", "changed"),
        (b"v=1;", b"V=1;", "permerror", "v="),
        (b"v=1;", b"v=1; z=\x00;", "permerror", "malformed"),
        (b"d=client.test", b"d=cli\r\n ent.test", "permerror", "d="),
        (b"d=client.test", b"d=[192.0.2.1]", "permerror", "d="),
        (b"s=s1", b"s=s1 s2", "permerror", "s="),
        (b"s=s1", b"s=s1..s2", "permerror", "s="),
        (b"bh=", b"bh=!", "permerror", "bh="),
        (b"b=", b"b=!", "permerror", "malformed"),
        (b"v=1;", b"v=1; l=\xd9\xa1;", "permerror", "malformed"),
    ],
)
def test_a_faulty_signature_is_refused(before: bytes, after: bytes, result: str, why: str) -> None:
    (found,) = verify_signatures(changed(SIGNED, before, after), KEYS, NOW)
    assert (found.result, why in found.why) == (result, True), found


def test_a_signature_that_does_not_cover_the_author_is_refused() -> None:
    (found,) = verify_signatures(re.sub(rb"h=[^;]*;", b"h=to : subject;", SIGNED), KEYS, NOW)
    assert (found.result, found.why) == ("permerror", "it does not cover From")


def test_a_signature_that_leaves_the_end_of_the_body_open_has_no_authority() -> None:
    content = sign_rsa(MAIL, length=True)
    assert results(content) == ["pass"]
    (found,) = verify_signatures(content + b"@closed\r\n", KEYS, NOW)
    assert (found.result, found.why) == ("policy", "it covers the beginning of the body only")


def test_a_signature_in_mail_without_an_author_is_refused() -> None:
    content = SIGNED.replace(b"From: Anna <anna@client.test>\r\n", b"")
    (found,) = verify_signatures(content, KEYS, NOW)
    assert (found.result, found.why) == ("permerror", "it does not cover From")


def test_what_stands_around_the_signature_is_not_signed() -> None:
    folded = re.sub(rb"b=([^;]*?)\r\n(?=From|[^ ])", lambda match: b"b=\r\n\t" + match[1] + b" \r\n ;\r\n", SIGNED, count=1)
    assert folded != SIGNED
    assert results(folded.replace(b" \r\n ;", b" \r\n ")) == ["pass"]


def test_names_and_keys_come_of_one_reading() -> None:
    """Whatever the fields look like, the verifier wants no key that was not asked for."""
    odd = b'DKIM-Signature: v=1; d=a.test; d=b.test; s=x; b=\r\nDKIM-Signature: v=1; d="c.test"; s=(d) x; b=\r\n'
    content = odd + sign_rsa(sign_ed25519(MAIL), "Other.Test", "S9")
    assert read_written(content).key_names == ("s9._domainkey.other.test.", ED)
    found = verify_signatures(content, {}, NOW)
    assert [each.result for each in found] == ["permerror", "permerror", "temperror", "temperror"]


def test_hostile_fields_cost_linear_time() -> None:
    """Each of them would keep a careless reader busy for minutes."""
    fields = b"".join(b"X%d: y\r\n" % number for number in range(900))
    wanted = b":".join(b"n%d" % number for number in range(1_200))
    hostile = [
        SIGNED.replace(b"h=", b"h=" + wanted + b":", 1).replace(b"From: Anna", fields + b"From: Anna", 1),
        SIGNED.replace(b"b=", b"b=" + b" " * 7_000, 1),
        SIGNED.replace(b"v=1;", b"v=1; " + b"; " * 3_000, 1),
        (b"DKIM-Signature: " + b"a=;" * 2_000 + b"\r\n") * 30 + MAIL,
        b"A" * 200_000 + SIGNED,
    ]
    begun = time.process_time()
    for content in hostile:
        results(content)
    assert time.process_time() - begun < 5


def test_the_domain_is_compared_without_case_and_in_a_labels() -> None:
    content = sign_rsa(MAIL, "Client.TEST", "S1")
    assert verify_signatures(content, KEYS, NOW)[0].domain == "client.test"
    assert results(content) == ["pass"]
    assert key_name("s1", "пример.test") == "s1._domainkey.xn--e1afmkfd.test."


@pytest.mark.parametrize(
    "content",
    [b"", b"\r\n", b"\r\nbody", b"no header", b" folded first\r\n\r\n", b"From: a@b\r\nbroken line\r\n\r\nDKIM-Signature: v=1\r\n"],
)
def test_mail_without_a_signature_has_none_that_passes(content: bytes) -> None:
    assert set(results(content)) <= {"permerror"}


@pytest.mark.parametrize("above", [b"X: " + b"x" * 300_000 + b"\r\n", b"X: y\r\n" * 1_100])
def test_an_oversized_header_is_not_looked_at(above: bytes) -> None:
    assert results(above + SIGNED) == ["permerror"]
    assert read_written(above + SIGNED).key_names == ()


@settings(deadline=None)
@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"a", b"word"])).map(b"".join))
def test_the_relaxed_body_is_what_dkimpy_makes_of_it(body: bytes) -> None:
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_verifying_is_total(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SIGNED) - 1))
    end = data.draw(st.integers(start, min(len(SIGNED), start + 40)))
    content = SIGNED[:start] + data.draw(st.binary(max_size=40)) + SIGNED[end:]
    assert set(results(content)) <= set(get_args(Result))
    record = KEYS[RSA]
    cut = data.draw(st.integers(0, len(record)))
    (result,) = results(SIGNED, {RSA: record[:cut] + data.draw(st.binary(max_size=10))})
    assert result in get_args(Result)
