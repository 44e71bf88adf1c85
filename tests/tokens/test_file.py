"""Tokens of file links: each of one letter, one of its files and one time."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.scrub import scrub
from gateway.tokens.carriers import reply_token, thread_token
from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.file import MOST_FILES, Expired, FileLink, file_token, read_file_token
from gateway.tokens.rating import rate_token, read_rate_token

KEYRING = Keyring((b"the secret of today, long enough",))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=30)

letters = st.integers(min_value=1, max_value=2**63 - 1)
positions = st.integers(min_value=0, max_value=MOST_FILES - 1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(lambda each: each.replace(microsecond=0))


@given(letters, positions, moments)
def test_a_token_says_what_it_was_made_of_until_its_time_is_over(letter: int, position: int, expires_at: datetime) -> None:
    token = file_token(KEYRING, letter, position, expires_at)
    just_before = expires_at - timedelta(microseconds=1)
    assert read_file_token(KEYRING, token, just_before) == FileLink(letter, position, expires_at)
    assert read_file_token(KEYRING, token.upper(), just_before) == FileLink(letter, position, expires_at)
    assert read_file_token(KEYRING, token, expires_at) == Expired(letter)


@given(letters, positions, moments)
def test_it_is_made_again_the_same_and_stands_in_a_url_of_any_mail(letter: int, position: int, expires_at: datetime) -> None:
    token = file_token(KEYRING, letter, position, expires_at)
    assert token == file_token(KEYRING, letter, position, expires_at.astimezone(timezone(timedelta(hours=3))))
    assert re.fullmatch("[a-z2-7]{45,52}", token)


def altered(token: str, at: int) -> str:
    return token[:at] + ("a" if token[at] != "a" else "b") + token[at + 1 :]


@pytest.mark.parametrize("at", range(45))
def test_a_token_altered_anywhere_is_none(at: int) -> None:
    assert read_file_token(KEYRING, altered(file_token(KEYRING, 7, 0, LATER), at), NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a" * 45,
        "🙂" * 45,
        file_token(KEYRING, 7, 0, LATER)[:-1],
        file_token(KEYRING, 7, 0, LATER) + "a",
        file_token(KEYRING, 7, 0, LATER) + "=",
        " " + file_token(KEYRING, 7, 0, LATER),
        file_token(Keyring((b"somebody else's secret, long too",)), 7, 0, LATER),
        reply_token(KEYRING, 7, "dana@staff.test"),
        thread_token(KEYRING, 7),
        rate_token(KEYRING, 7, 0, LATER),
        KEYRING.sign(Purpose.FILE, b"short"),
        KEYRING.sign(Purpose.FILE, b"far too long to be one of ours"),
        KEYRING.sign(Purpose.FILE, b"\0\0\0\7\0\0\xff\xff\xff\xff", "bound"),
    ],
)
def test_what_is_no_token_of_ours_is_none(token: str) -> None:
    assert read_file_token(KEYRING, token, NOW) is None


@given(st.text(max_size=300))
def test_whatever_stands_in_a_url_nothing_raises(token: str) -> None:
    assert read_file_token(KEYRING, token, NOW) is None


def test_an_old_secret_still_opens_what_it_signed() -> None:
    token = file_token(KEYRING, 7, 1, LATER)
    assert read_file_token(Keyring((b"the secret of tomorrow, so long", *KEYRING.secrets)), token, NOW) == FileLink(7, 1, LATER)


def test_it_rates_nothing_and_never_reaches_the_log() -> None:
    token = file_token(KEYRING, 7, 0, LATER)
    assert read_rate_token(KEYRING, token, NOW) is None
    assert scrub(f"GET /file/{token} failed") == "GET /file/… failed"
    assert scrub(f"https://desk.test/help/file/{token}") == "https://desk.test/help/file/…"
