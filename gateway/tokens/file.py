"""Links to files that were too large for their letter: one token a file, of one letter of the outbox, until one moment.

Made of nothing but what the letter's row says, so that each attempt at the letter makes the same ones.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.tokens.carriers import TICKET_SIZE, pack
from gateway.tokens.codec import Keyring, Purpose

POSITION_SIZE, MOMENT_SIZE = 2, 4
TAIL = POSITION_SIZE + MOMENT_SIZE
MOST_FILES = 2 ** (8 * POSITION_SIZE)


@dataclass(frozen=True, slots=True)
class FileLink:
    """What a genuine token says. `position` counts the letter's attachments from 0."""

    letter: int
    position: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """A genuine token whose time is over."""

    letter: int


def file_token(keyring: Keyring, letter: int, position: int, expires_at: datetime) -> str:
    """`position` below `MOST_FILES`; of `expires_at` whole seconds count."""
    moment = int(expires_at.timestamp())
    payload = pack(letter) + position.to_bytes(POSITION_SIZE, "big") + moment.to_bytes(MOMENT_SIZE, "big")
    return keyring.sign(Purpose.FILE, payload)


def read_file_token(keyring: Keyring, token: str, now: datetime) -> FileLink | Expired | None:
    """None for one that is altered, foreign or of another purpose."""
    payload = keyring.payload(Purpose.FILE, token)
    if payload is None or not TICKET_SIZE <= len(payload) - TAIL <= 8:
        return None
    letter = int.from_bytes(payload[:-TAIL], "big")
    position = int.from_bytes(payload[-TAIL:-MOMENT_SIZE], "big")
    expires_at = datetime.fromtimestamp(int.from_bytes(payload[-MOMENT_SIZE:], "big"), UTC)
    return FileLink(letter, position, expires_at) if now < expires_at else Expired(letter)
