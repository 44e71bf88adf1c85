"""What a receiver reads: `{"type", "timestamp", "data"}`, with the ticket as CONTRACT shows it. PURE."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from gateway.domain.states import EventKind
from gateway.domain.webhooks import TEST, Webhook, event_type

Document = dict[str, Any]

LEFT: Final = ("number", "department")
"""What is told of a ticket that a webhook's departments no longer have."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with the ticket as it stands, and the article that came with it."""

    kind: EventKind
    at: datetime
    event: Document
    ticket: Document
    article: Document | None


def document(happening: Happening, webhook: Webhook) -> Document:
    """JSON's values alone, so that what is kept reads as what was sent."""
    data = in_sight(happening) if sees(webhook, happening.ticket) else out_of_sight(happening)
    told = {"type": event_type(happening.kind), "timestamp": happening.at, "data": data}
    plain: Document = json.loads(json.dumps(told, default=moment))
    return plain


def sees(webhook: Webhook, ticket: Mapping[str, Any]) -> bool:
    return webhook.departments is None or ticket["department"] in webhook.departments


def in_sight(happening: Happening) -> Document:
    return {"ticket": happening.ticket, "article": happening.article, "event": happening.event}


def out_of_sight(happening: Happening) -> Document:
    """It has gone to a department that the webhook is not to know of: that it went is told, and nothing else."""
    told = happening.event if happening.kind is EventKind.DEPARTMENT_CHANGED else happening.event | {"data": {}}
    return {"ticket": {name: happening.ticket[name] for name in LEFT}, "article": None, "event": told}


def body(told: Document) -> bytes:
    """The octets that are signed: as short as JSON can be, in UTF-8. Sorted, for PostgreSQL keeps no order of keys, and they are to be the
    same in every attempt."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def trial(webhook: Webhook, at: datetime) -> Document:
    """To see whether somebody answers."""
    return {"type": TEST, "timestamp": moment(at), "data": {"webhook": webhook.name}}


def moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"no JSON for {type(value).__name__}")
