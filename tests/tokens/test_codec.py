"""The one codec: what it signs it knows again, and nothing else."""

import string
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.codec import HEADER_SIZE, MAC_SIZE, Keyring, Purpose, claimed_payload, decode, encode

SECRET, OLD, FOREIGN = b"the secret of today, long enough", b"the secret of yesterday, long too", b"somebody else's secret altogether"
KEYRING = Keyring((SECRET,))
ALPHABET = string.ascii_lowercase + "234567"

payloads = st.binary(min_size=1, max_size=40)
purposes = st.sampled_from(Purpose)


@given(purposes, payloads, st.text())
def test_a_token_gives_back_what_was_signed(purpose: Purpose, payload: bytes, bound: str) -> None:
    token = KEYRING.sign(purpose, payload, bound)
    assert KEYRING.payload(purpose, token, bound) == payload
    assert claimed_payload(token) == payload
    assert set(token) <= set(ALPHABET)


@given(payloads, st.randoms())
def test_the_case_of_its_letters_does_not_matter(payload: bytes, dice: Random) -> None:
    token = KEYRING.sign(Purpose.REPLY, payload)
    mixed = "".join(dice.choice((each.upper(), each)) for each in token)
    assert KEYRING.payload(Purpose.REPLY, mixed) == payload


@pytest.mark.parametrize("payload", [b"\0\0\0\1", b"12345", b"1234567890"])
def test_with_any_one_character_changed_missing_or_added_it_is_nothing(payload: bytes) -> None:
    token = KEYRING.sign(Purpose.REPLY, payload)
    for place in range(len(token)):
        for other in set(ALPHABET) - {token[place]}:
            assert KEYRING.payload(Purpose.REPLY, token[:place] + other + token[place + 1 :]) is None
        assert KEYRING.payload(Purpose.REPLY, token[:place] + token[place + 1 :]) is None
    for place, added in product(range(len(token) + 1), "a7"):
        assert KEYRING.payload(Purpose.REPLY, token[:place] + added + token[place:]) is None


@given(purposes, purposes, payloads)
def test_it_serves_its_own_purpose_only(purpose: Purpose, other: Purpose, payload: bytes) -> None:
    token = KEYRING.sign(purpose, payload)
    assert KEYRING.payload(other, token) == (payload if other is purpose else None)


@given(payloads, st.text(), st.text())
def test_it_is_valid_beside_what_it_was_bound_to_only(payload: bytes, bound: str, other: str) -> None:
    token = KEYRING.sign(Purpose.REPLY, payload, bound)
    assert KEYRING.payload(Purpose.REPLY, token, other) == (payload if other == bound else None)


@given(payloads, st.text(min_size=1))
def test_what_is_bound_cannot_move_into_the_payload(payload: bytes, bound: str) -> None:
    token = KEYRING.sign(Purpose.REPLY, payload, bound)
    raw = decode(token)
    assert raw is not None
    stretched = raw[:-MAC_SIZE] + bound.encode() + raw[-MAC_SIZE:]
    assert KEYRING.payload(Purpose.REPLY, encode(stretched)) is None


@given(payloads)
def test_old_secrets_verify_and_the_newest_signs(payload: bytes) -> None:
    turned = Keyring((SECRET, OLD))
    assert turned.payload(Purpose.RATE, Keyring((OLD,)).sign(Purpose.RATE, payload)) == payload
    assert turned.sign(Purpose.RATE, payload) == KEYRING.sign(Purpose.RATE, payload)
    assert turned.payload(Purpose.RATE, Keyring((FOREIGN,)).sign(Purpose.RATE, payload)) is None
    assert KEYRING.payload(Purpose.RATE, Keyring((OLD,)).sign(Purpose.RATE, payload)) is None


def test_secrets_whose_keys_have_the_same_id_are_told_apart_by_the_mac() -> None:
    token = KEYRING.sign(Purpose.REPLY, b"payload")
    raw = decode(token)
    assert raw is not None
    for number in range(2000):
        other = Keyring((b"secret %d" % number, SECRET))
        theirs = decode(other.sign(Purpose.REPLY, b"payload"))
        assert theirs is not None
        if theirs[1] == raw[1]:
            assert other.payload(Purpose.REPLY, token) == b"payload"
            return
    raise AssertionError("of 2,000 keys one shares its one-octet id with ours, but for a chance of 0.04 %")


@given(st.text() | st.text(alphabet=ALPHABET, min_size=20, max_size=300), purposes, st.text())
def test_whatever_is_offered_nothing_raises(text: str, purpose: Purpose, bound: str) -> None:
    assert KEYRING.payload(purpose, text, bound) is None
    assert claimed_payload(text) is None or len(claimed_payload(text) or b"") >= 1


@pytest.mark.parametrize(
    "text", ["", "a", "a" * 23, "ſ" * 40, "ß" * 40, "а" * 40, "a" * 257, "1" * 40, "a b" * 12, "=" * 40, "aaaaaaaa" * 4 + "\n"]
)
def test_what_has_not_the_shape_of_a_token_claims_nothing(text: str) -> None:
    assert decode(text) is None


@given(st.binary(min_size=HEADER_SIZE + MAC_SIZE + 1, max_size=60))
def test_another_version_is_not_read(raw: bytes) -> None:
    if raw[0] != 1:
        assert decode(encode(raw)) is None
    else:
        assert decode(encode(raw)) == raw
