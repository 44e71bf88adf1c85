"""Links to rate a ticket by: one token a level, of one ticket, until one moment.

Base32 in lower case: it stands in a URL, plain or quoted, with nothing at its end that a mail program would take for punctuation.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.tokens.carriers import TICKET_SIZE, pack
from gateway.tokens.codec import Keyring, Purpose

SCORE_SIZE, MOMENT_SIZE = 2, 4
TAIL = SCORE_SIZE + MOMENT_SIZE


@dataclass(frozen=True, slots=True)
class Rate:
    """What a genuine token says. All tokens of one letter end at the same second, which tells letters apart."""

    ticket: int
    score: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """A genuine token whose time is over."""

    ticket: int


def rate_token(keyring: Keyring, ticket: int, score: int, expires_at: datetime) -> str:
    """`score` from -32768 to 32767; of `expires_at` whole seconds count."""
    moment = int(expires_at.timestamp())
    payload = pack(ticket) + score.to_bytes(SCORE_SIZE, "big", signed=True) + moment.to_bytes(MOMENT_SIZE, "big")
    return keyring.sign(Purpose.RATE, payload)


def read_rate_token(keyring: Keyring, token: str, now: datetime) -> Rate | Expired | None:
    """None for one that is altered, foreign or of another purpose."""
    payload = keyring.payload(Purpose.RATE, token)
    if payload is None or not TICKET_SIZE <= len(payload) - TAIL <= 8:
        return None
    ticket = int.from_bytes(payload[:-TAIL], "big")
    score = int.from_bytes(payload[-TAIL:-MOMENT_SIZE], "big", signed=True)
    expires_at = datetime.fromtimestamp(int.from_bytes(payload[-MOMENT_SIZE:], "big"), UTC)
    return Rate(ticket, score, expires_at) if now < expires_at else Expired(ticket)
