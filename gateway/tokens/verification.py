"""Codes that prove who reads the mail of a From address (Z7): of one address, until one moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.tokens.codec import Keyring, Purpose

MARK: Final = b"from"
"""Tells these apart from whatever else is verified."""
MOMENT_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine code in its time. `address` is normalised."""

    address: str


@dataclass(frozen=True, slots=True)
class Expired:
    """A genuine code whose time is over."""

    address: str
    at: datetime


def sender_token(keyring: Keyring, address: str, expires_at: datetime) -> str:
    """Of `expires_at` whole seconds count. The token does not show the address."""
    return keyring.sign(Purpose.VERIFY, MARK + int(expires_at.timestamp()).to_bytes(MOMENT_SIZE, "big"), address)


def read_sender_token(keyring: Keyring, token: str, addresses: Iterable[str], now: datetime) -> Verified | Expired | None:
    """Whose of these normalised addresses it proves; None for one that is altered, foreign, of another purpose or address."""
    for address in addresses:
        payload = keyring.payload(Purpose.VERIFY, token, address)
        if payload is not None and payload.startswith(MARK) and len(payload) == len(MARK) + MOMENT_SIZE:
            expires_at = datetime.fromtimestamp(int.from_bytes(payload[len(MARK) :], "big"), UTC)
            return Verified(address) if now < expires_at else Expired(address, expires_at)
    return None
