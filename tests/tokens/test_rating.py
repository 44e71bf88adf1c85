"""Tokens of rating links: each of one ticket, one score and one time."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.carriers import ReplyToken, ThreadToken, proves_reply, proves_thread, reply_token, thread_token
from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.masking import mask_tokens
from gateway.tokens.rating import Expired, Rate, rate_token, read_rate_token

KEYRING = Keyring((b"the secret of today, long enough",))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=30)

tickets = st.integers(min_value=1, max_value=2**63 - 1)
scores = st.integers(min_value=-(2**15), max_value=2**15 - 1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(lambda each: each.replace(microsecond=0))


@given(tickets, scores, moments)
def test_a_token_says_what_it_was_made_of_until_its_time_is_over(ticket: int, score: int, expires_at: datetime) -> None:
    token = rate_token(KEYRING, ticket, score, expires_at)
    just_before = expires_at - timedelta(microseconds=1)
    assert read_rate_token(KEYRING, token, just_before) == Rate(ticket, score, expires_at)
    assert read_rate_token(KEYRING, token.upper(), just_before) == Rate(ticket, score, expires_at)
    assert read_rate_token(KEYRING, token, expires_at) == Expired(ticket)


@given(tickets, scores, moments)
def test_a_token_survives_in_a_url_of_any_mail(ticket: int, score: int, expires_at: datetime) -> None:
    assert re.fullmatch("[a-z2-7]{45,52}", rate_token(KEYRING, ticket, score, expires_at))


def test_the_zone_of_the_time_does_not_matter() -> None:
    elsewhere = LATER.astimezone(timezone(timedelta(hours=3)))
    assert rate_token(KEYRING, 7, 4, elsewhere) == rate_token(KEYRING, 7, 4, LATER)


def altered(token: str, at: int) -> str:
    return token[:at] + ("a" if token[at] != "a" else "b") + token[at + 1 :]


@pytest.mark.parametrize("at", range(45))
def test_a_token_altered_anywhere_is_none(at: int) -> None:
    assert read_rate_token(KEYRING, altered(rate_token(KEYRING, 7, 4, LATER), at), NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a" * 45,
        "🙂" * 45,
        rate_token(KEYRING, 7, 4, LATER)[:-1],
        rate_token(KEYRING, 7, 4, LATER) + "a",
        rate_token(KEYRING, 7, 4, LATER) + "=",
        rate_token(KEYRING, 7, 4, LATER) + ".",
        " " + rate_token(KEYRING, 7, 4, LATER),
        rate_token(Keyring((b"somebody else's secret, long too",)), 7, 4, LATER),
        reply_token(KEYRING, 7, "dana@staff.test"),
        thread_token(KEYRING, 7),
        KEYRING.sign(Purpose.RATE, b"short"),
        KEYRING.sign(Purpose.RATE, b"far too long to be one of ours"),
        KEYRING.sign(Purpose.FILE, b"\0\0\0\7\0\4\xff\xff\xff\xff"),
        KEYRING.sign(Purpose.RATE, b"\0\0\0\7\0\4\xff\xff\xff\xff", "bound"),
    ],
)
def test_what_is_no_token_of_ours_is_none(token: str) -> None:
    assert read_rate_token(KEYRING, token, NOW) is None


@given(st.text(max_size=300))
def test_whatever_stands_in_a_url_nothing_raises(token: str) -> None:
    assert read_rate_token(KEYRING, token, NOW) is None


def test_an_old_secret_still_reads() -> None:
    token = rate_token(KEYRING, 7, 4, LATER)
    assert read_rate_token(Keyring((b"the secret of tomorrow, so long", *KEYRING.secrets)), token, NOW) == Rate(7, 4, LATER)


def test_a_rating_token_proves_nothing_by_mail_and_no_words_of_a_client_are_masked_for_it() -> None:
    token = rate_token(KEYRING, 7, 4, LATER)
    assert not proves_reply(KEYRING, ReplyToken(token, 7), "")
    assert not proves_thread(KEYRING, ThreadToken(token, 7))
    link = f"https://desk.test/rate/{token}"
    assert mask_tokens(link) == link
