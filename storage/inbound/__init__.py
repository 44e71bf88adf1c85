"""What arrived. `arrivals` makes it durable, `queue` hands it to workers and takes their results, `listing` shows it to people,
`past` goes through what arrived once more, `partitions` prepares room for raw bytes. All callers use the names given here."""

from storage.inbound.arrivals import Arrival, content_of, contents_of, receive
from storage.inbound.listing import Inbound, counts, list_inbound, oldest_queued_seconds, show
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
    release,
    replay,
    return_expired,
)

__all__ = [
    "Arrival",
    "Claimed",
    "Inbound",
    "LeaseLost",
    "arrived_since",
    "begin_attempt",
    "bury",
    "claim",
    "content_of",
    "contents_of",
    "counts",
    "defer",
    "ensure_partitions",
    "extend_leases",
    "finish",
    "list_inbound",
    "oldest_queued_seconds",
    "receive",
    "release",
    "replay",
    "return_expired",
    "show",
    "was_known",
]
