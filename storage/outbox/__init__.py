"""What is to be sent. `writing` records letters in the commit of what they tell of, `claiming` hands them to senders and `queue` takes
their results, `reading` makes rows values, `scheduled` voids what waits in vain, `control` is what an operator does, `listing` what
one sees, `health` which destinations cannot be reached, `announced` the ids that relays gave our letters. Callers use the names given
here."""

from storage.outbox.claiming import Share, claim, destinations, next_due_in
from storage.outbox.control import Answer, Hold, cancel, cancel_all, find, held, hold, release, retry, retry_all, under_way
from storage.outbox.health import Destination, known_down, note_down, standings
from storage.outbox.listing import Filter, Outgoing, counts, list_outbox, oldest_queued_seconds, show, states, waiting_counts
from storage.outbox.queue import (
    AttemptEnd,
    LeaseLost,
    Settled,
    end_attempt,
    end_attempts,
    give_back,
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
    "Destination",
    "Filter",
    "Hold",
    "LeaseLost",
    "Outgoing",
    "Settled",
    "Share",
    "add",
    "blobs",
    "cancel",
    "cancel_all",
    "cancel_left",
    "claim",
    "counts",
    "destinations",
    "end_attempt",
    "end_attempts",
    "find",
    "give_back",
    "held",
    "hold",
    "known_down",
    "list_outbox",
    "load",
    "next_due_in",
    "note_down",
    "oldest_queued_seconds",
    "promote_scheduled",
    "release",
    "renew",
    "retry",
    "retry_all",
    "return_expired",
    "settle",
    "show",
    "standings",
    "states",
    "under_way",
    "waiting_counts",
]
