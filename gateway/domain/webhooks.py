"""Other systems that hear of tickets: what the configuration says of each, and what becomes of what they are told."""

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from gateway.domain.states import EventKind

PREFIX: Final = "ticket."
TEST: Final = "webhook.test"
"""The type of what is sent to try a webhook; it is about no ticket."""
EVERYTHING: Final = "*"
PATIENCE: Final = 3 * 24 * 3600.0
"""Seconds for which a delivery is tried, and a webhook may take nothing."""


def event_type(kind: EventKind) -> str:
    """As receivers read it: `ticket.created`."""
    return f"{PREFIX}{kind}"


EVENT_TYPES: Final = tuple(map(event_type, EventKind))

SECRET_PREFIX: Final = "whsec_"
SHORTEST_SECRET: Final = 24
LONGEST_SECRET: Final = 64
"""Octets: the bounds of Standard Webhooks."""


def secret_of(text: str) -> bytes:
    """The octets behind `whsec_…`; raises ValueError for what is none."""
    if not text.startswith(SECRET_PREFIX):
        raise ValueError(f"it does not begin with {SECRET_PREFIX}")
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {SECRET_PREFIX} is not base64") from None
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise ValueError(f"it has {len(secret)} octets behind its base64")
    return secret


def secret_text(secret: bytes) -> str:
    """As `secret_of` reads it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


class DeliveryState(StrEnum):
    """Of one event on its way to one webhook."""

    QUEUED = "queued"
    LEASED = "leased"
    DELIVERED = "delivered"
    FAILED = "failed"
    """It was tried for as long as anything is; the webhook took others meanwhile."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secrets[0]` signs, and so do the old ones while receivers change over. `departments` None: all."""

    name: str
    url: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    kinds: tuple[EventKind, ...] = tuple(EventKind)
    departments: tuple[str, ...] | None = None
    allow_private: bool = False
    ca: str | None = None
    """A PEM file of the authorities that the server's certificate is verified by, instead of the system's."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event that is to be told to one webhook, in hand for an attempt, which `attempt` counts from 1.

    Seconds: `age` since it was first to be told, `failing` since when the webhook takes nothing; None: it took the last that it was given.
    """

    id: int
    webhook: str
    message_id: str
    event_id: int
    ticket: int
    attempt: int
    age: float
    failing: float | None
    failures: int
    """Attempts in a row at anything that found the webhook out of order."""
