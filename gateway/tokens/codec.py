"""The one codec: `version | key id | payload | 128 bits of HMAC-SHA-256`, in lower-case base32 without padding.

Base32 because mail systems change the case of local parts and ids; 128 bits because a guess is made over SMTP, for years.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
MAC_SIZE = 16
HEADER_SIZE = 2


class Purpose(StrEnum):
    """What a token is good for; each has a key of its own, so that none serves for another."""

    REPLY = "reply"
    NOTE = "note"
    THREAD = "thread"
    BOUNCE = "bounce"
    RATE = "rate"
    PREVIEW = "preview"
    PROBE = "probe"
    FILE = "file"
    ATTACHMENT = "attachment"
    VERIFY = "verify"
    SESSION = "session"
    AUDIT = "audit"
    CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Keyring:
    """`secrets[0]` signs; the others are old ones that still verify."""

    secrets: tuple[bytes, ...]

    def sign(self, purpose: Purpose, payload: bytes, bound: str = "") -> str:
        """A token that carries `payload` and is valid only beside `bound`, which it does not carry."""
        key = derive(self.secrets[0], purpose)
        signed = bytes((VERSION, key_id(key))) + payload
        return encode(signed + mac(key, signed, bound))

    def payload(self, purpose: Purpose, token: str, bound: str = "") -> bytes | None:
        """What a genuine token carries; None for one that is altered, foreign, of another purpose or bound to something else."""
        raw = decode(token)
        if raw is None:
            return None
        signed, given = raw[:-MAC_SIZE], raw[-MAC_SIZE:]
        for secret in self.secrets:
            key = derive(secret, purpose)
            if key_id(key) == signed[1] and hmac.compare_digest(mac(key, signed, bound), given):
                return signed[HEADER_SIZE:]
        return None

    def bound_to(self, purpose: Purpose, token: str, candidates: Iterable[str]) -> str | None:
        """The first of the candidates beside which the token is genuine. One that no key of ours can have signed costs the same however
        many there are: anybody may write hundreds into a mail."""
        raw = decode(token)
        if raw is None:
            return None
        signed, given = raw[:-MAC_SIZE], raw[-MAC_SIZE:]
        keys = [key for key in (derive(secret, purpose) for secret in self.secrets) if key_id(key) == signed[1]]
        if not keys:
            return None
        return next((each for each in candidates if any(hmac.compare_digest(mac(key, signed, each), given) for key in keys)), None)


def claimed_payload(token: str) -> bytes | None:
    """What a token says it carries, unproven; None where it is none of ours by its shape."""
    raw = decode(token)
    return None if raw is None else raw[HEADER_SIZE:-MAC_SIZE]


@lru_cache(maxsize=64)
def derive(secret: bytes, purpose: Purpose) -> bytes:
    """RFC 5869, with the purpose as its info."""
    return HKDF(SHA256(), length=32, salt=None, info=f"deskgate {purpose} v{VERSION}".encode()).derive(secret)


def key_id(key: bytes) -> int:
    return hashlib.sha256(key).digest()[0]


def mac(key: bytes, signed: bytes, bound: str) -> bytes:
    # The length keeps payload and bound apart: neither can be stretched into the other.
    material = len(signed).to_bytes(2, "big") + signed + bound.encode()
    return hmac.digest(key, material, "sha256")[:MAC_SIZE]


def encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def decode(token: str) -> bytes | None:
    """The token's bytes when they have our shape, proven or not."""
    if not 24 <= len(token) <= 256 or not token.isascii():
        return None
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    # One spelling a token: unused low bits must be zero, or a changed last letter would pass.
    if encode(raw) != token.lower() or len(raw) <= HEADER_SIZE + MAC_SIZE or raw[0] != VERSION:
        return None
    return raw
