"""Chains that were really sealed, and what a forger makes of them. The public suite is in test_arc_suite."""

import re
import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.signature import Chain, Seal
from gateway.auth.verify import verify_content
from gateway.auth.written import MOST_INSTANCES, MOST_SEALERS, read_written
from gateway.domain.verdict import Result
from tests.auth.sealing import PASSES, seal
from tests.auth.signing import MAIL, ed25519_record, plain_id, rsa_record, sign_rsa

NOW = time.time()
LIST, EDGE = "s1._domainkey.list.test.", "s1._domainkey.edge.test."
KEYS = {LIST: rsa_record(), EDGE: rsa_record(), "s2._domainkey.list.test.": ed25519_record()}

ONCE = seal(MAIL)
TWICE = seal(ONCE, "edge.test", stated="arc=pass")


def chain_of(content: bytes, keys: dict[str, bytes] | None = None) -> Chain:
    return verify_content(content, KEYS if keys is None else keys, NOW).chain


@pytest.mark.parametrize(
    "content",
    [
        ONCE,
        TWICE,
        seal(TWICE),
        seal(sign_rsa(MAIL)),
        seal(MAIL, selector="s2", algorithm="ed25519-sha256"),
        b"Received: from a by b; now\r\n" + TWICE,
        # Seals hash the fields in the order of their numbers, wherever they stand.
        re.sub(rb"(?s)^(ARC-Seal:.*?)(ARC-Auth.*?\r\n)(?=From)", rb"\2\1", ONCE),
        ONCE.replace(b"\r\n", b"\n"),
    ],
    ids=plain_id,
)
def test_a_genuine_chain_passes(content: bytes) -> None:
    chain = chain_of(content)
    assert (chain.result, chain.why) == ("pass", "")


def test_a_chain_tells_who_sealed_what() -> None:
    assert chain_of(TWICE).seals == (
        Seal(1, "list.test", f" mx.list.test; {PASSES}\r\n"),
        Seal(2, "edge.test", " mx.edge.test; arc=pass\r\n"),
    )
    assert chain_of(MAIL) == Chain()


def test_the_keys_of_all_seals_and_of_the_newest_message_signature_are_asked_for() -> None:
    assert read_written(TWICE).key_names == (LIST, EDGE)
    assert read_written(sign_rsa(TWICE)).key_names == ("s1._domainkey.client.test.", LIST, EDGE)
    assert read_written(MAIL).key_names == ()


def changed(content: bytes, before: bytes, after: bytes) -> bytes:
    assert before in content
    return content.replace(before, after, 1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        # What a chain was copied to must be what it was made for.
        (ONCE + b"@closed\r\n", "the body was changed"),
        (changed(ONCE, b"From: Anna <anna@client.test>", b"From: Boss <boss@client.test>"), "the header was changed"),
        (changed(ONCE, b"From: Anna", b"From: Boss <boss@client.test>\r\nFrom: Anna"), "the header was changed"),
        (changed(ONCE, b"dmarc=pass", b"dmarc=fail"), "the chain was changed"),
        (changed(TWICE, b"dmarc=pass", b"dmarc=fail"), "the chain was changed"),
        (changed(TWICE, b"arc=pass", b"arc=none"), "the chain was changed"),
        (seal(MAIL, covered="to:subject"), "it does not cover From"),
        (seal(MAIL, covered=""), "it does not cover From"),
        (seal(ONCE, "edge.test", covered="from:arc-seal"), "covers an ARC-Seal"),
        (seal(MAIL, message_tags="l=0; "), "the body was changed"),
        (seal(MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", message_tags="l=0; ") + b"more\r\n", "the beginning of the body only"),
        (seal(MAIL, seal_tags="h=from; "), "it has an h="),
        (seal(MAIL, cv="pass"), "does not say that the chain before it was whole"),
        (seal(MAIL, cv="fail"), "does not say that the chain before it was whole"),
        (seal(ONCE, "edge.test", cv="none"), "does not say that the chain before it was whole"),
        (seal(seal(ONCE, cv="fail")), "does not say that the chain before it was whole"),
        (seal(MAIL, algorithm="rsa-sha1"), "it uses SHA-1"),
        (seal(MAIL, algorithm="rsa-md5"), "a= names no known algorithm"),
        (seal(MAIL, message_tags="t=99999999999; "), "t= lies in the future"),
        (seal(MAIL, seal_tags="t=soon; "), "t= is no number"),
        # Structure.
        (seal(MAIL, instance=2), "a part of the chain is missing"),
        (seal(ONCE, instance=1), "stands twice with i=1"),
        (seal(ONCE, instance=3, cv="pass"), "a part of the chain is missing"),
        (seal(MAIL, instance=MOST_INSTANCES + 1), "it has no proper i="),
        (re.sub(rb"ARC-Seal:.*\r\n", b"", ONCE), "a part of the chain is missing"),
        (re.sub(rb"ARC-Message-Signature:.*\r\n", b"", ONCE), "a part of the chain is missing"),
        (re.sub(rb"ARC-Authentication-Results:.*\r\n", b"", ONCE), "a part of the chain is missing"),
        (changed(TWICE, b"ARC-Seal: i=2", b"ARC-Seal: di=2"), "it has no proper i="),
        (b"ARC-Seal: nonsense\r\n" + ONCE, "malformed"),
        (b"ARC-Authentication-Results: mx.list.test; i=2; dmarc=pass\r\n" + ONCE, "it has no proper i="),
    ],
    ids=plain_id,
)
def test_a_chain_that_was_tampered_with_fails(content: bytes, why: str) -> None:
    chain = chain_of(content)
    assert (chain.result, why in chain.why) == ("fail", True), chain.why


@pytest.mark.parametrize(
    ("keys", "result", "why"),
    [
        ({EDGE: rsa_record()}, "temperror", "the seal of list.test (i=1): its key could not be looked up"),
        ({LIST: rsa_record()}, "temperror", "the newest message signature, of edge.test: its key could not be looked up"),
        (KEYS | {LIST: b""}, "fail", "the seal of list.test (i=1): its key is not published"),
        (KEYS | {LIST: rsa_record(1024)}, "fail", "another key sealed it"),
        (KEYS | {LIST: rsa_record(extra=b"t=y; ")}, "fail", "is being tested"),
    ],
    ids=plain_id,
)
def test_the_keys_decide(keys: dict[str, bytes], result: Result, why: str) -> None:
    chain = chain_of(TWICE, keys)
    assert (chain.result, why in chain.why) == (result, True), chain.why


def test_a_chain_that_wants_too_many_keys_is_not_followed() -> None:
    content = MAIL
    for number in range(MOST_SEALERS + 1):
        content = seal(content, f"n{number}.test")
    assert chain_of(content).result == "permerror"
    assert read_written(content).key_names == ()


def test_a_long_chain_of_few_sealers_is_followed() -> None:
    content = MAIL
    for _ in range(12):
        content = seal(content)
    chain = chain_of(content)
    assert (chain.result, [each.instance for each in chain.seals]) == ("pass", list(range(1, 13)))


def test_an_older_message_signature_may_have_been_broken_by_who_forwarded_it() -> None:
    """That is what a mailing list does: it adds to the body, and seals anew."""
    assert chain_of(seal(ONCE + b"-- \r\nthe list\r\n", "edge.test")).result == "pass"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_verifying_is_total_and_never_passes_by_chance(data: st.DataObject) -> None:
    header_end = TWICE.index(b"\r\n\r\n")
    start = data.draw(st.integers(0, header_end))
    end = data.draw(st.integers(start, min(header_end, start + 40)))
    content = TWICE[:start] + data.draw(st.binary(max_size=40)) + TWICE[end:]
    chain = chain_of(content)
    assert chain.result in get_args(Result)
    if chain.result == "pass":
        assert chain.seals == chain_of(TWICE).seals or chain.seals[-1] == chain_of(ONCE).seals[-1]
