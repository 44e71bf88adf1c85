"""Tokens of previews: each of one ticket, until one time, and good for nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.preview import preview_token, read_preview_token
from gateway.tokens.rating import rate_token, read_rate_token

KEYRING = Keyring((b"the secret of today, long enough",))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_a_token_names_its_ticket_until_its_time_is_over(ticket: int) -> None:
    token = preview_token(KEYRING, ticket, LATER)
    assert read_preview_token(KEYRING, token, LATER - timedelta(microseconds=1)) == ticket
    assert read_preview_token(KEYRING, token, LATER) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        preview_token(KEYRING, 7, LATER)[:-1] + "7",
        preview_token(Keyring((b"the secret of somebody else, long",)), 7, LATER),
        rate_token(KEYRING, 7, 4, LATER),
        KEYRING.sign(Purpose.PREVIEW, b"1234567"),
        KEYRING.sign(Purpose.PREVIEW, b"1" * 13),
    ],
)
def test_nothing_else_opens_a_preview(token: str) -> None:
    assert read_preview_token(KEYRING, token, NOW) is None


def test_a_preview_rates_nothing() -> None:
    assert read_rate_token(KEYRING, preview_token(KEYRING, 7, LATER), NOW) is None
