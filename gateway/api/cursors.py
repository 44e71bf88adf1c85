"""Where a list goes on: an opaque, signed place, good for the same list alone. PURE.

A list's pages follow keys, not counts, so that what comes or goes meanwhile neither repeats nor hides anything.
"""

import hashlib
import json
from typing import Any

from gateway.tokens.codec import Keyring, Purpose


def cursor_of(place: tuple[Any, ...], of: str, keyring: Keyring) -> str:
    """`of` is what is listed and how: operation, filters, and whose token asks."""
    return keyring.sign(Purpose.CURSOR, json.dumps(place, separators=(",", ":")).encode(), digest(of))


def place_of(cursor: str, of: str, keyring: Keyring) -> tuple[Any, ...] | None:
    """None for one that is altered, or of another list."""
    payload = keyring.payload(Purpose.CURSOR, cursor, digest(of))
    return None if payload is None else tuple(json.loads(payload))


def digest(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()
