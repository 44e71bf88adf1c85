"""What arrived. `arrivals` makes it durable, by `copying` what is large, `queue` hands it to workers and takes their results, `listing`
shows it to people, `past` goes through what arrived once more, `sorting` is what a person does with what waits for one, `partitions`
prepares room for raw bytes. All callers use the names given here."""

from storage.inbound.arrivals import Arrival, LargeArrival, content_of, contents_of, receive, receive_alone, receive_large
from storage.inbound.listing import Inbound, counts, list_inbound, oldest_queued_seconds, show, waiting_counts
from storage.inbound.partitions import ensure_partitions
from storage.inbound.past import arrived_since, was_known
from storage.inbound.queue import (
    Claimed,
    LeaseLost,
    begin_attempt,
    bury,
    claim,
    defer,
    extend_leases,
    finish,
    next_due_in,
    release,
    replay,
    return_expired,
    screening_of,
)
from storage.inbound.sorting import DISCARDED, Waiting, assign, discard, held, lock_messages

__all__ = [
    "DISCARDED",
    "Arrival",
    "Claimed",
    "Inbound",
    "LargeArrival",
    "LeaseLost",
    "Waiting",
    "arrived_since",
    "assign",
    "begin_attempt",
    "bury",
    "claim",
    "content_of",
    "contents_of",
    "counts",
    "defer",
    "discard",
    "ensure_partitions",
    "extend_leases",
    "finish",
    "held",
    "list_inbound",
    "lock_messages",
    "next_due_in",
    "oldest_queued_seconds",
    "receive",
    "receive_alone",
    "receive_large",
    "release",
    "replay",
    "return_expired",
    "screening_of",
    "show",
    "waiting_counts",
    "was_known",
]
