"""Signatures as Standard Webhooks has them: HMAC-SHA-256 over `id.timestamp.body`, by a secret that both sides know. PURE."""

import base64
import hashlib
import hmac
from collections.abc import Sequence


def headers(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`timestamp` is of this attempt, in seconds since 1970, so that a receiver can refuse what somebody recorded and sends again. One
    signature by each secret: a receiver that knows one of them is content."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_mac(each, signed)}" for each in secrets),
    }


def _mac(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
