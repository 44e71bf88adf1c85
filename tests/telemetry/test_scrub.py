import pytest

from gateway.telemetry.scrub import scrub, scrub_value
from gateway.tokens.carriers import letter_id, reply_address, reply_token
from gateway.tokens.codec import Keyring

TOKEN = "k5pqe7yw2m4tz3a6v7r2s5n8"
REPLY = reply_token(Keyring((b"a secret of the tests, long enough",)), 2**63 - 1, "dana@staff.test")


@pytest.mark.parametrize(
    ("written", "logged"),
    [
        (f"to r+{TOKEN}@example.com", "to r+…@example.com"),
        (f"<REPLY+{TOKEN.upper()}@EXAMPLE.COM>", "<REPLY+…@EXAMPLE.COM>"),
        (f"b+{TOKEN}={TOKEN}@bounces.example.com", "b+…@bounces.example.com"),
        (f"<{letter_id('r', REPLY, '0a1b', 'example.com')}>", "<r.….0a1b@example.com>"),
        (f"<{letter_id('t', REPLY.upper(), '0a1b', 'example.com')}>", "<t.….0a1b@example.com>"),
        (f"cut off: <r.{REPLY}", "cut off: <r.…"),
        (f"to {reply_address('r@example.com', REPLY)}", "to r+…@example.com"),
        (f"GET /rate/{TOKEN}?score=5", "GET /rate/…?score=5"),
        ("postgresql://deskgate:hunter2@db.example.com/desk", "postgresql://deskgate:…@db.example.com/desk"),
        ("support+vip@example.com", "support+vip@example.com"),
        ("nothing to hide", "nothing to hide"),
        ("https://example.com:8025/healthz", "https://example.com:8025/healthz"),
    ],
)
def test_tokens_and_passwords_do_not_reach_the_log(written: str, logged: str) -> None:
    assert scrub(written) == logged


def test_whatever_a_value_is_made_of_is_scrubbed() -> None:
    hidden = {"recipients": (f"r+{TOKEN}@example.com", b"plain@example.com"), "password": "hunter2", "attempts": 2, "why": None}
    assert scrub_value(hidden) == {
        "recipients": ["r+…@example.com", "plain@example.com"],
        "password": "…",
        "attempts": 2,
        "why": None,
    }


def test_an_exceptions_words_are_scrubbed_too() -> None:
    assert scrub_value(ValueError(f"no such ticket: r+{TOKEN}@example.com")) == "no such ticket: r+…@example.com"
