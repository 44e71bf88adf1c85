"""What is to be sent. `writing` records letters in the commit of what they tell of, `queue` hands them to senders and takes their
results, `reading` makes rows values, `scheduled` voids what waits in vain, `control` is what an operator does and `listing` what one
sees. Callers use the names given here."""

from storage.outbox.control import Answer, Hold, cancel, held, hold, release, retry
from storage.outbox.listing import Outgoing, counts, list_outbox, oldest_queued_seconds, show
from storage.outbox.queue import (
    AttemptEnd,
    LeaseLost,
    Settled,
    claim,
    destinations,
    end_attempt,
    end_attempts,
    give_back,
    next_due_in,
    promote_scheduled,
    renew,
    return_expired,
    settle,
)
from storage.outbox.reading import blobs, load
from storage.outbox.scheduled import cancel_left
from storage.outbox.writing import add

__all__ = [
    "Answer",
    "AttemptEnd",
    "Hold",
    "LeaseLost",
    "Outgoing",
    "Settled",
    "add",
    "blobs",
    "cancel",
    "cancel_left",
    "claim",
    "counts",
    "destinations",
    "end_attempt",
    "end_attempts",
    "give_back",
    "held",
    "hold",
    "list_outbox",
    "load",
    "next_due_in",
    "oldest_queued_seconds",
    "promote_scheduled",
    "release",
    "renew",
    "retry",
    "return_expired",
    "settle",
    "show",
]
