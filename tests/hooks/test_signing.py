"""Signatures: what the specification's own library verifies, and what it does not."""

import time

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from gateway.domain.webhooks import secret_of, secret_text
from gateway.hooks.signing import headers
from tests.hooks.receiver import OLD_SECRET, SECRET

BODY = '{"type":"ticket.created","data":{"subject":"Zażółć"}}'.encode()


def test_a_signature_is_one_that_the_library_of_the_specification_accepts() -> None:
    signed = headers((SECRET,), "msg_1", int(time.time()), BODY)
    assert Verifier(secret_text(SECRET)).verify(BODY, signed)["type"] == "ticket.created"


def test_the_example_of_the_specification_comes_out_as_it_stands_there() -> None:
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = headers((secret,), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("known", [SECRET, OLD_SECRET])
def test_while_a_secret_is_changed_a_receiver_that_knows_either_is_content(known: bytes) -> None:
    signed = headers((SECRET, OLD_SECRET), "msg_1", int(time.time()), BODY)
    Verifier(secret_text(known)).verify(BODY, signed)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(time.time()) - 1)},
        {"webhook-timestamp": str(int(time.time()) - 3600)},
        {"webhook-signature": "v1,AAAA"},
    ],
    ids=["another id", "another time", "recorded an hour ago", "another signature"],
)
def test_what_was_changed_on_the_way_is_not_accepted(spoilt: dict[str, str]) -> None:
    signed = headers((SECRET,), "msg_1", int(time.time()), BODY) | spoilt
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_text(SECRET)).verify(BODY, signed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("secret", "does not begin with whsec_"),
        ("whsec_not base64!", "not base64"),
        ("whsec_c2hvcnQ=", "5 octets"),
        (secret_text(b"x" * 65), "65 octets"),
        (secret_text(b"x" * 23), "23 octets"),
    ],
)
def test_what_is_no_secret_is_told_apart(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        secret_of(text)


@pytest.mark.parametrize("octets", [24, 32, 64])
def test_a_secret_is_read_as_it_is_written(octets: int) -> None:
    assert secret_of(secret_text(bytes(range(octets)))) == bytes(range(octets))
