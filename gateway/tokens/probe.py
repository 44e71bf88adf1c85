"""The mark of a probe, which shows that mail to an outside address reaches us. It is the same text wherever it stands: in the Message-ID,
a field of its own, the subject and the body, for each way of forwarding keeps another of them.
"""

import re
from collections.abc import Iterator
from typing import Final

from gateway.tokens.codec import Keyring, Purpose

NUMBER_SIZE: Final = 8
LENGTH: Final = 42
"""Of a token: version, key id, number and 128 bits of MAC, in base32."""
IN_TEXT: Final = re.compile(rf"(?<![a-z0-9])probe-([a-z2-7]{{{LENGTH}}})(?![a-z0-9])", re.IGNORECASE)
MOST_MARKS: Final = 10
"""Of one text that are tried: what forwards a probe writes it once or twice."""


def probe_mark(keyring: Keyring, number: int) -> str:
    """`probe-TOKEN`, of 48 characters that fit anywhere, and on one line."""
    return f"probe-{keyring.sign(Purpose.PROBE, number.to_bytes(NUMBER_SIZE, 'big'))}"


def probe_in(keyring: Keyring, text: str) -> int | None:
    """The number of the first genuine mark in it."""
    return next((number for token in tokens_in(text) if (number := probe_of(keyring, token)) is not None), None)


def probe_of(keyring: Keyring, token: str) -> int | None:
    payload = keyring.payload(Purpose.PROBE, token)
    return int.from_bytes(payload, "big") if payload is not None and len(payload) == NUMBER_SIZE else None


def tokens_in(text: str) -> Iterator[str]:
    """Unproven, in lower case."""
    for count, found in enumerate(IN_TEXT.finditer(text)):
        if count == MOST_MARKS:
            return
        yield found[1].lower()
