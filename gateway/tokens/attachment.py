"""Links to files of tickets, for whoever may read the ticket: one attachment each, until one moment, and good without a cookie."""

from datetime import UTC, datetime

from gateway.tokens.carriers import TICKET_SIZE, pack
from gateway.tokens.codec import Keyring, Purpose

MOMENT_SIZE = 4


def attachment_token(keyring: Keyring, attachment: int, expires_at: datetime) -> str:
    """Of `expires_at` whole seconds count."""
    return keyring.sign(Purpose.ATTACHMENT, pack(attachment) + int(expires_at.timestamp()).to_bytes(MOMENT_SIZE, "big"))


def read_attachment_token(keyring: Keyring, token: str, now: datetime) -> int | None:
    """The attachment's id; None for a token that is altered, foreign, of another purpose or past its time."""
    payload = keyring.payload(Purpose.ATTACHMENT, token)
    if payload is None or not TICKET_SIZE <= len(payload) - MOMENT_SIZE <= 8:
        return None
    until = datetime.fromtimestamp(int.from_bytes(payload[-MOMENT_SIZE:], "big"), UTC)
    return int.from_bytes(payload[:-MOMENT_SIZE], "big") if now < until else None
