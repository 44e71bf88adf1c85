"""Addresses that automatic letters do not go to: what returned mail, whose owner complained, or a person has named."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    BOUNCE = "bounce"
    """A server said that there is no such mailbox."""
    COMPLAINT = "complaint"
    """Its owner called a letter of ours unwanted."""
    PERSON = "person"
    """Somebody at the desk wrote it down."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """`address` is normalised; `why` is what the server said, or the person. `expires_at` None: for ever."""

    address: str
    cause: Cause
    why: str
    created_at: datetime
    expires_at: datetime | None = None
    ticket: int | None = None
    outbox_id: int | None = None
