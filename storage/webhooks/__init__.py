"""Events on their way to other systems. `writing` puts them on it, in the statement that writes the event; `subscriptions` says who they
are and how they fare, `queue` hands them to senders and takes what came of it, `telling` reads what is to be said, `listing` is what an
operator sees, and `replaying` has things told again. Callers use the names given here."""

from storage.webhooks.listing import Listed, list_deliveries, list_webhooks, oldest_queued_seconds, show_delivery
from storage.webhooks.queue import (
    Attempt,
    LeaseLost,
    claim,
    deferred,
    delivered,
    disabled,
    failed,
    give_back,
    next_due_in,
    return_expired,
)
from storage.webhooks.replaying import disable, enable, forget, missed, replay, replay_since
from storage.webhooks.subscriptions import Subscription, complete, subscribe
from storage.webhooks.telling import keep, kept, told_of

__all__ = [
    "Attempt",
    "LeaseLost",
    "Listed",
    "Subscription",
    "claim",
    "complete",
    "deferred",
    "delivered",
    "disable",
    "disabled",
    "enable",
    "failed",
    "forget",
    "give_back",
    "keep",
    "kept",
    "list_deliveries",
    "list_webhooks",
    "missed",
    "next_due_in",
    "oldest_queued_seconds",
    "replay",
    "replay_since",
    "return_expired",
    "show_delivery",
    "subscribe",
    "told_of",
]
